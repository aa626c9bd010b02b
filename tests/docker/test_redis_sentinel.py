"""The overlay redis-sentinel under the miniature Dify: the master is lost; who writes, works and listens is back."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from tests.support.clusters import address, container_of, docker, setting
from tests.support.deployed import Deployed, deployed
from tests.support.redises import RedisLink, Subscriber, client, numbers, roles
from tests.support.writers import Writer, record, wait_for

pytestmark = pytest.mark.docker


@pytest.fixture(scope="module")
def one(docker: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:  # noqa: ARG001 - must be there
    overlays = ("hello-endpoint", "redis-sentinel")
    with deployed(tmp_path_factory.mktemp("sentinel"), "sentinel", ref="1.99.0", overlays=overlays) as made:
        yield made


def master(one: Deployed, password: str) -> str:
    found = [name for name, role in roles(one.containers(), password).items() if role == "master"]
    assert len(found) == 1, found
    return found[0]


def pinged(one: Deployed) -> bool:
    """Whether Dify's worker answers through the broker."""
    argv = (
        "exec",
        one.containers()["worker"],
        "celery",
        "-A",
        "celery_entrypoint.celery",
        "inspect",
        "ping",
        "-t",
        "3",
    )
    return "pong" in docker(*argv)


def whole(one: Deployed, password: str) -> bool:
    """Whether there are a master and two that follow it."""
    return sorted(roles(one.containers(), password).values()) == ["master", "slave", "slave"]


def test_dify_runs_on_it_and_no_bundled_redis_is_left(one: Deployed) -> None:
    assert "Hello" in one.get("/custom-endpoint")
    assert "redis" not in one.containers()
    assert whole(one, setting(one, "REDIS_PASSWORD"))
    assert pinged(one)


def test_the_master_is_killed_while_somebody_writes(one: Deployed) -> None:
    password = setting(one, "REDIS_PASSWORD")
    host = address(one.containers()["redis-master"])
    first = master(one, password)
    stopped = container_of(one, first)
    with Subscriber(host, password) as subscriber, Writer(lambda: RedisLink(host, password)) as writer:
        wait_for("writes and messages", lambda: len(writer.acknowledged) > 100 and len(subscriber.heard) > 2)
        docker("update", "--restart", "no", stopped)
        killed = time.monotonic()
        docker("kill", stopped)
        wait_for("writes after the master is gone", lambda: writer.since(killed + 1) > 10, 30)
        wait_for("messages after the master is gone", lambda: subscriber.since(killed + 2) > 1, 30)
        wait_for("the worker after the master is gone", lambda: pinged(one), 30 - (time.monotonic() - killed))
        docker("start", stopped)
        docker("update", "--restart", "always", stopped)
        writer.finish()
    wait_for("the killed node follows", lambda: roles(one.containers(), password).get(first) == "slave")
    lost = len(writer.acknowledged.keys() - numbers(host, password))
    record("redis, master killed", writer, lost)
    # Replication is asynchronous: what a replica did not have when the master died is gone. At 50 writes a second that
    # is what fits between a write and its replication, far below a second.
    assert lost <= 25
    assert writer.gap < 30
    assert master(one, password) != first


def test_a_restart_of_everything_keeps_one_master_and_the_data(one: Deployed) -> None:
    password = setting(one, "REDIS_PASSWORD")
    host = address(one.containers()["redis-master"])
    link = RedisLink(host, password)
    for number in range(10):
        link.write(number)
    link.close()
    before = numbers(host, password)
    assert before >= set(range(10))
    nodes = [container_of(one, name) for name in ("redis1", "redis2", "redis3", "sentinel1", "sentinel2", "sentinel3")]
    docker("restart", "--time", "5", *nodes)

    def settled() -> bool:
        answers = client(address(one.containers()["redis-master"]), password).ping()
        return bool(answers) and whole(one, password)

    wait_for("one master", settled)
    assert numbers(address(one.containers()["redis-master"]), password) == before
