"""`publish` from an engine with containerd's image store, which has an official image for its own platform alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from difykit.images.build import build
from difykit.images.inventory import prune, show
from difykit.images.publish import publish
from difykit.workspace.lock import Lock, UpstreamLock, write_lock
from difykit.workspace.workspace import Workspace
from tests.support.builds import Bench, Told
from tests.support.clusters import docker
from tests.support.fault_registry import REGISTRY
from tests.support.hosts import Host
from tests.support.two_platforms import AMD, ARM, Yard

pytestmark = [pytest.mark.docker, pytest.mark.hosts]


@pytest.fixture
def yard(store: Host, tmp_path: Path, images: str, monkeypatch: pytest.MonkeyPatch) -> Yard:
    monkeypatch.setenv("DOCKER_HOST", store.engine)
    made = Yard(images)
    made.make(tmp_path / "official")
    return made


@pytest.fixture
def bench(tmp_path: Path, yard: Yard, images: str) -> Bench:
    made = Bench(tmp_path, images)
    made.image("api", f"replaces: {REGISTRY}/{yard.repository}\n")
    made.image("web", f"replaces: {REGISTRY}/{yard.web}\n")
    source = made.sync(mine={"api/app.py": "print('mine')\n"})
    upstream = UpstreamLock(ref="1.0.0", commit=made.base, tree=source.base)
    write_lock(made.workspace.lock_file, Lock(engine=1, upstream=upstream))
    made.build()
    return made


def test_an_official_image_comes_from_its_own_registry_alone_and_as_a_list(yard: Yard, bench: Bench) -> None:
    to, repository = f"{REGISTRY}/{bench.name}/", f"{bench.name}/dify-web-custom"
    official = yard.images(yard.web, "1.0.0")
    _, single = publish(bench.workspace, to, ["stable"], Told())
    assert (single.platforms, single.strategy) == ((AMD,), "official")
    assert yard.held(repository, "stable").digest == official[AMD][0].digest
    _, again = publish(bench.workspace, to, ["stable"], Told())
    assert (again.digest, again.pushed) == (single.digest, 0)
    api, both = publish(bench.workspace, to, ["stable"], Told(), platforms=[ARM])
    assert api.platforms == both.platforms == (AMD, ARM)
    found = yard.images(repository, "stable")
    assert {at: held.digest for at, (held, _) in found.items()} == {
        at: held.digest for at, (held, _) in official.items()
    }
    same = publish(bench.workspace, to, ["stable"], Told(), platforms=[ARM])
    assert [(each.digest, each.pushed) for each in same] == [(api.digest, 0), (both.digest, 0)]
    docker("pull", "--quiet", both.reference)


def test_what_was_taken_from_one_registry_goes_to_another(
    yard: Yard, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(bench.workspace, f"{REGISTRY}/{bench.name}/", [], Told(), platforms=[ARM])
    api = bench.plan()["api"]
    docker("rmi", api.reference)
    monkeypatch.setenv("DIFYKIT_REUSE", f"{REGISTRY}/{bench.name}/")
    assert build(bench.workspace, Told()).origins["api"] == "registry"
    there, _ = publish(bench.workspace, f"{REGISTRY}/{bench.name}/far/", [], Told(), platforms=[ARM])
    assert there.platforms == (AMD, ARM)
    assert yard.images(f"{bench.name}/far/dify-api-custom", api.tag).keys() == {AMD, ARM}
    shown = show(there.reference)
    assert (shown.where, shown.overlays) == ("registry", ("mine",))


@pytest.mark.usefixtures("yard")
def test_what_is_freed_is_what_no_other_image_has_a_part_in(bench: Bench) -> None:
    old = bench.plan()["api"].reference
    bench.sync(mine={"api/app.py": "print('again')\n"})
    bench.build()
    done = prune(Workspace.open(bench.workspace.root), Told())
    assert done.gone == (old,)
    assert done.freed < 100_000  # of its own it had a layer of one file
