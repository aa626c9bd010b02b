"""The overlay postgres-replica under the miniature Dify: what the primary takes is on the standby, and outlives it."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest

from tests.support.cli import inv
from tests.support.clusters import SqlLink, address, container_of, docker, numbers, setting, sql
from tests.support.deployed import Deployed, deployed
from tests.support.writers import Writer, record, wait_for

pytestmark = pytest.mark.docker


@pytest.fixture(scope="module")
def one(docker: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:  # noqa: ARG001 - must be there
    """It begins with the bundled database, whose data the primary takes over."""
    with deployed(tmp_path_factory.mktemp("replica"), "replica", ref="1.99.0") as made:
        made.sql("CREATE TABLE before (i int); INSERT INTO before VALUES (42)")
        made.overlays = ("hello-endpoint", "postgres-replica")
        made.settings()
        made.run()
        yield made


def ask(one: Deployed, service: str, query: str) -> str:
    argv = ("exec", one.containers()[service], "psql", "-AtU", "postgres", "-d", "dify", "-c", query)
    return docker(*argv)


def test_the_data_that_was_there_is_on_both(one: Deployed) -> None:
    assert "Hello" in one.get("/custom-endpoint")
    assert not {"db", "db_postgres"} & one.containers().keys()
    query = "SELECT i FROM before WHERE i = 42"
    assert ask(one, "postgres-a", query) == "42"
    wait_for("the standby has it", lambda: ask(one, "postgres-b", query) == "42")
    assert ask(one, "postgres-b", "SELECT pg_is_in_recovery()") == "t"


def test_a_primary_that_answers_is_not_overrun(one: Deployed) -> None:
    done = inv("postgres.promote", cwd=one.folder)
    assert done.code == 1
    assert "postgres-a still answers" in done.err
    checked = inv("postgres.promote", "--switch", "--check", "--json", cwd=one.folder)
    assert json.loads(checked.out)["loses"].startswith("nothing")


def test_a_lost_primary_is_replaced_follows_with_its_data_kept_and_leads_again_without_a_loss(one: Deployed) -> None:
    lose_the_primary(one)
    the_old_one_follows(one)
    change_back(one)


def lose_the_primary(one: Deployed) -> None:
    password = setting(one, "DB_PASSWORD")
    host = address(one.containers()["postgres-a"])
    with Writer(lambda: SqlLink(host, password), seconds=10) as writer:
        wait_for("writes", lambda: len(writer.acknowledged) > 200)
        killed = time.monotonic()
        docker("update", "--restart", "no", container_of(one, "postgres-a"))
        docker("kill", container_of(one, "postgres-a"))
    done = inv("postgres.promote", cwd=one.folder)
    assert done.code == 0, done.err
    lost = len(writer.acknowledged.keys() - numbers(address(one.containers()["postgres-b"]), password))
    record(f"replica, primary killed, promoted after {time.monotonic() - killed:.1f} s", writer, lost)
    assert lost <= 25  # what was acknowledged within the last moment, half a second of writes
    assert setting(one, "DB_HOST") == "postgres-b"
    assert "Hello" in one.get("/custom-endpoint")


def the_old_one_follows(one: Deployed) -> None:
    password = setting(one, "DB_PASSWORD")
    with sql(address(one.containers()["postgres-b"]), password) as link:
        link.execute("INSERT INTO before VALUES (43)")
    wait_for("the old primary follows", lambda: ask(one, "postgres-a", "SELECT count(*) FROM before") == "2")
    assert ask(one, "postgres-a", "SELECT pg_is_in_recovery()") == "t"
    kept = docker("exec", one.containers()["postgres-a"], "ls", "/var/lib/postgresql/data").split()
    assert [name for name in kept if name.startswith("pgdata.before-")]


def change_back(one: Deployed) -> None:
    password = setting(one, "DB_PASSWORD")
    before = numbers(address(one.containers()["postgres-b"]), password)
    done = inv("postgres.promote", "--switch", "--json", cwd=one.folder)
    assert done.code == 0, done.err
    assert json.loads(done.out)["promote"] == "postgres-a"
    assert numbers(address(one.containers()["postgres-a"]), password) == before
    assert "Hello" in one.get("/custom-endpoint")
