"""`modify`: the work tree on the right commit, edits in the middle of the series, folders of one's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from difykit.authoring import FinishChoice, finish, modify
from difykit.core.errors import DifyKitError, DirtyTree
from difykit.workspace.workspace import Workspace
from tests.support.authoring import edit, spaced
from tests.support.repos import Upstream
from tests.support.trees import read_tree, write_tree
from tests.support.workspaces import RecordingProgress, WorkspaceFixture


@pytest.fixture
def space(tmp_path: Path) -> WorkspaceFixture:
    return spaced(tmp_path)


def modified(space: WorkspaceFixture, at: str = "", directory: Path | None = None) -> Path:
    return modify(Workspace.open(space.root), RecordingProgress(), at=at, directory=directory).path


def finished(space: WorkspaceFixture, directory: Path | None = None, **choice: str) -> None:
    finish(Workspace.open(space.root), RecordingProgress(), FinishChoice(**choice), directory=directory)  # type: ignore[arg-type]


def patch(space: WorkspaceFixture, name: str) -> str:
    return (space.root / "patches" / name).read_text()


def test_it_makes_the_source_where_there_is_none(tmp_path: Path) -> None:
    upstream = Upstream(tmp_path)
    upstream.release("1.0.0")
    space = WorkspaceFixture(tmp_path / "ws", upstream)
    assert (modified(space) / "README.md").read_text() == "Dify\n"


def test_it_moves_to_what_the_workspace_describes_now(space: WorkspaceFixture) -> None:
    space.overlay("own", {"api/own.py": "X = 9\n"})
    assert (modified(space) / "api/own.py").read_text() == "X = 9\n"


def test_edits_that_are_there_stay(space: WorkspaceFixture) -> None:
    edit(space.source, "api/own.py", "X = 1", "X = 5")
    space.git("commit", "-qam", "mine")
    edit(space.source, "api/own.py", "Y = 2", "Y = 6")
    head = space.git("rev-parse", "HEAD")
    assert modify(Workspace.open(space.root), RecordingProgress()).edited
    assert (space.source / "api/own.py").read_text() == "X = 5\nY = 6\n"
    assert space.git("rev-parse", "HEAD") == head


def test_a_patch_is_edited_in_its_place_and_the_later_ones_follow(space: WorkspaceFixture) -> None:
    folder = modified(space, at="0001")
    assert "line of two" not in (folder / "api/long.py").read_text()
    edit(folder, "api/long.py", "line 3 of one\n", "line 3 of the first\n")
    edit(folder, "api/long.py", "line 9\n", "line nine\n")
    finished(space, subject="Say nine", why="nicer")
    now = (space.source / "api/long.py").read_text()
    assert "line 3 of the first\nline of two\n" in now
    assert "line nine\n" in now
    assert "+line 3 of the first\n" in patch(space, "0001-one.patch")
    assert patch(space, "series") == "0001-one.patch\n0003-say-nine.patch\n0002-two.patch\n"
    assert space.git("status", "--porcelain") == ""


def test_an_edit_of_what_a_later_patch_changes_is_refused_and_stays(space: WorkspaceFixture) -> None:
    folder = modified(space, at="0001")
    edit(folder, "api/long.py", "line 10\n", "line ten\n")
    before = read_tree(space.root, skip=(".difykit",))
    with pytest.raises(DifyKitError, match=r"patches/0002-two\.patch changes these lines too, later on"):
        finished(space, subject="x")
    assert "line ten" in (folder / "api/long.py").read_text()
    assert read_tree(space.root, skip=(".difykit",)) == before


def test_lines_put_where_a_later_patch_puts_some_are_refused(space: WorkspaceFixture) -> None:
    folder = modified(space, at="0001")
    edit(folder, "api/long.py", "line 3 of one\n", "line 3 of one\nand more\n")
    with pytest.raises(DifyKitError, match=r"patches/0002-two\.patch puts lines at the same place, later on"):
        finished(space, subject="x")


def test_edits_in_one_place_are_not_carried_to_another(space: WorkspaceFixture) -> None:
    edit(space.source, "api/own.py", "X = 1", "X = 5")
    with pytest.raises(DirtyTree, match="holds edits made elsewhere") as caught:
        modified(space, at="0001")
    assert "difykit finish" in caught.value.hint
    assert (space.source / "api/own.py").read_text() == "X = 5\nY = 2\n"


def test_a_sync_goes_back_to_the_whole_source(space: WorkspaceFixture) -> None:
    modified(space, at="0001")
    space.sync()
    assert "line of two" in (space.source / "api/long.py").read_text()


def test_a_folder_of_ones_own_is_edited_and_finished_and_the_source_follows(
    space: WorkspaceFixture, tmp_path: Path
) -> None:
    place = modified(space, directory=tmp_path / "mine")
    edit(place, "api/own.py", "X = 1", "X = 5")
    finished(space, directory=place)
    assert (space.source / "api/own.py").read_text() == "X = 5\nY = 2\n"
    assert read_tree(place) == read_tree(space.source)
    assert space.git("status", "--porcelain") == ""


def test_edits_in_the_standing_tree_stay_when_another_folder_is_finished(
    space: WorkspaceFixture, tmp_path: Path
) -> None:
    edit(space.source, "api/long.py", "line of two", "a line of two")
    place = modified(space, directory=tmp_path / "mine")
    edit(place, "api/own.py", "X = 1", "X = 5")
    finished(space, directory=place)
    assert (space.root / "overlays/own/tree/api/own.py").read_text() == "X = 5\nY = 2\n"
    assert "a line of two" in (space.source / "api/long.py").read_text()
    finished(space)
    assert "+a line of two" in patch(space, "0002-two.patch")
    assert (space.source / "api/own.py").read_text() == "X = 5\nY = 2\n"


def test_a_folder_of_the_users_is_left_alone(space: WorkspaceFixture, tmp_path: Path) -> None:
    write_tree(tmp_path / "mine", {"notes.txt": "mine\n"})
    with pytest.raises(DifyKitError, match="is not difykit's work tree"):
        modified(space, directory=tmp_path / "mine")
    assert read_tree(tmp_path / "mine") == {"notes.txt": "mine\n"}


def test_a_layer_checked_out_by_hand_is_not_taken_for_the_whole(space: WorkspaceFixture) -> None:
    space.git("checkout", "-q", "HEAD~3")
    edit(space.source, "api/long.py", "line 12\n", "line twelve\n")
    with pytest.raises(DirtyTree, match="difykit modify did not put it there"):
        finished(space, subject="x")
    assert "line twelve" in (space.source / "api/long.py").read_text()


def test_a_merge_under_way_is_to_be_ended_first(space: WorkspaceFixture) -> None:
    space.git("checkout", "-qb", "other")
    edit(space.source, "api/own.py", "X = 1", "X = 5")
    space.git("commit", "-qam", "one")
    space.git("checkout", "-q", "source")
    edit(space.source, "api/own.py", "X = 1", "X = 6")
    space.git("commit", "-qam", "two")
    with pytest.raises(Exception, match="merge"):
        space.git("merge", "other")
    with pytest.raises(DirtyTree, match="in the middle of a merge"):
        finished(space)
