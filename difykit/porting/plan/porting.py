"""The one engine: what a customisation changes at the pin, carried to another release. Forecast and upgrade ask it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import repeat

from difykit.git import Store, Tree
from difykit.porting.beyond import SolvedFile, as_resolved, solved_files
from difykit.porting.plan.change import Entries, PinnedChange
from difykit.porting.plan.replay import Replay
from difykit.porting.plan.unfit import unfit
from difykit.porting.strategies import (
    CompletedMerge,
    Completer,
    ConflictedPath,
    Job,
    Merger,
    Row,
    TreeMerge,
    Trees,
    WholeTrees,
)


@dataclass(frozen=True)
class Ask:
    """A customisation on a release: what is plain, what cannot be merged at all, and the merges."""

    change: PinnedChange
    replay: Replay
    plain: tuple[Row, ...] = ()
    clashes: tuple[ConflictedPath, ...] = ()
    jobs: tuple[Job, ...] = ()
    tangled: bool = False
    """Whether git must see the whole trees: renames, or folders and files in each other's place."""

    @property
    def exact(self) -> bool:
        """Whether all of its files are on the release as the customisation knows them."""
        moved = set(self.replay.moves.values())
        rows = all(row.ours == row.base and row.path not in moved for row in self.plain)
        return rows and not (self.clashes or self.jobs or self.tangled)


@dataclass(frozen=True)
class PortedChange:
    """A customisation on the release: what it writes there, who merged what, and what is left to a person."""

    ask: Ask
    writes: Entries
    """Only what differs from what is there."""
    completed: CompletedMerge
    beyond: tuple[SolvedFile, ...] = ()
    """What strategies merged beyond git."""

    @property
    def left(self) -> tuple[ConflictedPath, ...]:
        return self.completed.conflicts

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader should know of how it came about."""
        by_hand = {solved.stopped_at for solved in self.beyond if solved.merge.by_hand}
        solved = (
            f"{solved.path} by {solved.strategy}"
            + (f" ({solved.note})" if solved.note else "")
            + (", then changed by hand" if solved.path in by_hand else "")
            for solved in self.completed.solved
        )
        return (*solved, *self.remarks)

    @property
    def remarks(self) -> tuple[str, ...]:
        """Those of the notes that are about git's own merges."""
        return tuple(f"{remark.path} by git ({remark.text})" for remark in self.completed.remarks)

    def resolved(self, writes: Entries) -> PortedChange:
        """The same once a person resolved what was left, so that it writes this.

        What was said of git's merge of a file holds no more where the person changed it.
        """
        entries = self.ask.replay.entries
        beyond = tuple(as_resolved(solved, writes, entries) for solved in self.beyond)
        old_remarks = self.completed.remarks
        remarks = tuple(remark for remark in old_remarks if writes.get(remark.path) == self.writes.get(remark.path))
        return replace(self, writes=writes, completed=replace(self.completed, remarks=remarks), beyond=beyond)


class Engine:
    """Carries customisations to releases, many at once."""

    def __init__(self, store: Store, own: Tree | None = None, pin: Tree | None = None) -> None:
        """`own` is all that the workspace adds to the release `pin` and changes, which a part of it may lean on."""
        self.store = store
        self._own = own
        self._pin = pin
        self._merger = Merger(store)
        self._completer = Completer(store)

    def carry(self, asks: Sequence[Ask]) -> list[PortedChange]:
        """What becomes of each; they do not build on each other.

        Raises CommandFailed when git cannot merge, DifyKitError when the store lacks an object.
        """
        prepared = [replace(ask, jobs=(self._whole_trees(ask),)) if ask.tangled else ask for ask in asks]
        outcomes = self._merger.run(job for ask in prepared for job in ask.jobs)
        return [self._complete(ask, [(job, outcomes[job]) for job in ask.jobs]) for ask in prepared]

    def _complete(self, ask: Ask, outcomes: Sequence[tuple[Job, TreeMerge]]) -> PortedChange:
        change, entries = ask.change, ask.replay.entries
        trees = Trees(change.before, ask.replay.tree, change.after, self._own, self._pin)
        completed = self._completer.complete(outcomes, trees, ask.clashes, stays_deleted=change.stays_deleted)
        writes = {**{row.path: row.theirs for row in ask.plain}, **completed.writes}
        differing = {path: entry for path, entry in writes.items() if entries.get(path) != entry}
        unresolved = {clash.path for clash in completed.conflicts}
        more = tuple(clash for clash in unfit(change, ask.replay, differing) if clash.path not in unresolved)
        completed_with_unfit = replace(completed, conflicts=(*completed.conflicts, *more))
        return PortedChange(ask, differing, completed_with_unfit, solved_files(completed.merges, entries))

    def _whole_trees(self, ask: Ask) -> WholeTrees:
        base = self.store.tree_id(ask.change.commit)
        release_files, own_files = (tuple(sorted(files.items())) for files in (ask.replay.writes, ask.change.theirs))
        return WholeTrees(base, ask.replay.tree_id, base, release_files, own_files)


def ask_for(change: PinnedChange, replay: Replay) -> Ask:
    """How a customisation is merged on what the release is so far; see `Engine.carry`."""
    rows = [_row(change, replay, path) for path in change.theirs]
    moves_files = None in change.base.values() and None in change.theirs.values()
    if moves_files or any(map(_needs_trees, repeat(replay), change.theirs, rows)):
        return Ask(change, replay, tangled=True)
    clashes = tuple(clash for row in rows if (clash := _deleted(row)))
    lost = {clash.path for clash in clashes}
    plain = tuple(row for row in rows if row.ours in (row.base, row.theirs) and row.path not in lost)
    handled = {row.path for row in plain} | lost
    return Ask(change, replay, plain, clashes, tuple((row,) for row in rows if row.path not in handled))


def _row(change: PinnedChange, replay: Replay, path: str) -> Row:
    """A path of the customisation, under the name that it has in the release."""
    new_path = replay.moves.get(path, path)
    return Row(new_path, change.base.get(path), replay.entries.get(new_path), change.theirs[path])


def _needs_trees(replay: Replay, path: str, row: Row) -> bool:
    moved = path in replay.moves
    if moved and (row.base is None or row.theirs is None):
        return True
    if row.ours or not row.theirs:
        return False
    return _blocked(row.path, replay) or (row.base is not None and not moved and path not in replay.lacking)


def _blocked(path: str, replay: Replay) -> bool:
    """Whether a file cannot stand here: it is a folder, or one of its folders is a file."""
    parts = path.split("/")
    above = any("/".join(parts[:count]) in replay.entries for count in range(1, len(parts)))
    return above or path in replay.folders


def _deleted(row: Row) -> ConflictedPath | None:
    """A file that the release took away and the customisation changes: no merge of its lines can help."""
    if row.base is None or row.ours is not None or row.theirs is None:
        return None
    return ConflictedPath(row.path, "modify/delete", "upstream took the file away", row, marked=row.theirs)
