"""The edits in a work tree before it moves: refused as always, or, where git cannot tell them any more, put aside."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from difykit.core import files
from difykit.core.errors import DirtyTree
from difykit.git import BESIDE, WorkTree, describe, git, mend_index, own_objects
from difykit.source.sync.compare import WorktreeComparison, compare
from difykit.source.sync.repair import Repair
from difykit.workspace import derived
from difykit.workspace.state import Source


def check_edits_in(tree: WorkTree, commits: set[str], repair: Repair) -> None:
    """Raises DirtyTree for edits. Files that went with what was broken are no edits: they are written again."""
    try:
        tree.check_clean(commits)
    except DirtyTree:
        if tree.interrupted():
            raise
        repair.restore_missing(forced=True)
        tree.check_clean(commits)


def settle(repair: Repair, source: Source, commits: set[str], *, discard: bool) -> None:
    """Once the source is made: look what a work tree holds that could not be read before.

    Raises DirtyTree where git can tell the edits now, and DifyKitError for a folder that is not a work tree.
    """
    tree = repair.tree
    if not tree.path.is_dir():
        return
    if repair.head_is_whole() and not repair.opaque:
        mend_index(tree, repair.store)
        if not discard:
            check_edits_in(tree, commits, repair)
        return
    if tree.interrupted() and not repair.opaque:
        try:
            tree.check_clean(commits)
        except DirtyTree:
            _compare(repair, source, commits)
        return
    if any(path.name != BESIDE for path in tree.path.iterdir()):
        _compare(repair, source, commits)


def _compare(repair: Repair, source: Source, commits: set[str]) -> None:
    """Put the folder aside if it may hold edits; else make its repository anew, with its files as they are."""
    tree, store = repair.tree, repair.store
    tree.check_alone()
    comparison = compare(tree, store, source.commit, commits)
    empty = tree.git_dir.is_dir() and own_objects(tree) == set()
    if not comparison.same and not comparison.older and not os.path.lexists(tree.git_dir):
        if comparison.edits:
            tree.check_place()  # it is not, or no longer, a work tree of difykit's
    elif comparison.edits or not (empty or not os.path.lexists(tree.git_dir)):
        _put_aside(repair, comparison)
        return
    if tree.git_dir.is_dir():
        shutil.rmtree(tree.git_dir)
    tree.path.joinpath(".git").unlink(missing_ok=True)
    for path in comparison.older:
        (tree.path / path).unlink()
        files.prune_empty(tree.path / path, tree.path)
    _adopt(repair, source)


def _adopt(repair: Repair, source: Source) -> None:
    """A new repository around the files: what is in its index is written over by the move to the source."""
    tree = repair.tree
    git("init", "--quiet", "--template=", "--initial-branch=source", str(tree.path))
    tree.ensure()
    git("read-tree", source.commit, git_dir=tree.git_dir, work_tree=tree.path)


def _put_aside(repair: Repair, comparison: WorktreeComparison) -> None:
    tree = repair.tree
    why = f"git cannot say any more what was edited in it ({describe(repair.faults) or 'its commit is lost'})"
    new = derived.put_aside(tree.path, repair.workspace.derived, why)
    _lend(repair, new)
    shown = "".join(f"\n  {path}" for path in comparison.edits[:10])
    remainder = f"\n  and {len(comparison.edits) - 10} more" if len(comparison.edits) > 10 else ""
    contents = (
        f"; files that may be edits of yours:{shown}{remainder}"
        if comparison.edits
        else "; it holds git objects of yours"
    )
    repair.progress.warn(f"{tree.path}: {why}, so it was put aside whole, in {new}{contents}")
    repair.progress.hint(
        f"look: git diff --no-index {tree.path} {new}; copy what you need into {tree.path}, then: difykit finish;"
        f" at the end: rm -r {new.parent}"
    )


def _lend(repair: Repair, new: Path) -> None:
    """The repository that was put aside still reads the store's objects."""
    info = new / ".git" / "objects" / "info"
    if info.is_dir():
        objects = repair.store.path / "objects"
        files.write(info / "alternates", os.path.relpath(objects, info.parent) + "\n")
