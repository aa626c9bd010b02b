"""`upgrade.start`, `.continue`, `.abort`: one workspace, one upgrade at a time."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from difykit.core import files, transaction
from difykit.core.errors import DifyKitError, in_line
from difykit.core.progress import Progress
from difykit.core.transaction import Journal
from difykit.git import Store
from difykit.porting.apply import journal, landing, overlay_repair, salvage, standing
from difykit.porting.apply.journal import Landing, Places, Stop, read_journal, read_landing
from difykit.porting.apply.messages import messages
from difykit.porting.apply.preflight import Ready, old_chain, prepare, target
from difykit.porting.apply.run import UpgradeRun, carry, planned
from difykit.porting.apply.staging import digest, listed
from difykit.porting.apply.status import Status, status_of
from difykit.porting.beyond import to_review
from difykit.porting.conflicts import work_tree
from difykit.porting.conflicts.resolutions import Memory
from difykit.porting.mergelist import drop_merges, land_merges
from difykit.porting.plan import chain
from difykit.porting.plan.merging import Workbench, settle
from difykit.porting.plan.porting import Engine
from difykit.workspace.workspace import Workspace

_NOTHING = "no upgrade is under way"


def start(workspace: Workspace, to: str, progress: Progress, *, forget: bool = False) -> Status:
    """Carry the workspace to the release `to`: ported, proved and landed, or up to the first conflict.

    Nothing of the workspace changes before all of it is there. With `forget`, what was resolved before is not used.
    Raises DirtyTree for edits that would be lost, ConfigError, PatchConflict or DifyKitError for what cannot be
    carried; then nothing is under way.
    """
    with _locked(workspace, "start", progress), Store(workspace.store) as store:
        places = Places(workspace.derived)
        _refuse_second(places)
        ready = prepare(workspace, store, to)
        salvage.without_journal(places, progress)
        places.clear(keep_before=True)
        memory = Memory(places.resolutions, store)
        if forget:
            memory.forget()
        inputs, layers = digest(listed(workspace.root)), planned(workspace)
        old = old_chain(ready, progress)
        release = target(ready, progress)
        if release.number < old.release.number:
            progress.warn(f"Dify {to} is older than {old.release.ref}: its database does not go back by itself")
        upgrade = journal.UpgradeJournal(
            old=old.release.ref, to=to, commit=release.commit, inputs=inputs, layers=layers
        )
        journal.write(places.journal, upgrade)
        try:
            bench = Workbench(store, places, memory, Engine(store, old.own(store), old.plain(store)))
            run = UpgradeRun(workspace, bench, old, release, upgrade, progress)
            run.keep_merges()
            return _go_on(run)
        except DifyKitError:
            if read_landing(places) is None:
                drop_merges(store, places)
                places.clear()
            raise


def proceed(
    workspace: Workspace, progress: Progress, *, accept: Collection[str] = (), stay_deleted: bool = False
) -> Status:
    """Go on with the upgrade: take what was resolved, or begin again what was cut off.

    What may not stand as it was resolved is taken at the paths to `accept`. With `stay_deleted` the patch that waits is
    told that the files it takes away go in every release, and is carried anew.
    Raises DifyKitError when none is under way, when something is unresolved or may not stand, for a path to accept
    that does not wait, or when the workspace was changed since.
    """
    with _locked(workspace, "continue", progress), Store(workspace.store) as store:
        places = Places(workspace.derived)
        if cut_off := read_landing(places):
            return _finish(places, _landing_log(workspace.root), cut_off, progress)
        transaction.refuse_pending(workspace.root)
        upgrade = read_journal(places)
        if upgrade is None:
            raise DifyKitError(_NOTHING, hint="start one: difykit upgrade.start --to RELEASE")
        if digest(listed(workspace.root)) != upgrade.inputs:
            raise DifyKitError(
                f"the workspace was changed since the upgrade to {upgrade.to} began, and it would not know of that",
                hint="difykit upgrade.abort, then start again: what you resolved comes back by itself",
            )
        store.ensure()
        bench = Workbench(store, places, Memory(places.resolutions, store), Engine(store))
        if stay_deleted:
            upgrade = standing.answer(workspace, bench, upgrade, progress)
        insisted = _insisted(places, upgrade.stop, accept)
        if upgrade.stop and upgrade.stop.kind != "edits":
            resolved = (*upgrade.resolved, _take(bench, upgrade, progress, insisted))
            upgrade = upgrade.model_copy(update={"stop": None, "resolved": resolved})
            journal.write(places.journal, upgrade)
        overlay_repair.take(places, workspace.root, bench.memory, upgrade.to, insisted)
        ready = Ready(workspace, store, upgrade.to)
        old, release = old_chain(ready, progress), chain.release_of(store, upgrade.to, upgrade.commit)
        bench = replace(
            bench, engine=Engine(store, old.own(store), old.plain(store)), by_hand=frozenset(upgrade.resolved)
        )
        return _go_on(UpgradeRun(workspace, bench, old, release, upgrade, progress))


def abort(workspace: Workspace, progress: Progress) -> str:
    """Give the upgrade up, at whatever moment it is; the workspace is as it was before. The release it was for.

    What was resolved so far is remembered for another start. What is damaged is put aside whole, and its path said;
    the release is "" where that is not known any more.
    Raises DifyKitError when none is under way, or when a file was changed while it landed.
    """
    with _locked(workspace, "abort", progress), Store(workspace.store) as store:
        places = Places(workspace.derived)
        if salvage.unreadable(places, progress):
            return ""
        upgrade, cut_off = read_journal(places), read_landing(places)
        if upgrade is None and cut_off is None:
            raise DifyKitError(
                _NOTHING, hint="one that is done is taken back with git: git switch to the branch before"
            )
        memory = Memory(places.resolutions, store)
        log = _landing_log(workspace.root) if cut_off else None
        if cut_off and log:
            landing.backward(places, log, cut_off)
            progress.ok("the workspace's files are as they were")
        elif upgrade and upgrade.stop and upgrade.stop.kind != "edits" and not salvage.work(places, progress):
            work_tree.keep_resolved(places, upgrade.stop, memory, progress)
        to = upgrade.to if upgrade else cut_off.to if cut_off else ""
        for flaw in overlay_repair.remember(places, workspace.root, memory, to):
            progress.warn(f"not remembered: {flaw}")
        drop_merges(store, places)
        _clear(places, log)
        return to


def recover(root: Path, progress: Progress) -> None:
    """Finish a landing that was cut off, in the direction that it had; nothing, where it has been meanwhile.

    Raises DifyKitError when a file was changed meanwhile.
    """
    places = Places(root / ".difykit")
    lock = root / ".difykit" / "lock"
    with files.locked(lock, "difykit upgrade.continue", patience=transaction.PATIENCE, on_wait=progress.skip):
        if cut_off := read_landing(places):
            status = _finish(places, _landing_log(root), cut_off, progress)
            if status.beyond:
                progress.hint(to_review(status.beyond))


def _landing_log(root: Path) -> Journal:
    """The transaction of a landing that `read_landing` has seen."""
    log = transaction.resume(root)
    assert log
    return log


@contextmanager
def _locked(workspace: Workspace, verb: str, progress: Progress) -> Iterator[None]:
    with files.locked(workspace.derived / "lock", f"difykit upgrade.{verb}", on_wait=progress.skip):
        yield


def _refuse_second(places: Places) -> None:
    upgrade, cut_off = read_journal(places), read_landing(places)
    if under_way := (cut_off.to if cut_off else upgrade.to if upgrade else ""):
        raise DifyKitError(
            f"an upgrade to {under_way} is under way already",
            hint="see it: difykit upgrade.status; go on: difykit upgrade.continue; give it up: difykit upgrade.abort",
        )


def _insisted(places: Places, stop: Stop | None, accept: Collection[str]) -> frozenset[str]:
    """The paths to accept, as git has them. Raises DifyKitError for one that does not wait for a person."""
    work = f"{places.work}/"
    paths = frozenset(path.removeprefix(work).removeprefix("./") for path in accept)
    waiting: Collection[str] = ()
    if stop and stop.kind == "edits":
        waiting = {f"overlays/{stop.name}/{stop.file}"}
    elif stop and paths:
        waiting = {clash.path for clash in stop.clashes} | work_tree.examine(places, stop).open
    if unknown := sorted(paths - {*waiting}):
        raise DifyKitError(
            f"--accept {unknown[0]}: this path does not wait for you",
            hint="see which do: difykit upgrade.status" if stop else "go on without it: difykit upgrade.continue",
        )
    return paths


def _take(bench: Workbench, upgrade: journal.UpgradeJournal, progress: Progress, insisted: Collection[str]) -> str:
    """Take the resolved work tree; the commit of the merge. Raises DifyKitError with all that is left to do in it."""
    assert upgrade.stop
    judgement = work_tree.examine(bench.places, upgrade.stop, insisted)
    if judgement.unresolved:
        raise DifyKitError(
            f"{upgrade.stop.label} is not resolved yet:" + "".join(f"\n  {text}" for text in judgement.unresolved),
            hint="resolve it with any tool, then: difykit upgrade.continue; or give up: difykit upgrade.abort",
        )
    if untracked := work_tree.untracked(bench.places):
        progress.warn(f"left out, since git was not told of them (git add): {in_line(untracked, 5)}")
    return settle(bench, upgrade.stop, judgement)


def _go_on(run: UpgradeRun) -> Status:
    if not carry(run):
        return status_of(run.journal, run.places)
    moves = landing.moves(run.workspace.root, run.places.staged)
    if digest(listed(run.workspace.root)) != run.journal.inputs:
        raise DifyKitError(
            "the workspace was changed while the upgrade was at work",
            hint="difykit upgrade.abort, then start again: what you resolved comes back by itself",
        )
    git = landing.with_git(run.workspace.root, run.places, moves, run.target.ref, messages(run.journal, run.beyond))
    landing_note = Landing(to=run.target.ref, git=git)
    landing.check_alone(run.workspace.root, git)
    log = landing.begin(run.workspace.root, run.places, moves, landing_note)
    return replace(_finish(run.places, log, landing_note, run.progress), old=run.journal.old, layers=run.journal.layers)


def _finish(places: Places, log: Journal, landing_note: Landing, progress: Progress) -> Status:
    if log.back:
        landing.backward(places, log, landing_note)
        _clear(places, log)
        progress.ok(f"the upgrade to Dify {landing_note.to} was being given up: the workspace is as it was")
        return Status("none")
    landing.forward(places, log, landing_note, progress)
    with Store(places.store) as store:
        beyond = land_merges(store, places, landing_note)
    _clear(places, log, keep_before=landing_note.git is None)
    if landing_note.git:
        progress.ok(f"branch {landing_note.git.branch}: Dify {landing_note.to}, {landing_note.git.tip[:12]}")
    else:
        progress.ok(f"Dify {landing_note.to}; the files as they were are in {places.before}")
    return Status("done", to=landing_note.to, branch=landing_note.git.branch if landing_note.git else "", beyond=beyond)


def _clear(places: Places, log: Journal | None, *, keep_before: bool = False) -> None:
    """Take all of an upgrade away, its journal first: the landing could go on without it, and not the other way."""
    places.journal.unlink(missing_ok=True)
    if log:
        transaction.end(log)
    places.clear(keep_before=keep_before)
