"""What an image says of itself in the engine, in a container and in a registry; and which images nothing needs."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from difykit import docker as engine
from difykit.core.errors import DifyKitError
from difykit.images.inventory import prune, show
from difykit.images.publish import publish
from difykit.workspace.workspace import Workspace
from tests.support.builds import Bench, Told
from tests.support.clusters import docker
from tests.support.fault_registry import REGISTRY, registry_answers

pytestmark = pytest.mark.docker


@pytest.fixture
def bench(tmp_path: Path, images: str) -> Bench:
    made = Bench(tmp_path, images)
    made.sync(hello={"api/app.py": "print('mine')\n"}, page={"web/app/page.tsx": "mine\n"})
    made.build()
    return made


def test_it_says_the_same_wherever_it_is(bench: Bench) -> None:
    if not registry_answers():
        if os.environ.get("DIFYKIT_REQUIRE_DOCKER") == "1":
            pytest.fail(f"DIFYKIT_REQUIRE_DOCKER=1, but there is no registry at {REGISTRY}")
        pytest.skip(f"there is no registry at {REGISTRY}")
    api = bench.plan()["api"]
    found = show(api.reference)
    assert (found.where, found.dify, found.commit, found.strategy) == ("engine", "1.0.0", bench.base, "layer")
    assert (found.patches, found.overlays) == ((), ("hello",))
    assert found.base == f"{bench.name}/dify-api:1.0.0"
    container = docker("create", api.reference, "true")
    try:
        assert show(container).where == "container"
        assert show(container).inputs == found.inputs
    finally:
        docker("rm", container)
    there = next(
        each for each in publish(bench.workspace, f"{REGISTRY}/{bench.name}/", [], Told()) if each.name == "api"
    )
    remote = show(there.reference)
    assert (remote.where, remote.overlays) == ("registry", ("hello",))
    # Containerd's store calls an image by its manifest's digest, the classic one by its configuration's.
    assert found.id in {remote.id, there.digest}


def test_what_difykit_did_not_make_is_said(images: str) -> None:  # noqa: ARG001 - the engine must be there
    with pytest.raises(DifyKitError, match="difykit did not make busybox:latest"):
        show("busybox:latest")
    with pytest.raises(DifyKitError, match="no container and no image nobody-has-this"):
        show("nobody-has-this")


def test_images_that_nothing_needs_go_and_no_others(bench: Bench) -> None:
    old = bench.plan()["api"].reference
    bench.sync(hello={"api/app.py": "print('again')\n"}, page={"web/app/page.tsx": "mine\n"})
    bench.build()
    new, web = (bench.plan()[name].reference for name in ("api", "web"))
    foreign = f"{bench.name}/other/dify-api-custom:1.0.0-aaaaaaaaaaaa"
    engine.tag(old, foreign)
    workspace = Workspace.open(bench.workspace.root)
    assert prune(workspace, Told(), check=True).gone == (old,)
    assert engine.inspect(old)
    done = prune(workspace, Told())
    assert done.gone == (old,)
    assert done.freed < 100_000  # of its own it had a layer of one file
    assert done.kept == {new: "the last build", web: "the last build"}
    assert engine.inspect(old) is None
    assert engine.inspect(foreign)
    assert prune(Workspace.open(bench.workspace.root), Told()).gone == ()


def test_an_image_of_another_workspace_with_the_same_name_stays(bench: Bench) -> None:
    api = bench.plan()["api"]
    other = f"{api.repository}:1.0.0-aaaaaaaaaaaa"
    engine.tag(api.reference, other)
    bench.sync(hello={"api/app.py": "print('again')\n"})
    bench.build()
    assert other not in prune(Workspace.open(bench.workspace.root), Told()).gone
    assert engine.inspect(other)


def test_an_image_that_a_container_was_made_from_stays(bench: Bench) -> None:
    old = bench.plan()["api"].reference
    container = docker("create", old, "true")
    try:
        bench.sync(hello={"api/app.py": "print('again')\n"})
        bench.build()
        done = prune(Workspace.open(bench.workspace.root), Told())
        assert done.kept[old] == "a container"
    finally:
        docker("rm", container)


@pytest.mark.parametrize(
    ("place", "told"),
    [
        ("images.json", "is not a list of images"),
        (".difykit/images.json", "the images of the last build are not known"),
        ("data/releases/7/manifest.json", "the images of that release are not known"),
    ],
)
def test_a_file_that_cannot_be_read_needs_what_it_may_name(bench: Bench, place: str, told: str) -> None:
    old = bench.plan()["api"].reference
    bench.sync(hello={"api/app.py": "print('again')\n"})
    bench.build()
    broken = bench.workspace.root / place
    broken.parent.mkdir(parents=True, exist_ok=True)
    broken.write_text('{"images": [')
    with pytest.raises(DifyKitError, match=told):
        prune(Workspace.open(bench.workspace.root), Told())
    assert engine.inspect(old)
    broken.unlink()
    if place.startswith("data"):
        broken.parent.rmdir()
    assert old in prune(Workspace.open(bench.workspace.root), Told()).gone


class Taking(Told):
    """Somebody makes a container of an image while others go."""

    def __init__(self, image: str) -> None:
        super().__init__()
        self.image, self.container = image, ""

    def ok(self, text: str) -> None:
        super().ok(text)
        self.container = self.container or docker("create", self.image, "true")


def test_what_the_engine_does_not_let_go_is_told_and_remembered(bench: Bench) -> None:
    first, second = sorted(bench.plan()[name].reference for name in ("api", "web"))
    bench.sync(hello={"api/app.py": "print('again')\n"}, page={"web/app/page.tsx": "again\n"})
    bench.build()
    said = Taking(second)
    try:
        done = prune(Workspace.open(bench.workspace.root), said)
    finally:
        docker("rm", said.container)
    assert done.gone == (first,)
    assert done.kept[second] == "the engine, which does not let it go"
    assert engine.inspect(second)
    assert not any(second in each for each in said.oks)
    assert prune(Workspace.open(bench.workspace.root), Told()).gone == (second,)


@pytest.mark.usefixtures("docker")
@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("A B", "the engine has no container and no image A B"),
        ("Nobody", "the engine has no container and no image Nobody"),
        ("x@sha256:1", "the engine has no container and no image x@sha256:1"),
        ("http://x/y", "is not the name of an image"),
        ("a/b:c:d", "is not the name of an image"),
        ("127.0.0.1:1/x:${A}", "is not the name of an image"),
    ],
)
def test_what_is_no_name_of_an_image_is_told(name: str, says: str) -> None:
    with pytest.raises(DifyKitError) as told:
        show(name)
    assert says in told.value.message
