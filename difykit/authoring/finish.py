"""Carrying `finish` out: plan, prove, write down, put in place, sync. Each step leaves a whole state behind."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from difykit.authoring.assign import fold
from difykit.authoring.collect import KEPT, Gathered, gather, tree_at
from difykit.authoring.maker import made_for, whoami
from difykit.authoring.message import full_body
from difykit.authoring.plan import FinishChoice, FinishPlan, NewPatch, check_complete
from difykit.authoring.prove import check_edited, check_same, proved
from difykit.authoring.rebuild import Rebuilt, rebuild
from difykit.authoring.writing import end, write_down
from difykit.core import transaction
from difykit.core.errors import DirtyTree
from difykit.core.files import locked
from difykit.core.progress import Progress
from difykit.git import Store, WorkTree, settle
from difykit.source.sync import own_commits, read_made, sync
from difykit.workspace.state import Source
from difykit.workspace.workspace import Workspace

_ENDED = "a finish that was cut off is ended"

Ask = Callable[[FinishPlan], FinishChoice | None]
"""What the user says about a plan that lacks something; None for nothing."""


@dataclass(frozen=True)
class Finished:
    """What a finish did; `rebuilt` is None where there was nothing to do."""

    plan: FinishPlan
    rebuilt: Rebuilt | None

    def describe(self) -> dict[str, object]:
        """It, as `--json` prints it."""
        rebuilt = self.rebuilt
        parts = {key: list(getattr(rebuilt, key)) if rebuilt else [] for key in ("new", "changed", "dropped")}
        return {
            **self.plan.describe(),
            **parts,
            "files": [file_write.path for file_write in rebuilt.writes] if rebuilt else [],
        }


def plan_finish(workspace: Workspace, choice: FinishChoice, directory: Path | None = None) -> FinishPlan:
    """Where each edit would go; nothing of the workspace changes.

    Raises DifyKitError where there is no source, DirtyTree where the work tree cannot be taken in.
    """
    with _alone(workspace), Store(workspace.store) as store:
        transaction.refuse_pending(workspace.root)
        return _plan(gather(workspace, store, tree_at(workspace, store, directory), alone=choice.alone), choice)


def own_overlays(workspace: Workspace) -> tuple[str, ...]:
    """The enabled overlays that files can be put into: those of the workspace, not those that difykit ships."""
    return tuple(overlay.name for overlay in workspace.overlays if overlay.folder.is_relative_to(workspace.root))


def finish(
    workspace: Workspace,
    progress: Progress,
    choice: FinishChoice,
    *,
    directory: Path | None = None,
    ask: Ask = lambda _: None,
) -> Finished:
    """Fold what was edited in the work tree back into patches and overlays, and sync.

    Nothing is written unless the source that comes of it is exactly what was edited. What a finish that was cut off
    had begun is ended first. Raises DifyKitError for an edit without a place, or when the outcome would differ.
    """
    _end_what_was_begun(workspace, progress, directory)
    with _alone(workspace), Store(workspace.store) as store:
        tree = tree_at(workspace, store, directory)
        gathered = gather(workspace, store, tree, alone=choice.alone)
        plan = _plan(gathered, choice)
        if not gathered.steps:
            rebuilt = None
            if tree.dirty():  # staged, and taken back in the files: a sync would refuse it as an edit
                settle(tree, gathered.edited.head)
                progress.ok(f"{tree.path}: what was staged and is in the files no more is staged no more")
        else:
            if answer := ask(plan):
                choice = answer
                plan = _plan(gathered, choice)
            check_complete(plan, own_overlays(workspace))
            for worktree in {tree.path: tree, workspace.source: WorkTree(workspace.source, store)}.values():
                worktree.check_alone()  # it is moved at the end
            rebuilt = _carry_out(gathered, plan, tree, progress)
    if rebuilt is None:
        progress.skip(f"{tree.path}: no edits that are not in a patch or overlay")
        return Finished(plan, None)
    _bring_home(workspace, progress, directory)
    return Finished(plan, rebuilt)


def recover(root: Path, progress: Progress) -> None:
    """End what a finish that was cut off had begun; a sync comes next. Nothing, where it has been ended meanwhile.

    Raises DifyKitError where files were changed since by somebody else.
    """
    with locked(root / ".difykit" / "lock", "difykit finish", patience=transaction.PATIENCE, on_wait=progress.skip):
        if journal := transaction.resume(root):
            transaction.forward(journal, progress)
            workspace = Workspace.open(root)
            with Store(workspace.store) as store:
                end(journal, store)
            progress.ok(_ENDED)


def _alone(workspace: Workspace, progress: Progress | None = None) -> AbstractContextManager[int]:
    waiting = progress.skip if progress else lambda _: None
    return locked(workspace.derived / "lock", "difykit finish", on_wait=waiting)


def _plan(gathered: Gathered, choice: FinishChoice) -> FinishPlan:
    plan = fold(gathered.chain, gathered.steps, choice, at=gathered.at, after=gathered.after)
    release = made_for(gathered.chain)
    return replace(
        plan, new_patches=tuple(_with_body(new_patch, choice.why, release) for new_patch in plan.new_patches)
    )


def _with_body(new: NewPatch, why: str, release: str) -> NewPatch:
    return replace(new, body=full_body(new.body, why, release))


def _carry_out(gathered: Gathered, plan: FinishPlan, tree: WorkTree, progress: Progress) -> Rebuilt:
    chain, edited = gathered.chain, gathered.edited
    rebuilt = rebuild(chain, plan, after=gathered.after, maker=whoami(chain.workspace))
    with progress.step("prove that a sync gives what was edited"):
        _prove(gathered, plan, rebuilt)
    chain.store.keep(KEPT, edited.commit)
    journal = write_down(chain.workspace, rebuilt.writes, tree=tree.path, head=edited.head, commit=edited.commit)
    transaction.forward(journal, progress)
    end(journal, chain.store)
    for placement in plan.placements:
        progress.ok(str(placement))
    for word, names in (
        ("new", rebuilt.new),
        ("written anew", rebuilt.changed),
        ("empty now, dropped", rebuilt.dropped),
    ):
        for name in names:
            progress.ok(f"patches/{name}: {word}")
    return rebuilt


def _prove(gathered: Gathered, plan: FinishPlan, rebuilt: Rebuilt) -> None:
    """Raises DifyKitError when a sync of the workspace to be would not give the edited files."""
    chain = gathered.chain
    proven = proved(chain, rebuilt.writes)
    check_edited(chain, plan, proven)
    if not gathered.at_tip:
        names = [patch.name for patch in chain.patches if patch.rank <= gathered.after] + list(rebuilt.new)
        commits = [layer.commit for layer in proven.layers if layer.kind == "patch" and layer.name in names]
        check_same(chain.store, gathered.edited.commit, [proven.base, *commits][-1], "the source after the patch")


def _end_what_was_begun(workspace: Workspace, progress: Progress, directory: Path | None) -> None:
    """End what a finish that was cut off left, and sync, unless there are new edits by now: those come next.

    Raises DirtyTree where files of a move that was cut off were edited since.
    """
    with _alone(workspace, progress), Store(workspace.store) as store:
        if journal := transaction.resume(workspace.root):
            transaction.forward(journal, progress)
            end(journal, store)
        tree = tree_at(workspace, store, directory)
        interrupted = tree.interrupted()
        if interrupted and directory and (source := read_made(workspace, store)):
            tree.check_clean(own_commits(store, source))
            tree.move(source.commit)
    if journal:
        progress.ok(_ENDED)
    if interrupted:
        sync(Workspace.open(workspace.root), progress)
    elif journal:
        with suppress(DirtyTree):
            _bring_home(workspace, progress, directory)


def _bring_home(workspace: Workspace, progress: Progress, directory: Path | None) -> None:
    """Sync, and take the folder that was edited along; another work tree with edits of its own stays as it is."""
    source: Source | None = None
    try:
        source = sync(Workspace.open(workspace.root), progress)
    except DirtyTree as error:
        if directory is None:
            raise
        progress.warn(f"the edits are in the workspace, but {error.message}")
        progress.hint("finish there too: difykit finish")
    if directory and source:
        with _alone(workspace), Store(workspace.store) as store:
            tree_at(workspace, store, directory).move(source.commit)
