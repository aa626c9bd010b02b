"""`modify`: a work tree on the commit that is to be edited; edits that are there stay."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from difykit.authoring.collect import mark, marked, tree_at, unmark
from difykit.core import transaction
from difykit.core.errors import DifyKitError, DirtyTree
from difykit.core.files import locked
from difykit.core.progress import Progress
from difykit.git import Store, WorkTree, stands_on
from difykit.source.patch import load, pick
from difykit.source.sync import own_commits, plan_sync, read_made, sync
from difykit.workspace.state import Source
from difykit.workspace.workspace import Workspace


@dataclass(frozen=True)
class Modified:
    """Where to edit: the folder, the patch after which it is, "" for the whole source, and whether edits are there."""

    path: Path
    patch: str
    commit: str
    edited: bool


def modify(workspace: Workspace, progress: Progress, *, at: str = "", directory: Path | None = None) -> Modified:
    """Put the standing work tree, or the one at `directory`, on the source, or right after the patch `at`.

    Raises DirtyTree for edits that this would lose, DifyKitError for a patch that there is not.
    """
    transaction.refuse_pending(workspace.root)
    patch = pick(load(workspace.patches), at).name if at else ""
    _make_source(workspace, progress, standing=directory is None, at=bool(at))
    with locked(workspace.derived / "lock", "difykit modify", on_wait=progress.skip), Store(workspace.store) as store:
        source = read_made(workspace, store)
        assert source is not None
        commit = _commit(source, patch)
        tree = tree_at(workspace, store, directory)
        tree.check_place()
        edited = _edits(tree, store, source)
        if edited and (tree.head() or "") != commit and not _is_on(tree, commit, patch):
            raise DirtyTree(
                f"{tree.path} holds edits made elsewhere in the source:\n  " + "\n  ".join(edited[:10]),
                hint="difykit finish takes them in; then: difykit modify",
            )
        if patch:  # before it moves: edits at an unmarked place would be taken for edits of the whole source
            tree.ensure()
            mark(tree, commit)
        if not edited and tree.head() != commit:
            with progress.step("move the work tree"):
                tree.move(commit)
        if not patch:
            unmark(tree)
        return Modified(tree.path, patch, commit, bool(edited))


def _make_source(workspace: Workspace, progress: Progress, *, standing: bool, at: bool) -> None:
    """Sync, where that is needed and loses nothing."""
    plan = plan_sync(workspace)
    complete = plan.base is not None and all(layer.commit for layer in plan.layers)
    if complete and (plan.work_tree in {"keep", "refuse"} or not standing or at):
        return
    sync(workspace, progress)


def _commit(source: Source, patch: str) -> str:
    if not patch:
        return source.commit
    for layer in source.layers:
        if (layer.kind, layer.name) == ("patch", patch):
            return layer.commit
    raise DifyKitError(
        f"the source has no patch {patch}: it is left out for Dify {source.release}", hint="see its Applies-to"
    )


def _edits(tree: WorkTree, store: Store, source: Source) -> list[str]:
    """What moving the tree would lose: uncommitted edits, and commits of the user's own."""
    head = tree.head()
    if head is None:
        return []
    own = [] if head in own_commits(store, source) else [f"commit {head[:12]}"]
    return [*own, *tree.dirty()]


def _is_on(tree: WorkTree, commit: str, patch: str) -> bool:
    """Whether commits of the user's own stand on the commit that is wanted."""
    return marked(tree) == commit if patch else stands_on(tree, commit)
