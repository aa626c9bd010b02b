"""What sync refuses, before anything is touched."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from difykit.core.errors import ConfigError, DifyKitError, PatchConflict
from tests.support.repos import Upstream
from tests.support.trees import Link, snapshot, write_tree
from tests.support.workspaces import APP_PATCH, RecordingProgress, WorkspaceFixture, patch_text


@pytest.fixture
def space(tmp_path: Path, upstream: Upstream) -> WorkspaceFixture:
    """A workspace that was synced once, so that a refusal can be seen to touch nothing."""
    made = WorkspaceFixture(tmp_path / "space", upstream)
    made.sync()
    return made


def refusal(space: WorkspaceFixture) -> DifyKitError:
    """The error of a sync that leaves the work tree, the lock and the state as they were."""
    before = snapshot(space.source, skip=(".git",)), snapshot(space.root, skip=(".difykit",))
    state = (space.root / ".difykit" / "source.json").read_bytes()
    with pytest.raises(DifyKitError) as caught:
        space.sync()
    assert (snapshot(space.source, skip=(".git",)), snapshot(space.root, skip=(".difykit",))) == before
    assert (space.root / ".difykit" / "source.json").read_bytes() == state
    return caught.value


def test_two_overlays_that_write_one_path(space: WorkspaceFixture) -> None:
    space.overlay("a", {"web/x": "1"})
    space.overlay("b", {"web/x": "2"})
    error = refusal(space)
    assert isinstance(error, ConfigError)
    assert str(error) == "overlays/b/overlay.yaml: web/x is a whole file here, but overlay a changes it too"


def test_two_overlays_that_write_one_path_when_the_first_was_made_before(space: WorkspaceFixture) -> None:
    space.overlay("a", {"web/x": "1"})
    space.sync()
    space.overlay("b", {"web/x": "2"})
    assert "web/x is a whole file here, but overlay a changes it too" in str(refusal(space))


def test_two_overlays_that_write_one_path_when_the_first_writes_what_is_there(space: WorkspaceFixture) -> None:
    space.overlay("a", {"docker/docker-compose.yaml": "services:\n  api:\n    image: langgenius/dify-api:1.0.0\n"})
    space.sync()
    space.overlay("b", {"docker/docker-compose.yaml": "services: {}\n"})
    assert "is a whole file here, but overlay a changes it too" in str(refusal(space))


def test_a_whole_file_over_a_path_that_a_patch_changes(space: WorkspaceFixture) -> None:
    space.patch("0001-app.patch", APP_PATCH)
    space.overlay("a", {"api/app.py": "x"})
    assert "api/app.py is a whole file here, but patch 0001-app.patch changes it too" in str(refusal(space))


def test_a_whole_file_over_a_path_that_an_edit_changes(space: WorkspaceFixture) -> None:
    space.overlay("a", manifest="edits: [{file: api/app.py, replace: {find: one, with: eins}}]\n")
    space.overlay("b", {"api/app.py": "x"})
    assert "api/app.py is a whole file here, but overlay a changes it too" in str(refusal(space))


def test_a_file_of_an_overlay_that_the_wiring_writes(space: WorkspaceFixture) -> None:
    wired = {"api/difykit_overlays/__init__.py": "mine", "api/a.py": "bp = 1\n"}
    space.overlay("a", wired, "api: {blueprints: ['a:bp']}\n")
    assert "api/difykit_overlays/__init__.py" in str(refusal(space))


def test_a_file_where_the_release_has_a_folder(space: WorkspaceFixture) -> None:
    space.overlay("a", {"web": "x"})
    assert str(refusal(space)) == "overlay a: web is a folder in the release"


def test_a_folder_where_the_release_has_a_file(space: WorkspaceFixture) -> None:
    space.overlay("a", {"README.md/x": "x"})
    assert str(refusal(space)) == "overlay a: README.md is a file in the release, so README.md/x cannot be laid there"


def test_a_file_and_a_folder_of_one_name_in_two_trees_of_one_overlay(space: WorkspaceFixture) -> None:
    space.overlay("a", {"x": "file"}, "trees: [{from: tree}, {from: more}]\n")
    space.write({"overlays/a/more/x/y": "folder"})
    refusal(space)


@pytest.mark.parametrize("target", ["/etc/passwd", "../../../secret", "..", "../.."])
def test_a_link_that_leaves_the_tree(space: WorkspaceFixture, target: str) -> None:
    space.overlay("a", {"web/link": Link(target)} if target != ".." else {"link": Link(target)})
    assert f"overlays/a/tree/{'web/' * (target != '..')}link: the link to {target!r} leaves the tree" in str(
        refusal(space)
    )


def test_a_link_that_leaves_the_tree_through_another_link(space: WorkspaceFixture) -> None:
    space.overlay("a", {"a/b/up": Link("../.."), "link": Link("a/b/up/../secret")})
    assert "leaves the tree" in str(refusal(space))


def test_a_link_to_a_name_that_starts_with_dots_is_fine(space: WorkspaceFixture) -> None:
    space.overlay("a", {"link": Link("..data"), "..data": "x"})
    space.sync()
    assert (space.source / "link").read_text() == "x"


def test_a_link_into_git(space: WorkspaceFixture) -> None:
    space.overlay("a", {"link": Link(".git/config")})
    refusal(space)


def test_a_tree_that_is_a_link_out_of_the_overlay(space: WorkspaceFixture, tmp_path: Path) -> None:
    write_tree(tmp_path / "secret", {"key": "x"})
    space.overlay("a", manifest="trees: [{from: out}]\n")
    space.write({"overlays/a/out": Link(str(tmp_path / "secret"))})
    refusal(space)


def test_a_file_in_git(space: WorkspaceFixture) -> None:
    space.overlay("a", {"web/.git/hooks/x": ""})
    assert "reaches into .git" in str(refusal(space))


def test_a_path_that_git_would_not_check_out(space: WorkspaceFixture) -> None:
    space.overlay("a", {"a\\..\\.git\\config": ""})
    assert "overlays/a/tree/" in str(refusal(space))


def test_a_pipe(space: WorkspaceFixture) -> None:
    space.overlay("a", {"web/x": ""})
    os.mkfifo(space.root / "overlays/a/tree/web/pipe")
    assert "pipe is not a regular file" in str(refusal(space))


def test_a_socket(space: WorkspaceFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    space.overlay("a", {"x": ""})
    monkeypatch.chdir(space.root / "overlays/a/tree")  # the whole path is too long for one
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket")
        assert "socket is not a regular file" in str(refusal(space))


def test_an_edit_of_a_file_that_the_release_does_not_have(space: WorkspaceFixture) -> None:
    space.overlay("a", manifest="edits: [{file: web/gone.ts, replace: {find: a, with: b}}]\n")
    assert str(refusal(space)) == "overlays/a/overlay.yaml:3: edits.0: the release has no web/gone.ts"


def test_an_overlay_for_another_release(space: WorkspaceFixture) -> None:
    space.overlay("a", {"x": ""}, "requires: {dify: '>=2'}\n")
    assert "is for Dify >=2, but the pin is 1.0.0" in str(refusal(space))


def test_a_patch_that_does_not_fit(space: WorkspaceFixture) -> None:
    space.patch("0001-x.patch", patch_text("README.md", ["Difi"], ["Ours"]))
    error = refusal(space)
    assert isinstance(error, PatchConflict)
    assert "patches/0001-x.patch: README.md: hunk 1" in str(error)


def test_a_patch_with_a_broken_range(space: WorkspaceFixture) -> None:
    space.patch("0001-app.patch", APP_PATCH.replace("Why: to see it", "Applies-to: 1.x"))
    assert "patches/0001-app.patch: Applies-to: '1.x' is not a version range" in str(refusal(space))


def test_a_patch_that_is_not_in_the_series(space: WorkspaceFixture) -> None:
    space.write({"patches/0001-app.patch": APP_PATCH})
    assert "patches/0001-app.patch: not in patches/series" in str(refusal(space))


def test_a_release_that_is_not_wired_as_dify_is(tmp_path: Path) -> None:
    upstream = Upstream(tmp_path / "odd")
    upstream.release("1.0.0", {"api/extensions/ext_blueprints.py": None})
    space = WorkspaceFixture(tmp_path / "space", upstream)
    space.overlay("a", {"api/a.py": "bp = 1\n"}, "api: {blueprints: ['a:bp']}\n")
    with pytest.raises(DifyKitError, match=r"the release has no api/extensions/ext_blueprints.py"):
        space.sync()


def test_another_sync_at_work(space: WorkspaceFixture) -> None:
    class Nested(RecordingProgress):
        def skip(self, text: str) -> None:
            super().skip(text)
            with pytest.raises(DifyKitError, match="is at work in this workspace"):
                space.sync()

    space.sync(Nested())
