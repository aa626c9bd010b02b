"""What makes a bundle another one than expected: `.env`, images by digest or that are gone, a full disk."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from difykit.workspace import state
from tests.support.bundled_stack import Small, forget_from
from tests.support.cli import difykit
from tests.support.clusters import docker
from tests.support.registries import own_registry
from tests.support.trees import write_tree

pytestmark = pytest.mark.docker


def refused(small: Small, *words: str) -> str:
    ran = difykit(*words, cwd=small.folder)
    assert ran.code == 1, ran.err
    assert "Traceback" not in ran.err
    return ran.err


@contextmanager
def overlay(small: Small, compose: str) -> Iterator[None]:
    """An overlay with these services, while the block runs."""
    manifest = "version: 1\ndescription: odd\ncompose: {files: [compose.yaml]}\n"
    write_tree(small.folder, {"overlays/odd/overlay.yaml": manifest, "overlays/odd/compose.yaml": compose})
    small.settings("more, odd")
    try:
        small.make()
        yield
    finally:
        subprocess.run(["rm", "-r", str(small.folder / "overlays" / "odd")], check=True)
        small.settings("more")
        small.make()


@contextmanager
def disk(place: Path, size: str) -> Iterator[None]:
    """A file system of this size at `place`."""
    place.mkdir(parents=True, exist_ok=True)
    argv = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(place)]
    if subprocess.run(argv, capture_output=True, check=False).returncode:
        pytest.skip("a small file system can only be mounted by root")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


def test_two_names_of_one_image_are_two_names_over_there(small: Small, tmp_path: Path) -> None:
    one, other = f"{small.name}/init:1", f"{small.name}/cache:1"
    kept = f"{small.name}/kept:1"
    docker("tag", other, kept)
    docker("tag", one, other)
    try:
        small.run("bundle.save", str(tmp_path / "a.tar"), "--no-wheels")
        before = small.ids()[one]
        docker("image", "rm", one, other)
        small.run("bundle.load", str(tmp_path / "a.tar"), cwd=tmp_path)
        assert (small.ids()[one], small.ids()[other]) == (before, before)
    finally:
        docker("tag", kept, other)


def test_env_stays_here_so_both_stacks_travel(small: Small) -> None:
    place = small.folder / ".env"
    place.write_text("COMPOSE_PROFILES=other\n")
    try:
        ran = small.run("bundle.save", "x.tar", "--check", "--json")
    finally:
        place.unlink()
    names = [each["reference"].rpartition("/")[2] for each in json.loads(ran.out)["images"]]
    assert {"vectors:1", "other:1"} <= set(names)
    assert "other, vectors: other images with this machine's .env than without it" in ran.err


def test_what_compose_would_build_over_there_is_refused(small: Small) -> None:
    with overlay(small, "services: {built: {build: {context: .}}}\n"):
        said = refused(small, "bundle.save", "x.tar")
    assert "Compose builds the image of built" in said


def test_an_image_by_digest_needs_a_registry_over_there(small: Small, tmp_path: Path) -> None:
    with own_registry(tmp_path / "registry") as registry:
        registry.log_in()
        there = f"{registry.host}/{small.name}/init"
        docker("tag", f"{small.name}/init:1", f"{there}:1")
        docker("push", "--quiet", f"{there}:1")
        shown = json.loads(docker("image", "inspect", f"{there}:1"))[0]["RepoDigests"]
        (pinned,) = [each for each in shown if each.startswith(there)]
        with overlay(small, f"services: {{pinned: {{image: '{pinned}'}}}}\n"):
            small.run("bundle.save", str(tmp_path / "a.tar"), "--no-wheels")
        said = difykit("bundle.load", str(tmp_path / "a.tar"), cwd=tmp_path)
        assert (said.code, pinned in said.err, "--to" in said.err) == (1, True, True)
        assert not (tmp_path / "work").exists()
        words = ("--to", f"{registry.host}/other/", "--into", "there")
        small.run("bundle.load", str(tmp_path / "a.tar"), *words, cwd=tmp_path)
        small.run("render", cwd=tmp_path / "there")
        text = (tmp_path / "there/.difykit/release/images.yaml").read_text()
        named = json.loads((tmp_path / "there/registry.json").read_text())["images"][pinned]
        assert named in text
        assert ":sha256-" in named
        forget_from(registry.host)


def test_what_the_engine_lacks_is_pulled_and_what_was_built_must_be_there(small: Small, tmp_path: Path) -> None:
    name = f"{small.name}/cache:1"
    with own_registry(tmp_path / "registry") as registry:
        registry.log_in()
        docker("tag", name, f"{registry.host}/{name}")
        docker("push", "--quiet", f"{registry.host}/{name}")
        before = small.ids()[name]
        docker("image", "rm", name, f"{registry.host}/{name}")
        small.settings("more", f"mirrors: {{registry: '{registry.host}'}}\n")
        try:
            plan = json.loads(small.run("bundle.save", "x.tar", "--check", "--json").out)
            assert {each["reference"]: each["from"] for each in plan["images"]}[name] == f"{registry.host}/{name}"
            small.run("bundle.save", str(tmp_path / "a.tar"), "--no-wheels")
        finally:
            small.settings("more")
        assert small.ids()[name] == before
        forget_from(registry.host)
    images = state.read_images(small.workspace.derived)
    assert images
    built = images.images[0].reference
    docker("tag", name, built)
    assert f"the image {built} is not the one that was built" in refused(small, "bundle.save", "x.tar")
    docker("image", "rm", built)
    assert f"the image {built} is gone" in refused(small, "bundle.save", "x.tar")
    small.make()


@pytest.mark.parametrize("size", ["100k", "1m"])
def test_a_full_disk_leaves_no_half_file_and_the_next_run_goes_on(small: Small, tmp_path: Path, size: str) -> None:
    with disk(tmp_path / "full", size):
        said = refused(small, "bundle.save", str(tmp_path / "full" / "a.tar"), "--no-wheels")
        assert "there is no space for" in said
        assert list((tmp_path / "full").iterdir()) == []
    ran = small.run("bundle.save", str(tmp_path / "a.tar"), "--no-wheels")
    assert "out of the engine" not in ran.err  # what was brought together was kept


def test_a_full_workspace_leaves_whole_blobs_only(small: Small, tmp_path: Path) -> None:
    with disk(small.folder / ".difykit" / "bundle", "1m"):
        said = refused(small, "bundle.save", str(tmp_path / "a.tar"), "--no-wheels")
        assert re.search(r"/\.difykit/bundle/.*: there is no space left on the disk", said)
        assert list((small.folder / ".difykit/bundle").rglob("*.new")) == []
    assert list(tmp_path.iterdir()) == []
    small.run("bundle.save", str(tmp_path / "a.tar"), "--no-wheels")


def test_a_folder_without_space_over_there_is_finished_by_the_next(small: Small, tmp_path: Path) -> None:
    small.run("bundle.save", str(tmp_path / "a.tar"), "--no-wheels")
    with disk(tmp_path / "full", "20k"):
        said = refused(small, "bundle.load", str(tmp_path / "a.tar"), "--into", str(tmp_path / "full" / "ws"))
        assert "space" in said
        assert list((tmp_path / "full").iterdir()) == []
    small.run("bundle.load", str(tmp_path / "a.tar"), "--into", str(tmp_path / "full" / "ws"))
    assert [each.name for each in (tmp_path / "full").iterdir()] == ["ws"]
