"""`publish` to a registry that wants a login, and is killed while it takes what is sent."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from difykit import docker
from difykit.core.errors import DifyKitError
from difykit.images.inventory import show
from difykit.images.publish import publish
from tests.support.builds import Bench, Told
from tests.support.registries import PASSWORD, OwnRegistry, own_registry
from tests.support.tcp_proxy import tap

pytestmark = pytest.mark.docker

HALF = 10_000_000
"""Bytes on their way in, of an image that has more of them."""


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[OwnRegistry]:
    with own_registry(tmp_path / "registry") as made:
        yield made


@pytest.fixture
def bench(tmp_path: Path, images: str) -> Bench:
    made = Bench(tmp_path, images)
    made.sync(mine={"api/app.py": "print('mine')\n"})
    made.build()
    return made


def test_dockers_login_is_used_and_told_to_nobody(registry: OwnRegistry, bench: Bench) -> None:
    to = f"{registry.host}/team/"
    with pytest.raises(DifyKitError, match=r"refuses .*: Docker has no login for it") as told:
        publish(bench.workspace, to, [], Told())
    assert told.value.hint == f"docker login {registry.host}"
    registry.log_in("not-the-word")
    with pytest.raises(DifyKitError, match=r"refuses .*: with the login that Docker has for it") as told:
        publish(bench.workspace, to, [], Told())
    assert "not-the-word" not in f"{told.value} {told.value.hint} {told.value.__cause__}"
    assert registry.received == 0


def test_a_registry_that_is_killed_half_way_and_started_again_has_it_in_the_end(
    registry: OwnRegistry, bench: Bench
) -> None:
    said, killed = Told(), []

    def kill() -> None:
        registry.kill()
        killed.append(registry.received)
        threading.Timer(1, registry.start).start()  # for so long it is away

    with tap(registry.host) as door:
        door.cut, door.then = HALF, kill
        registry.log_in(door=door.host)
        to = f"{door.host}/team/"
        made = {each.name: each for each in publish(bench.workspace, to, [], said, provenance=True)}
        assert len(killed) == 1
        assert killed[0] < made["api"].size
        shown = show(made["api"].reference)
        assert shown.where == "registry"
        if docker.engine_facts().store == "classic":  # containerd's calls an image by its manifest's digest
            assert shown.id == made["api"].image_id
        again = publish(bench.workspace, to, [], Told(), provenance=True)
        assert [each.pushed for each in again] == [0, 0]
    everything = [*said.lines, *said.oks, *said.steps, (bench.workspace.root / "images.json").read_text()]
    assert PASSWORD not in json.dumps(everything)
