"""`lock.refresh` against a real registry, through a door before it that can be shut."""

from __future__ import annotations

import json
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from difykit.core.errors import DifyKitError
from difykit.core.files import locked
from difykit.git import make_repository
from difykit.images.build.refresh import compare, refresh
from difykit.workspace import state
from difykit.workspace.lock import Lock, UpstreamLock, read_lock, write_lock
from difykit.workspace.workspace import Workspace
from tests.support.builds import DIFY, TEMPLATE, Told, write
from tests.support.cli import inv
from tests.support.fault_registry import REGISTRY, Gate, gate, registry_answers

pytestmark = pytest.mark.docker

OLD = f"sha256:{'7' * 64}"


def docker_(*args: str) -> str:
    return subprocess.run(["docker", *args], capture_output=True, text=True, check=True).stdout.strip()


class Space:
    """A workspace on a synced source; its api image stands on an official one, web is built from source."""

    def __init__(self, root: Path, door: Gate) -> None:
        self.path = f"difykit-test-{uuid.uuid4().hex[:10]}"
        self.root = root / "work"
        write(root / "dify", DIFY)
        repository = f"{door.host}/{self.path}"
        self.api, self.web = f"{repository}/dify-api:1.0.0", f"{repository}/dify-web:1.0.0"
        write(
            self.root,
            {
                "difykit.yaml": "version: 1\nupstream: {ref: 1.0.0}\n",
                "images/api/image.yaml": f"version: 1\nreplaces: {repository}/dify-api\n",
                "images/api/Dockerfile": TEMPLATE,
                "images/web/image.yaml": f"version: 1\nreplaces: {repository}/dify-web\nstrategy: source\n",
            },
        )
        self.workspace = Workspace.open(self.root)
        self.base = make_repository(self.workspace.store, [("1.0.0", root / "dify")])["1.0.0"]
        source = state.Source(release="1.0.0", base=self.base, commit=self.base, layers=())
        state.write_source(self.workspace.derived, source)
        self.lock()

    def lock(self, images: dict[str, str] | None = None) -> None:
        """Write a lock with these digests."""
        upstream = UpstreamLock(ref="1.0.0", commit=self.base, tree="0" * 40)
        write_lock(self.workspace.lock_file, Lock(engine=1, upstream=upstream, images=images or {}))

    @property
    def digests(self) -> dict[str, str]:
        lock = read_lock(self.workspace.lock_file)
        assert lock
        return lock.images

    def publish(self, text: str) -> str:
        """Push another official api image; its digest."""
        name = f"{REGISTRY}/{self.path}/dify-api:1.0.0"
        folder = self.root.parent / "official"
        write(folder, {"text": text, "Dockerfile": "FROM scratch\nCOPY text /\n"})
        docker_("build", "--quiet", "--provenance=false", "--tag", name, str(folder))
        docker_("push", "--quiet", name)
        digest = docker_("image", "inspect", "--format", "{{index .RepoDigests 0}}", name).partition("@")[2]
        docker_("image", "rm", "--force", name)
        return digest


@pytest.fixture
def door() -> Iterator[Gate]:
    with gate() as opened:
        yield opened


@pytest.fixture
def space(docker: None, tmp_path: Path, door: Gate) -> Space:  # noqa: ARG001
    if not registry_answers():
        pytest.skip(f"no registry at {REGISTRY}")
    return Space(tmp_path, door)


def test_a_digest_is_new_then_as_before_then_moved(space: Space) -> None:
    first = space.publish("one\n")
    ran = inv("lock.refresh", "--check", cwd=space.root)
    assert ran.out == f"{space.api} would be new in difykit.lock: {first[7:19]}\n"
    assert space.digests == {}
    ran = inv("lock.refresh", cwd=space.root)
    assert f"  ok {space.api} is new in difykit.lock: {first[7:19]}\n" in ran.err
    assert "hint commit difykit.lock, then: invoke build deploy\n" in ran.err
    assert space.digests == {space.api: first}
    before = space.workspace.lock_file.stat()
    ran = inv("lock.refresh", cwd=space.root)
    assert f"skip {space.api} is as before: {first[7:19]}\n" in ran.err
    assert "skip difykit.lock: nothing to change\n" in ran.err
    assert space.workspace.lock_file.stat() == before
    second = space.publish("two\n")
    ran = inv("lock.refresh", "--json", cwd=space.root)
    told = json.loads(ran.out)
    assert told["moved"] == {space.api: {"from": first, "to": second}}
    assert told["changes"] is True
    assert space.digests == {space.api: second}


def test_what_no_image_names_is_dropped_and_what_rests_stays(space: Space) -> None:
    digest = space.publish("one\n")
    other = f"{space.api.rpartition(':')[0]}:0.9.0"
    space.lock({space.api: digest, space.web: OLD, other: OLD})
    ran = inv("lock.refresh", cwd=space.root)
    assert f"{other} is dropped from difykit.lock: no image stands on it any more\n" in ran.err
    assert space.digests == {space.api: digest, space.web: OLD}


def test_an_image_that_no_registry_has_is_said_and_left_out(space: Space) -> None:
    space.lock({space.api: OLD})
    ran = inv("lock.refresh", cwd=space.root)
    assert ran.code == 0
    assert f"warn {space.api} is in no registry that the engine asks" in ran.err
    assert f"{space.api} is dropped from difykit.lock: its registry does not have it\n" in ran.err
    assert space.digests == {}


def test_a_registry_that_cannot_be_asked_leaves_the_lock_alone(space: Space, door: Gate) -> None:
    space.publish("one\n")
    space.lock({space.api: OLD})
    before = space.workspace.lock_file.read_bytes()
    for answer in ((403, "DENIED", "no"), (500, "UNKNOWN", "no"), (429, "TOOMANYREQUESTS", "no")):
        door.refusal = answer
        ran = inv("lock.refresh", cwd=space.root)
        assert ran.code == 1
        assert f"fail the registry cannot be asked for the image {space.api}: the registry {door.host} " in ran.err
        assert "hint " in ran.err
        assert space.workspace.lock_file.read_bytes() == before


def test_it_wants_a_source_and_its_lock_and_nobody_else_at_work(space: Space) -> None:
    with locked(space.workspace.derived / "lock", "difykit sync"):
        assert "difykit sync (process " in inv("lock.refresh", cwd=space.root).err
    space.workspace.lock_file.unlink()
    with pytest.raises(DifyKitError, match="does not belong to the present source") as caught:
        refresh(space.workspace, Told())
    assert caught.value.hint.endswith("invoke sync")
    (space.workspace.derived / "source.json").unlink()
    with pytest.raises(DifyKitError, match="no source yet"):
        refresh(space.workspace, Told())


def test_a_comparison_names_each_image_once() -> None:
    found = compare(
        {"a": "1", "b": "1", "c": "1", "d": "1", "e": "1"}, {"a": "1", "b": "2", "c": None, "n": "1"}, ["d"]
    )
    assert (found.same, found.moved, found.new) == (("a",), {"b": ("1", "2")}, {"n": "1"})
    assert (found.unknown, found.dropped) == (("c",), ("c", "e"))
    assert found.digests == {"a": "1", "b": "2", "d": "1", "n": "1"}
