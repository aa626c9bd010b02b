"""`patch.drop` and `patch.reorder`: the patches after follow, or nothing is changed and it is said why."""

from __future__ import annotations

from pathlib import Path

import pytest

from difykit.authoring import drop, reorder
from difykit.core.errors import DifyKitError, DirtyTree
from difykit.workspace.workspace import Workspace
from tests.support.authoring import add_patch, edit, spaced
from tests.support.trees import read_tree
from tests.support.workspaces import RecordingProgress, WorkspaceFixture


@pytest.fixture
def space(tmp_path: Path) -> WorkspaceFixture:
    """Four patches: the second builds on the first, the others are on their own."""
    space = spaced(tmp_path)
    add_patch(space, "0003-three.patch", {"line 1\n": "line 0\nline 1\n"})
    add_patch(space, "0004-four.patch", {"line 18\n": "line 18 of four\n"})
    (space.root / "patches/series").write_text(
        "# ours\n0001-one.patch\n0002-two.patch # builds on one\n0003-three.patch\n0004-four.patch\n"
    )
    return space


def series(space: WorkspaceFixture) -> str:
    return (space.root / "patches/series").read_text()


def own(space: WorkspaceFixture) -> dict[str, str]:
    return read_tree(space.root, skip=(".difykit", "difykit.lock"))


def test_a_dropped_patch_goes_and_those_after_it_are_written_where_the_lines_are_now(space: WorkspaceFixture) -> None:
    before = (space.root / "patches/0004-four.patch").read_text()
    assert "@@ -17," in before
    done = drop(Workspace.open(space.root), RecordingProgress(), "three")
    assert (done.dropped, done.changed) == (("0003-three.patch",), ("0004-four.patch",))
    assert series(space) == "# ours\n0001-one.patch\n0002-two.patch # builds on one\n0004-four.patch\n"
    assert not (space.root / "patches/0003-three.patch").exists()
    assert "@@ -16," in (space.root / "patches/0004-four.patch").read_text()
    now = (space.source / "api/long.py").read_text()
    assert "line 0" not in now
    assert "line 18 of four" in now


def test_what_builds_on_a_patch_is_named_and_nothing_is_changed(space: WorkspaceFixture) -> None:
    add_patch(space, "0005-five.patch", {"line of two\n": "line of five\n"})
    before = own(space)
    with pytest.raises(DifyKitError, match=r"patches/0005-five\.patch builds on it in api/long\.py"):
        drop(Workspace.open(space.root), RecordingProgress(), "two")
    assert own(space) == before


def test_an_overlays_edit_that_would_miss_its_text_is_named(space: WorkspaceFixture) -> None:
    space.overlay("late", {}, "edits: [{file: api/long.py, replace: {find: line 18 of four, with: x, count: 1}}]\n")
    space.sync()
    before = own(space)
    with pytest.raises(DifyKitError, match=r"edit of the overlay late builds on it in api/long\.py"):
        drop(Workspace.open(space.root), RecordingProgress(), "four")
    assert own(space) == before


def test_a_patch_is_moved_and_the_source_stays_the_same(space: WorkspaceFixture) -> None:
    before = read_tree(space.source)
    done = reorder(Workspace.open(space.root), RecordingProgress(), "four", 1)
    assert series(space).startswith("# ours\n0004-four.patch\n0001-one.patch\n")
    assert set(done.changed) <= {
        f"000{number}-{name}.patch" for number, name in enumerate(["one", "two", "three", "four"], 1)
    }
    assert read_tree(space.source) == before
    reorder(Workspace.open(space.root), RecordingProgress(), "four", 4)
    assert read_tree(space.source) == before


def test_a_patch_may_not_pass_one_that_it_builds_on(space: WorkspaceFixture) -> None:
    add_patch(space, "0005-five.patch", {"line of two\n": "line of five\n"})
    before = own(space)
    with pytest.raises(DifyKitError, match=r"0005-five\.patch cannot be moved there:\n  patches/0002-two"):
        reorder(Workspace.open(space.root), RecordingProgress(), "five", 1)
    with pytest.raises(DifyKitError, match=r"0002-two\.patch cannot be moved there:\n  patches/0005-five"):
        reorder(Workspace.open(space.root), RecordingProgress(), "two", 5)
    assert own(space) == before


def test_a_place_that_is_not_there_is_said(space: WorkspaceFixture) -> None:
    with pytest.raises(DifyKitError, match="no place 9"):
        reorder(Workspace.open(space.root), RecordingProgress(), "two", 9)


def test_edits_in_the_work_tree_come_first(space: WorkspaceFixture) -> None:
    edit(space.source, "api/own.py", "Y = 2", "Y = 3")
    before = own(space)
    with pytest.raises(DirtyTree):
        drop(Workspace.open(space.root), RecordingProgress(), "three")
    assert own(space) == before
