"""Bundles and registries: images for another platform come out of one, and a closed network's own takes them in."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from difykit.bundle.archive import examine
from difykit.images.publish.other_platform import index
from difykit.registry import INDEX, Held, Registry, entry
from difykit.workspace import state
from tests.support.builds import docker_build
from tests.support.bundled_stack import Small, forget_from, killed
from tests.support.cli import difykit
from tests.support.clusters import docker
from tests.support.registries import PASSWORD, USER, own_registry
from tests.support.trees import write_tree

pytestmark = pytest.mark.docker

FILE = "FROM scratch\nCOPY file /\n"
MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
STACK = ("cache:1", "init:1", "vectors:1")


def test_for_another_platform_all_comes_out_of_registries(small: Small, tmp_path: Path) -> None:
    with own_registry(tmp_path / "registry") as registry:
        registry.log_in()
        there = Registry(registry.host, {"username": USER, "password": PASSWORD})
        names = [*small.custom(), *(f"{small.name}/{each}" for each in STACK)]
        held = {name: foreign(name, registry.host, tmp_path) for name in names}
        one = Held.of(index({"linux/arm64": entry("linux/arm64", MANIFEST, *held[names[-1]])}), INDEX)
        there.put(names[-1].partition(":")[0], names[-1].partition(":")[2], one)
        source = state.need_source(small.workspace.derived).commit
        images = state.read_images(small.workspace.derived)
        assert images
        published = [
            {**each.model_dump(), "reference": f"{registry.host}/{each.reference}@{held[each.reference][0]}"}
            for each in images.images
        ]
        write_tree(small.folder, {"images.json": json.dumps({"source": source, "images": published})})
        try:
            small.settings("more", f"mirrors: {{registry: '{registry.host}'}}\n")
            words = ("bundle.save", str(tmp_path / "arm.tar"), "--no-wheels", "--platform")
            ran = difykit(*words, "linux/s390x", cwd=small.folder)
            assert (ran.code, "is not there for linux/s390x, only for linux/arm64" in ran.err) == (1, True), ran.err
            killed([*words, "linux/arm64"], small.folder, 2.0)
            small.run(*words, "linux/arm64")
        finally:
            small.settings("more")
            (small.folder / "images.json").unlink()
    ran = difykit("bundle.load", str(tmp_path / "arm.tar"), cwd=tmp_path)
    assert (ran.code, "the bundle is for linux/arm64" in ran.err) == (1, True)
    found = examine(tmp_path / "arm.tar", lambda _, __: None).record
    assert {each.reference: each.digest for each in found.images} == {name: held[name][0] for name in names}
    assert found.platform == "linux/arm64"


def foreign(name: str, host: str, scratch: Path) -> tuple[str, int]:
    """Put an image of this name for linux/arm64 into a registry: digest and size of its manifest."""
    (scratch / "fill").mkdir(exist_ok=True)
    (scratch / "fill" / "file").write_bytes(os.urandom(100_000))
    docker_build(f"{host}/{name}", "--platform", "linux/arm64", "--file", "-", str(scratch / "fill"), stdin=FILE)
    docker("push", "--quiet", f"{host}/{name}")
    docker("image", "rm", f"{host}/{name}")
    repository, _, tag = name.partition(":")
    made = Registry(host, {"username": USER, "password": PASSWORD}).manifest(repository, tag)
    assert made
    return made.digest, len(made.body)


def test_to_a_registry_nothing_moves_twice_and_the_stack_is_run_from_there(
    small: Small, saved: Path, taken_away: dict[str, str], tmp_path: Path
) -> None:
    with own_registry(tmp_path / "registry") as registry:
        registry.log_in()
        words = ("bundle.load", str(saved), "--into", "there", "--to", f"{registry.host}/team/")
        small.run(*words, cwd=tmp_path)
        received = registry.received
        assert 6 * 2_000_000 < received < 6 * 2_000_000 + 200_000
        again = small.run(*words, cwd=tmp_path)
        assert registry.received == received
        assert again.err.count("is there") == len(STACK) + 2
        there = tmp_path / "there"
        small.run("render", cwd=there)
        shown = json.loads((there / "registry.json").read_text())["images"]
        for rendered in ("render", "sync", "build", "render"):
            small.run(rendered, cwd=there)
            text = (there / ".difykit/release/dify.yaml").read_text()
            # What no active profile runs is not in the bundle.
            assert text.count(f"image: {small.name}") == text.count(f"{small.name}/other:1") == 1
            assert text.count(f"image: {registry.host}/team/") == text.count("image:") - 1
        small.run("bundle.save", str(tmp_path / "next.tar"), "--no-wheels", cwd=there)  # into the next network
        first, second = (examine(place, lambda _, __: None).record for place in (saved, tmp_path / "next.tar"))
        assert (second.images, second.custom, second.files) == (first.images, first.custom, first.files)
        for name in (f"{small.name}/init:1", *small.custom()):
            assert shown[name].startswith(f"{registry.host}/team/")
            docker("pull", "--quiet", shown[name])
            found = json.loads(docker("image", "inspect", shown[name]))[0]
            assert found["Id"] == taken_away[name]
        small.run("bundle.load", str(saved), cwd=there)  # and without a registry it runs from the engine again
        assert not (there / "registry.json").exists()
        small.run("render", cwd=there)
        assert registry.host not in (there / ".difykit/release/dify.yaml").read_text()
        forget_from(registry.host)


def test_a_content_tag_that_holds_another_image_is_refused_before_anything_is_sent(
    small: Small, saved: Path, tmp_path: Path
) -> None:
    with own_registry(tmp_path / "registry") as registry:
        registry.log_in()
        name = small.custom()[0]
        foreign(f"team/{name.rpartition('/')[2]}", registry.host, tmp_path)
        before = registry.received
        ran = difykit("bundle.load", str(saved), "--to", f"{registry.host}/team/", cwd=tmp_path)
        assert (ran.code, "holds another image than the bundle" in ran.err) == (1, True), ran.err
        assert (registry.received, (tmp_path / "work").exists()) == (before, False)
        ran = difykit("bundle.load", str(saved), "--to", "team", cwd=tmp_path)
        assert (ran.code, "does not name a registry" in ran.err) == (1, True), ran.err
        forget_from(registry.host)


def test_a_registry_that_goes_away_is_waited_for_and_a_killed_load_goes_on(
    small: Small, saved: Path, taken_away: dict[str, str], tmp_path: Path
) -> None:
    assert taken_away
    with own_registry(tmp_path / "registry") as registry:
        registry.log_in()
        words = ["bundle.load", str(saved), "--into", "there", "--to", f"{registry.host}/team/"]
        after = 0.4
        while killed(words, tmp_path, after) and registry.received < 4 * 2_000_000:
            after += 0.2
        assert not list(tmp_path.glob("there/registry.json")) or (tmp_path / "there/.difykit/images.json").is_file()
        registry.kill()
        argv = [sys.executable, "-m", "difykit", *words]
        with subprocess.Popen(argv, cwd=tmp_path, stderr=subprocess.PIPE, text=True) as child:
            assert child.stderr
            said = next(line for line in child.stderr if "cannot be reached" in line)
            registry.start()
            said += child.stderr.read()
        assert child.returncode == 0, said
        whole = registry.received
        small.run(*words, cwd=tmp_path)
        assert registry.received == whole
        forget_from(registry.host)
