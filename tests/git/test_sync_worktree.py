"""The work tree is the developer's: what they did there is theirs, what a kill left is not."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from difykit.core.errors import DirtyTree
from tests.support.repos import Upstream
from tests.support.trees import read_tree, snapshot, write_tree
from tests.support.workspaces import RecordingProgress, WorkspaceFixture


@pytest.fixture
def space(tmp_path: Path, upstream: Upstream) -> WorkspaceFixture:
    """A workspace whose last sync laid `one`; the next one would lay `two` and change `one`."""
    made = WorkspaceFixture(tmp_path / "space", upstream)
    made.overlay("x", {"one": "1\n", "web/same": "same\n"})
    made.sync()
    made.write({"overlays/x/tree/one": "one, changed\n", "overlays/x/tree/two": "two\n"})
    return made


def dirty(space: WorkspaceFixture) -> str:
    """The refusal of a sync that leaves the work tree as it was."""
    before = snapshot(space.source, skip=(".git",))
    with pytest.raises(DirtyTree) as caught:
        space.sync()
    assert snapshot(space.source, skip=(".git",)) == before
    assert "--discard" in caught.value.hint
    return caught.value.message


def interrupt(space: WorkspaceFixture) -> None:
    """Leave what a kill leaves in the middle of moving the work tree: the marker, and a locked index."""
    head = space.git("rev-parse", "HEAD")
    aside = space.root.parent / "aside"
    shutil.copytree(space.root, aside, symlinks=True, ignore=shutil.ignore_patterns("source"))
    other = WorkspaceFixture(aside, space.url)
    other.overlays = space.overlays
    other.write({})
    target = other.sync().commit
    for kind in ("objects", "refs/difykit"):
        shutil.copytree(
            aside / ".difykit/upstream.git" / kind, space.root / ".difykit/upstream.git" / kind, dirs_exist_ok=True
        )
    shutil.rmtree(aside)
    git = space.source / ".git"
    (git / "difykit-moving.json").write_text(json.dumps([head, target]))
    (git / "index.lock").write_bytes(b"half")


WANTED = {"one": "one, changed\n", "two": "two\n", "web/same": "same\n"}


def laid(space: WorkspaceFixture) -> dict[str, str]:
    tree = read_tree(space.source)
    assert space.git("status", "--porcelain") == ""
    return {path: tree[path] for path in WANTED}


@pytest.mark.parametrize("path", ["one", "README.md"])
def test_an_edit_is_refused(space: WorkspaceFixture, path: str) -> None:
    write_tree(space.source, {path: "mine"})
    assert dirty(space) == f"{space.source} holds edits that sync would lose:\n  {path}"


def test_a_new_file_is_refused(space: WorkspaceFixture) -> None:
    write_tree(space.source, {"web/ü new": "mine"})
    assert dirty(space).endswith("\n  web/ü new")


def test_a_deleted_file_is_refused(space: WorkspaceFixture) -> None:
    (space.source / "README.md").unlink()
    assert dirty(space).endswith("\n  README.md")


def test_a_staged_edit_is_refused(space: WorkspaceFixture) -> None:
    write_tree(space.source, {"README.md": "mine"})
    space.git("add", "README.md")
    assert dirty(space).endswith("\n  README.md")


def test_many_edits_are_counted(space: WorkspaceFixture) -> None:
    write_tree(space.source, {f"new{number:02}": "" for number in range(13)})
    assert dirty(space).endswith("\n  new09\n  and 3 more")


def test_an_edit_is_refused_also_when_nothing_would_move(space: WorkspaceFixture) -> None:
    space.sync()
    write_tree(space.source, {"README.md": "mine"})
    dirty(space)


def test_a_commit_of_ones_own_is_refused(space: WorkspaceFixture) -> None:
    write_tree(space.source, {"README.md": "mine"})
    space.git("commit", "--quiet", "--all", "--message=mine")
    assert f"has commits of its own: {space.git('rev-parse', 'HEAD')[:12]} is not what sync made" in dirty(space)


def test_a_file_that_git_ignores_is_not_overwritten(space: WorkspaceFixture, upstream: Upstream) -> None:
    upstream.release("1.1.0", {".gitignore": "*.local\n"})
    space.pin("1.1.0")
    space.sync()
    write_tree(space.source, {"my.local": "mine"})
    space.write({"overlays/x/tree/my.local": "theirs"})
    with pytest.raises(DirtyTree, match=r"my.local"):
        space.sync()
    assert (space.source / "my.local").read_text() == "mine"


def test_a_file_that_git_ignores_stays(space: WorkspaceFixture, upstream: Upstream) -> None:
    upstream.release("1.1.0", {".gitignore": "node_modules/\n"})
    space.pin("1.1.0")
    space.sync()
    write_tree(space.source, {"web/node_modules/x": "big"})
    space.write({"overlays/x/tree/three": ""})
    space.sync(discard=True)
    assert (space.source / "web/node_modules/x").read_text() == "big"


def test_discard_drops_edits_new_files_and_commits(space: WorkspaceFixture) -> None:
    write_tree(space.source, {"README.md": "mine"})
    space.git("commit", "--quiet", "--all", "--message=mine")
    write_tree(space.source, {"api/app.py": "mine", "new/file": "mine"})
    space.sync(discard=True)
    assert laid(space) == WANTED
    assert (space.source / "README.md").read_text() == "Dify\n"
    assert not (space.source / "new").exists()


def test_discard_drops_edits_also_when_nothing_moves(space: WorkspaceFixture) -> None:
    space.sync()
    write_tree(space.source, {"README.md": "mine"})
    space.sync(discard=True)
    assert (space.source / "README.md").read_text() == "Dify\n"


def test_another_branch_at_the_same_commit_is_fine(space: WorkspaceFixture) -> None:
    space.git("checkout", "--quiet", "-b", "topic")
    space.sync()
    assert laid(space) == WANTED


def test_an_interrupted_move_before_the_first_file_goes_on(space: WorkspaceFixture) -> None:
    interrupt(space)
    space.sync()
    assert laid(space) == WANTED


def test_an_interrupted_move_in_the_middle_goes_on(space: WorkspaceFixture) -> None:
    interrupt(space)
    write_tree(space.source, {"one": None, "two": "two\n"})
    space.sync()
    assert laid(space) == WANTED


def test_an_interrupted_move_with_all_files_there_goes_on(space: WorkspaceFixture) -> None:
    interrupt(space)
    write_tree(space.source, {"one": "one, changed\n", "two": "two\n"})
    space.sync()
    assert laid(space) == WANTED


@pytest.mark.parametrize("written", ["", "one, cha"])
def test_a_file_cut_off_while_it_was_written_is_not_taken_for_an_edit(space: WorkspaceFixture, written: str) -> None:
    """Git empties a file before it writes it, and a kill between the two is likely where there are many."""
    interrupt(space)
    write_tree(space.source, {"one": written})
    space.sync()
    assert laid(space) == WANTED


def test_an_edit_made_after_an_interrupted_move_is_refused(space: WorkspaceFixture) -> None:
    interrupt(space)
    write_tree(space.source, {"two": "two\n", "README.md": "mine"})
    assert dirty(space).endswith("lose:\n  README.md")


def test_a_file_deleted_after_an_interrupted_move_comes_back(space: WorkspaceFixture) -> None:
    interrupt(space)
    (space.source / "README.md").unlink()
    space.sync()
    assert (space.source / "README.md").read_text() == "Dify\n"


def test_an_interrupted_move_is_seen_also_when_its_target_is_no_longer_wanted(space: WorkspaceFixture) -> None:
    interrupt(space)
    write_tree(space.source, {"two": "two\n"})
    space.write({"overlays/x/tree/two": None, "overlays/x/tree/three": "three\n"})
    space.sync()
    assert not (space.source / "two").exists()
    assert (space.source / "three").exists()


def test_a_deleted_work_tree_is_made_again(space: WorkspaceFixture) -> None:
    shutil.rmtree(space.source)
    space.sync()
    assert laid(space) == WANTED


def test_a_deleted_store_is_made_again(space: WorkspaceFixture) -> None:
    shutil.rmtree(space.root / ".difykit/upstream.git")
    space.sync()
    assert laid(space) == WANTED


def test_a_deleted_store_is_made_again_when_nothing_else_changed(space: WorkspaceFixture) -> None:
    wanted = space.sync()
    shutil.rmtree(space.root / ".difykit/upstream.git")
    assert space.sync() == wanted
    assert laid(space) == WANTED


def test_a_deleted_state_is_made_again(space: WorkspaceFixture) -> None:
    wanted = space.sync()
    (space.root / ".difykit/source.json").unlink()
    assert space.sync() == wanted


def test_everything_derived_can_be_deleted(space: WorkspaceFixture) -> None:
    wanted = space.sync()
    shutil.rmtree(space.root / ".difykit")
    assert space.sync() == wanted


def test_a_folder_that_is_not_difykits_is_left_alone(space: WorkspaceFixture) -> None:
    shutil.rmtree(space.source)
    write_tree(space.source, {"mine": "x"})
    with pytest.raises(Exception, match="exists and is not difykit's work tree"):
        space.sync()
    assert read_tree(space.source) == {"mine": "x"}


def test_a_workspace_that_was_moved_goes_on(space: WorkspaceFixture) -> None:
    space.sync()
    moved = space.root.with_name("moved to ü")
    space.root.rename(moved)
    other = WorkspaceFixture(moved, space.url)
    other.overlays = space.overlays
    other.write({"overlays/x/tree/three": "3"})
    assert other.git("log", "-1", "--format=%s") == "overlay x: x"
    other.sync()
    assert laid(other) == WANTED


def test_the_developer_can_use_git_there(space: WorkspaceFixture) -> None:
    space.sync()
    assert space.git("fsck", "--connectivity-only") == ""
    assert space.git("branch", "--show-current") == "source"


def test_a_collection_of_garbage_takes_nothing(space: WorkspaceFixture) -> None:
    wanted = space.sync()
    space.git(f"--git-dir={space.root}/.difykit/upstream.git", "gc", "--quiet", "--prune=now")
    heard = RecordingProgress()
    assert space.sync(heard) == wanted
    assert space.git("status", "--porcelain") == ""
