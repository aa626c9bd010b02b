"""The overlay postgres-patroni under the miniature Dify: the leader is lost, and nothing that was acknowledged is."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from tests.support.clusters import SqlLink, address, container_of, docker, members, numbers, setting
from tests.support.deployed import Deployed, deployed
from tests.support.writers import Writer, record, wait_for

pytestmark = pytest.mark.docker


@pytest.fixture(scope="module")
def one(docker: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:  # noqa: ARG001 - must be there
    overlays = ("hello-endpoint", "postgres-patroni")
    with deployed(tmp_path_factory.mktemp("patroni"), "patroni", ref="1.98.0", overlays=overlays) as made:
        yield made


def leader(one: Deployed) -> str:
    found = [name for name, role in members(one.containers()).items() if role == "Leader"]
    assert len(found) == 1, found
    return found[0]


def test_dify_runs_on_it_and_no_bundled_database_is_left(one: Deployed) -> None:
    assert "Hello" in one.get("/custom-endpoint")
    assert not {"db", "db_postgres"} & one.containers().keys()
    whole = ["Leader", "Replica", "Sync Standby"]
    wait_for("all three nodes", lambda: sorted(members(one.containers()).values()) == whole)


def test_the_leader_is_killed_while_somebody_writes(one: Deployed) -> None:
    host, password = address(one.containers()["postgres"]), setting(one, "DB_PASSWORD")
    first = leader(one)
    with Writer(lambda: SqlLink(host, password)) as writer:
        wait_for("writes", lambda: len(writer.acknowledged) > 100)
        killed = time.monotonic()
        docker("kill", one.containers()[first])
        docker("update", "--restart", "no", container_of(one, first))
        wait_for("writes after the leader is gone", lambda: writer.since(killed + 1) > 10, 60)
        docker("start", container_of(one, first))
        docker("update", "--restart", "always", container_of(one, first))
        writer.finish()
    record("patroni, leader killed", writer)
    wait_for("the killed node follows", lambda: members(one.containers()).get(first) in {"Replica", "Sync Standby"})
    assert leader(one) != first
    assert writer.acknowledged.keys() <= numbers(host, password)
    assert writer.gap < 30
    assert "Hello" in one.get("/custom-endpoint")
