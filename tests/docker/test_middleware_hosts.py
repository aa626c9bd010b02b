"""Patroni and Sentinel on three hosts, as `middleware.render` and `middleware.up` make them: one host is cut off."""

from __future__ import annotations

import json
import os
import time
import urllib.request
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from difykit.docker import remove_tree
from difykit.workspace.state import read_images
from difykit.workspace.workspace import presets
from tests.support import redises
from tests.support.cli import Ran, difykit
from tests.support.clusters import SqlLink, address, docker, last_words, numbers, sql
from tests.support.deployed import Deployed
from tests.support.hosts import Host, hosts, lacking
from tests.support.probes import Probe
from tests.support.redises import RedisLink
from tests.support.writers import Writer, record, wait_for

pytestmark = [pytest.mark.docker, pytest.mark.hosts]


@dataclass(frozen=True)
class Three:
    """A workspace, three hosts, and the folders that were rendered for them."""

    one: Deployed
    hosts: list[Host]

    def setting(self, key: str) -> str:
        """A value of the workspace's `.env`."""
        lines = self.one.workspace.env_file.read_text().splitlines()
        return next(line.partition("=")[2] for line in lines if line.startswith(f"{key}="))

    def start(self, name: str) -> None:
        """Render the overlay's middleware for the hosts, and start it on each of them."""
        root, out = self.one.folder, str(self.one.folder / name)
        argv = [word for host in self.hosts for word in ("--node", host.address)]
        ran = difykit("middleware.render", name, out, *argv, "--data", str(self.one.data / "hosts"), cwd=root)
        assert ran.code == 0, ran.err

        def up(number: int) -> Ran:
            words = ("middleware.up", name, "--directory", out, "--node", str(number))
            return difykit(*words, cwd=root, env={"DOCKER_HOST": self.hosts[number - 1].engine})

        with ThreadPoolExecutor() as pool:  # each waits for the others
            for ran in pool.map(up, range(1, len(self.hosts) + 1)):
                assert ran.code == 0, ran.err

    def said(self, services: Sequence[str]) -> str:
        """The last lines of these services on each host: what a failure is to be understood from."""
        found = ((host, service) for host in self.hosts for service in services)
        logs = [(host, service, last_words(host.container(service), host.engine)) for host, service in found]
        return "\n".join(f"{host.address} {service}:\n{text}" for host, service, text in logs)

    def stop(self, name: str) -> None:
        for host in self.hosts:
            ran = difykit("middleware.down", name, cwd=self.one.folder, env={"DOCKER_HOST": host.engine})
            assert ran.code == 0, ran.err


@pytest.fixture(scope="module")
def three(docker: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Three]:  # noqa: ARG001 - must be there
    if why := lacking():
        pytest.skip(why)
    overlays = ("external-patroni", "external-sentinel")
    one = Deployed(
        tmp_path_factory.mktemp("hosts") / "ws", f"hosts-{uuid.uuid4().hex[:8]}", ref="1.99.0", overlays=overlays
    )
    one.make()
    built = read_images(one.workspace.derived)
    assert built
    patroni = next(image.reference for image in built.images if image.name == "patroni")
    try:
        with hosts(3, [patroni, "quay.io/coreos/etcd:v3.5.5", "redis:6-alpine"]) as made:
            yield Three(one, made)
    finally:
        remove_tree(one.data)
        one.forget()


@contextmanager
def follower(overlay: str, env: dict[str, str]) -> Iterator[str]:
    """The address that follows the leader, as the overlay runs it beside Dify."""
    config = presets() / "overlays" / overlay / "haproxy.cfg"
    words = [word for key, value in env.items() for word in ("--env", f"{key}={value}")]
    mount = ["--volume", f"{config}:/usr/local/etc/haproxy/haproxy.cfg:ro"]
    container = docker("run", "--detach", *words, *mount, "haproxy:2.6-bookworm")
    try:
        yield address(container)
    finally:
        docker("rm", "--force", container)


def asked(host: str, password: str, query: str) -> set[int]:
    """The numbers that a query finds."""
    with sql(host, password) as link:
        return {int(str(row[0])) for row in link.execute(query).fetchall()}


def made_table(host: str, password: str) -> bool:
    """Make the probe's table; HAProxy takes every node for the leader until it has asked each."""
    with sql(host, password) as link:
        link.execute("CREATE TABLE IF NOT EXISTS probed (number int PRIMARY KEY)")
    return True


def members(host: Host) -> dict[str, str]:
    """The members of a Patroni cluster that are well, by address, with their roles, as this host's node has them."""
    with urllib.request.urlopen(f"http://{host.address}:8008/cluster", timeout=3) as answer:
        found = json.load(answer)["members"]
    return {each["host"]: each["role"] for each in found if each["state"] in {"running", "streaming"}}


def split(found: dict[str, str], leading: str, three: Three) -> tuple[Host, list[Host]]:
    """The host that leads, and the others."""
    first = next(host for host in three.hosts if found[host.address] == leading)
    return first, [host for host in three.hosts if host is not first]


