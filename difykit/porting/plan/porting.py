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
        return self.completed.left

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader should know of how it came about."""
        by_hand = {solved.stopped_at for solved in self.beyond if solved.merge.by_hand}
        solved = (
            f"{each.path} by {each.strategy}"
            + (f" ({each.note})" if each.note else "")
            + (", then changed by hand" if each.path in by_hand else "")
            for each in self.completed.solved
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
        here = self.ask.replay.entries
        beyond = tuple(as_resolved(solved, writes, here) for solved in self.beyond)
        known = self.completed.remarks
        remarks = tuple(remark for remark in known if writes.get(remark.path) == self.writes.get(remark.path))
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
        whole = [replace(ask, jobs=(self._whole(ask),)) if ask.tangled else ask for ask in asks]
        outcomes = self._merger.run(job for ask in whole for job in ask.jobs)
        return [self._complete(ask, [(job, outcomes[job]) for job in ask.jobs]) for ask in whole]

    def _complete(self, ask: Ask, outcomes: Sequence[tuple[Job, TreeMerge]]) -> PortedChange:
        change, here = ask.change, ask.replay.entries
        trees = Trees(change.before, ask.replay.tree, change.after, self._own, self._pin)
        done = self._completer.complete(outcomes, trees, ask.clashes)
        writes = {**{row.path: row.theirs for row in ask.plain}, **done.writes}
        differing = {path: entry for path, entry in writes.items() if here.get(path) != entry}
        left = {clash.path for clash in done.left}
        more = tuple(clash for clash in unfit(change, ask.replay, differing) if clash.path not in left)
        left_too = replace(done, left=(*done.left, *more))
        return PortedChange(ask, differing, left_too, solved_files(done.merges, here))

    def _whole(self, ask: Ask) -> WholeTrees:
        base = self.store.tree_id(ask.change.commit)
        laid, yours = (tuple(sorted(files.items())) for files in (ask.replay.laid, ask.change.theirs))
        return WholeTrees(base, ask.replay.tree_id, base, laid, yours)


def asked(change: PinnedChange, replay: Replay) -> Ask:
    """How a customisation is merged on what the release is so far; see `Engine.carry`."""
    rows = [_row(change, replay, path) for path in change.theirs]
    moves_files = None in change.base.values() and None in change.theirs.values()
    if moves_files or any(map(_needs_trees, repeat(replay), change.theirs, rows)):
        return Ask(change, replay, tangled=True)
    clashes = tuple(clash for row in rows if (clash := _deleted(row)))
    lost = {clash.path for clash in clashes}
    plain = tuple(row for row in rows if row.ours in (row.base, row.theirs) and row.path not in lost)
    known = {row.path for row in plain} | lost
    return Ask(change, replay, plain, clashes, tuple((row,) for row in rows if row.path not in known))


def _row(change: PinnedChange, replay: Replay, path: str) -> Row:
    """A path of the customisation, under the name that it has in the release."""
    here = replay.moves.get(path, path)
    return Row(here, change.base.get(path), replay.entries.get(here), change.theirs[path])


def _needs_trees(replay: Replay, path: str, row: Row) -> bool:
    moved = path in replay.moves
    if moved and (row.base is None or row.theirs is None):
        return True
    if row.ours or not row.theirs:
        return False
    return _blocked(row.path, replay) or (row.base is not None and not moved and path not in replay.asked)


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
