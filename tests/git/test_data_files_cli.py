"""Files below docker/volumes through the program: what a release and overlays bring arrives, the user's stays."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from difykit.demo.upstream import make_upstream
from difykit.middleware import check_dev, dev
from difykit.release.data_files import NAME
from difykit.workspace.workspace import Workspace
from tests.support.cli import Ran, inv
from tests.support.trees import write_tree
from tests.support.workspaces import RecordingProgress, WorkspaceFixture

CONFIG = "sandbox/conf/config.yaml"
OVERLAY_FILE = "docker/volumes/sandbox/conf/policy.yaml"
POLICY = "sandbox/conf/policy.yaml"
# As a real release's middleware mounts the sandbox's files.
MOUNTS_IT = """\
edits:
  - file: docker/docker-compose.middleware.yaml
    replace: {find: "${REDIS_HOST_VOLUME:-./volumes/redis/data}", with: ./volumes/redis/data, count: 1}
"""


@pytest.fixture
def space(tmp_path: Path) -> WorkspaceFixture:
    make_upstream(tmp_path / "upstream.git")
    made = WorkspaceFixture(tmp_path / "ws", (tmp_path / "upstream.git").as_uri(), ref="1.98.0")
    made.overlay("policy", {OVERLAY_FILE: "allow: 1\n"})
    made.sync()
    return made


def render(space: WorkspaceFixture, *flags: str) -> Ran:
    ran = inv("render", *flags, cwd=space.root)
    assert ran.code == 0, ran.err
    return ran


def data(space: WorkspaceFixture, path: str) -> Path:
    return space.root / "data" / "volumes" / path


def change(space: WorkspaceFixture, text: str) -> None:
    space.overlay("policy", {OVERLAY_FILE: text})
    space.sync()


def test_an_overlays_file_follows_the_overlay(space: WorkspaceFixture) -> None:
    render(space)
    assert data(space, POLICY).read_text() == "allow: 1\n"
    change(space, "allow: 2\n")
    assert f"data folder: would change {POLICY}" in render(space, "--check").out
    assert data(space, POLICY).read_text() == "allow: 1\n"
    ran = render(space)
    assert f"data folder: {POLICY}: now as Dify 1.98.0 with the overlays has it" in ran.err
    assert data(space, POLICY).read_text() == "allow: 2\n"
    assert "data folder" not in render(space).err


def test_what_the_user_changed_stays_and_is_told(space: WorkspaceFixture) -> None:
    render(space)
    data(space, POLICY).write_text("allow: mine\n")
    for text in ("allow: 1\n", "allow: 2\n"):
        change(space, text)
        ran = render(space)
        assert data(space, POLICY).read_text() == "allow: mine\n"
        assert f"data folder: {POLICY} stays as you changed it" in ran.err
        assert "-allow: mine" in ran.err
        assert f"+{text.strip()}" in ran.err
        assert f"rm {data(space, POLICY)}; invoke deploy" in ran.err
        document = json.loads(render(space, "--check", "--json").out)
        (kept,) = [file for file in document["data"] if file["action"] == "keep"]
        assert kept["path"] == POLICY
        assert kept["diff"][-2:] == ["-allow: mine", f"+{text.strip()}"]
    data(space, POLICY).unlink()
    render(space)
    assert data(space, POLICY).read_text() == "allow: 2\n"


def test_a_file_goes_with_its_overlay_unless_it_was_changed(space: WorkspaceFixture) -> None:
    space.overlay("policy", {"docker/volumes/sandbox/conf/mine.yaml": "a: 1\n"})
    space.sync()
    render(space)
    data(space, "sandbox/conf/mine.yaml").write_text("a: 2\n")
    data(space, "sandbox/conf/beside.yaml").write_text("nobody's but mine\n")
    space.overlays = ()
    space.write({})
    space.sync()
    ran = render(space)
    assert not data(space, POLICY).exists()
    assert data(space, "sandbox/conf/mine.yaml").read_text() == "a: 2\n"
    assert data(space, "sandbox/conf/beside.yaml").exists()
    assert f"data folder: {POLICY}: removed, since Dify 1.98.0 with the overlays has it no more" in ran.err
    assert "data folder: sandbox/conf/mine.yaml stays, as yours" in ran.err
    assert "data folder" not in render(space).err


@pytest.mark.parametrize("edited", [False, True])
def test_data_that_is_older_than_the_record_follows_where_it_is_as_a_release_had_it(
    space: WorkspaceFixture, edited: bool
) -> None:
    render(space)
    (space.root / "data" / NAME).unlink()
    if edited:
        data(space, POLICY).write_text("allow: mine\n")
    change(space, "allow: 2\n")
    render(space)
    assert data(space, POLICY).read_text() == ("allow: mine\n" if edited else "allow: 2\n")


@pytest.mark.parametrize("recorded", [True, False])
def test_a_file_of_difys_follows_an_upgrade_and_the_way_back(space: WorkspaceFixture, recorded: bool) -> None:
    """The overlay stands for the difference between the releases, which the miniature's do not have in this file."""
    original = space.source / "docker" / "volumes" / CONFIG
    before = original.read_text()
    render(space)
    if not recorded:
        (space.root / "data" / NAME).unlink()
        write_tree(space.root / ".difykit" / "release", {f"seeds/{CONFIG}": None})
    space.overlay("config", {f"docker/volumes/{CONFIG}": before + "# more\n"})
    space.pin("1.99.0")
    space.sync()
    render(space)
    assert data(space, CONFIG).read_text() == before + "# more\n"
    space.overlays = ("policy",)
    space.pin("1.98.0")
    space.sync()
    render(space)
    assert data(space, CONFIG).read_text() == before


def test_a_live_release_keeps_its_files_until_it_is_deployed(space: WorkspaceFixture) -> None:
    render(space)
    releases = space.root / "data" / "releases"
    write_tree(releases, {"0001/manifest.json": "{}"})
    (releases / "current").symlink_to("0001")
    change(space, "allow: 2\n")
    space.overlay("policy", {"docker/volumes/sandbox/conf/new.yaml": "n: 1\n"})
    space.sync()
    ran = render(space)
    assert f"data folder: {POLICY}: changes with the next deploy" in ran.err
    assert data(space, POLICY).read_text() == "allow: 1\n"
    assert data(space, "sandbox/conf/new.yaml").read_text() == "n: 1\n"


def test_the_development_middleware_has_its_files_followed_too(space: WorkspaceFixture) -> None:
    path, progress = "redis/data/redis.conf", RecordingProgress()
    place = space.root / "data" / "dev" / path
    for text, expected in (("a: 1\n", "a: 1\n"), ("a: 2\n", "a: 2\n"), ("a: 3\n", "mine\n")):
        if expected == "mine\n":
            place.write_text(expected)
        space.overlay("config", {f"docker/volumes/{path}": text}, MOUNTS_IT)
        space.sync()
        dev(Workspace.open(space.root), progress)
        assert place.read_text() == expected
    assert progress.texts("ok").count(f"data folder: {path}: now as Dify 1.98.0 with the overlays has it") == 1
    assert len(progress.texts("warn")) == 1
    assert check_dev(Workspace.open(space.root)).changed == ()
    place.unlink()
    dev(Workspace.open(space.root), progress)
    assert place.read_text() == "a: 3\n"