@dataclass
class Cut:
    """What was seen while one host was cut off."""

    writer: Writer
    probe: Probe
    at: float

    @property
    def resumed(self) -> float:
        """When the others took writes again."""
        return min(when for when in self.writer.acknowledged.values() if when > self.at + 1)

    def note(self, what: str, lost: int, gone: int = 0) -> None:
        record(f"{what}, host cut off", self.writer, lost)
        if log := os.environ.get("DIFYKIT_FAILOVER_LOG"):
            own, last = len(self.probe.after(self.at)), max(0.0, self.probe.last - self.at)
            with Path(log).open("a") as file:
                file.write(f"  on the cut-off host: {own} acknowledged after the cut, {gone} of them gone")
                file.write(f", the last {last:.1f} s after it")
                file.write(f"; the others took writes {self.resumed - self.at:.1f} s after it\n")


def cut_off(first: Host, probe: Probe, writer: Writer, joined: Callable[[], object], said: Callable[[], str]) -> Cut:
    """Cut a host off while both write, until the writer has written for its time; then let it in again."""
    with probe, writer:
        wait_for("writes on both sides", lambda: len(writer.acknowledged) > 100 and len(probe.acknowledged) > 5)
        first.cut()
        try:
            cut = Cut(writer, probe, time.monotonic())
            try:
                wait_for("writes after the cut", lambda: writer.since(cut.at + 1) > 10, 60)
            except AssertionError as error:
                raise AssertionError(f"{error}\n{writer.failures[-3:]}\n{said()}") from None
            writer.finish()
        finally:
            first.join()
        wait_for("the host follows", joined, 120)
    return cut


def test_patroni_has_one_leader_on_either_side_of_a_cut(three: Three) -> None:
    three.start("postgres-patroni")
    password = three.setting("DB_PASSWORD")
    nodes = {f"PATRONI_{number}": host.address for number, host in enumerate(three.hosts, 1)}
    healthy = ["leader", "replica", "sync_standby"]
    wait_for("all three nodes", lambda: sorted(members(three.hosts[0]).values()) == healthy, 180)
    first, others = split(members(three.hosts[0]), "leader", three)
    with follower("external-patroni", nodes) as host:
        wait_for("the leader, through HAProxy", lambda: made_table(host, password))
        writer = Writer(lambda: SqlLink(host, password))
        probe = Probe(first, "postgres", password)
        cut = cut_off(
            first,
            probe,
            writer,
            lambda: sorted(members(others[0]).values()) == healthy,
            lambda: three.said(["patroni"]),
        )
        kept = numbers(host, password)
        probed = asked(host, password, "SELECT number FROM probed")
    lost = writer.acknowledged.keys() - kept
    cut.note("patroni", len(lost))
    assert not lost
    assert writer.gap < 30
    # Who writes on the cut-off host is told of nothing that is gone afterwards, and of nothing once the others go on.
    assert probe.acknowledged.keys() <= probed
    assert [each for each in probe.after(cut.at) if probe.acknowledged[each] > cut.resumed] == []
    assert [when for when, _ in probe.refused if when > cut.at]
    assert members(others[0]).get(first.address) != "leader"
    three.stop("postgres-patroni")


def test_a_master_of_redis_that_is_cut_off_soon_takes_no_writes(three: Three) -> None:
    three.start("redis-sentinel")
    password = three.setting("REDIS_PASSWORD")

    def roles() -> dict[str, str]:
        """Each node that answers, by its address."""
        found: dict[str, str] = {}
        for host in three.hosts:
            link = redises.client(host.address, password)
            said = link.info("replication")
            assert isinstance(said, dict)
            found[host.address] = "master" if said["role"] == "master" else said["master_link_status"]
            link.close()
        return found

    whole = ["master", "up", "up"]
    wait_for("a master and two replicas", lambda: sorted(roles().values()) == whole, 60)
    first, _ = split(roles(), "master", three)
    nodes = {f"REDIS_{number}": host.address for number, host in enumerate(three.hosts, 1)}
    with follower("external-sentinel", {"REDIS_PASSWORD": password, **nodes}) as host:
        wait_for("the master, through HAProxy", lambda: redises.client(host, password).ping())
        writer = Writer(lambda: RedisLink(host, password))
        probe = Probe(first, "redis", password)
        cut = cut_off(
            first, probe, writer, lambda: sorted(roles().values()) == whole, lambda: three.said(["sentinel", "redis"])
        )
        lost = writer.acknowledged.keys() - redises.numbers(host, password)
        gone = set(probe.after(cut.at)) - redises.numbers(host, password, key="probed")
    cut.note("redis", len(lost), len(gone))
    assert len(lost) <= 2  # replication is asynchronous: what no replica had when the cable was pulled is gone
    assert writer.gap < 30
    # min-replicas-max-lag is 5 s, which Redis measures in whole seconds.
    assert [each for each in probe.after(cut.at) if probe.acknowledged[each] > cut.at + 8] == []
    assert any("ot enough good replicas" in why for when, why in probe.refused if when > cut.at)
    assert roles()[first.address] == "up"
    three.stop("redis-sentinel")
