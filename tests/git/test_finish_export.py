"""`patch.export`: rewritten commits become patches again; on a source that nobody touched it changes nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from difykit.authoring import export, stale
from difykit.core.errors import DifyKitError, DirtyTree
from difykit.workspace.workspace import Workspace
from tests.support.authoring import add_patch, edit, spaced
from tests.support.trees import read_tree, snapshot
from tests.support.workspaces import RecordingProgress, WorkspaceFixture


@pytest.fixture
def space(tmp_path: Path) -> WorkspaceFixture:
    space = spaced(tmp_path)
    add_patch(space, "0003-three.patch", {"line 18\n": "line 18 of three\n"})
    return space


def exported(space: WorkspaceFixture) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Export, twice: the second time there is nothing to do."""
    wanted = read_tree(space.source)
    done = export(Workspace.open(space.root), RecordingProgress())
    assert read_tree(space.source) == wanted
    kept = snapshot(space.root, skip=(".difykit",))
    assert export(Workspace.open(space.root), RecordingProgress()).writes == ()
    assert snapshot(space.root, skip=(".difykit",)) == kept
    assert stale(Workspace.open(space.root)) == ()
    return done.changed, done.dropped


def base(space: WorkspaceFixture) -> str:
    return space.git("rev-list", "--max-parents=0", "HEAD")


def test_on_an_untouched_source_nothing_is_written(space: WorkspaceFixture) -> None:
    assert exported(space) == ((), ())


def test_a_reworded_commit_becomes_the_patch_and_the_others_stay_to_the_byte(space: WorkspaceFixture) -> None:
    before = read_tree(space.root / "patches")
    tip = "HEAD~3"  # an overlay, an overlay, the wiring
    message = space.git("show", "-s", "--format=%B", tip)
    commit = space.git("rev-parse", tip)
    tree, parent = space.git("rev-parse", f"{tip}^{{tree}}"), space.git("rev-parse", f"{tip}^")
    assert "Difykit-Patch: patches/0003-three.patch" in message
    new = space.git("commit-tree", tree, "-p", parent, "-m", message.replace("0003-three.patch\n", "Better said\n", 1))
    space.git("rebase", "-q", "--onto", new, commit)
    assert exported(space) == (("0003-three.patch",), ())
    now = read_tree(space.root / "patches")
    assert "Subject: [PATCH] Better said\n" in now.pop("0003-three.patch")
    before.pop("0003-three.patch")
    assert now == before


def test_a_dropped_and_two_swapped_commits_follow(space: WorkspaceFixture) -> None:
    root = base(space)
    two = space.git("log", "--format=%H", "--grep=0002-two.patch")
    space.git("-c", "sequence.editor=sed -i -e '/0002-two/d'", "rebase", "-qi", root)
    assert two
    changed, gone = exported(space)
    assert gone == ("0002-two.patch",)
    assert changed == ("0003-three.patch",)
    space.git("-c", "sequence.editor=sed -i -e '1{h;d}' -e '2{G}'", "rebase", "-qi", base(space))
    exported(space)
    assert (space.root / "patches/series").read_text() == "0003-three.patch\n0001-one.patch\n"


def test_edits_that_are_in_no_commit_are_for_finish(space: WorkspaceFixture) -> None:
    edit(space.source, "api/own.py", "Y = 2", "Y = 3")
    with pytest.raises(DirtyTree) as caught:
        export(Workspace.open(space.root), RecordingProgress())
    assert caught.value.hint == "difykit finish"
    space.git("commit", "-qam", "mine")
    with pytest.raises(DirtyTree, match=r"\(mine\) is not of one patch"):
        export(Workspace.open(space.root), RecordingProgress())


def test_stale_says_everything_that_a_verb_would_change(space: WorkspaceFixture) -> None:
    workspace = Workspace.open(space.root)
    assert stale(workspace) == ()
    edit(space.source, "api/own.py", "Y = 2", "Y = 3")
    assert stale(workspace) == ("api/own.py: edited in the work tree, and in no patch or overlay (difykit finish)",)
    space.git("commit", "-qam", "mine")
    assert stale(workspace) == ("the work tree has commits that are in no patch (difykit finish, or patch.export)",)
    edit(space.root, "patches/0003-three.patch", "Why: it", "Why: that")
    assert stale(workspace)[0] == "the source was made from other files, from patch 0003-three.patch on (difykit sync)"


def test_without_a_source_there_is_nothing_to_compare_with(tmp_path: Path) -> None:
    space = spaced(tmp_path)
    (space.root / ".difykit/source.json").unlink()
    with pytest.raises(DifyKitError, match="no source"):
        stale(Workspace.open(space.root))
