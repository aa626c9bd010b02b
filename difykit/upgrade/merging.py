"""One three-way merge of an upgrade: by difykit's merge, by what was resolved before, or left to a person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from difykit import merge
from difykit.git import Changes, Entry, Store
from difykit.git.mergetree import diff_trees
from difykit.merge import marked_files, write_tree
from difykit.upgrade.change import Entries
from difykit.upgrade.conflict import harvest, lay, unresolved
from difykit.upgrade.journal import Clash, Places, Stage, Stop
from difykit.upgrade.objects import commit_of, laid
from difykit.upgrade.porting import Ask, Engine
from difykit.upgrade.resolutions import Memory
from difykit.upgrade.unfit import unfit


@dataclass(frozen=True)
class Workbench:
    """Where merges are made."""

    store: Store
    places: Places
    memory: Memory
    engine: Engine
    by_hand: frozenset[str] = frozenset()
    """The commits of merges that a person made in this very upgrade."""


@dataclass(frozen=True)
class Sides:
    """The commits of a merge, and what it is the merge of."""

    kind: Literal["patch", "overlay"]
    name: str
    why: str
    base: str
    ours: str
    theirs: str
    labels: tuple[str, str]

    @property
    def label(self) -> str:
        return f"{self.kind} {self.name}"


@dataclass(frozen=True)
class Done:
    """A merge that is whole: what it writes, and what a reader should know of how it came about."""

    writes: Entries
    notes: tuple[str, ...] = ()


def merged(bench: Workbench, sides: Sides, ask: Ask) -> Done | Stop:
    """The merge, or where it waits for a person; then the work tree of the conflict is there."""
    if known := bench.memory.merge(sides.base, sides.ours, sides.theirs):
        return _done(
            bench, sides, ask, known, ("resolved by hand" if known in bench.by_hand else "resolved as before",)
        )
    [carried] = bench.engine.carry([ask])
    if not carried.left:
        return Done(carried.writes, carried.notes)
    store = bench.store
    commit = _marked(store, sides, carried.writes, carried.left)
    clashes = tuple(map(_clash, carried.left))
    known_files = bench.memory.known(clashes)
    if len(known_files) == len(clashes):
        return _resolved_as_before(bench, sides, ask, _over(store, sides, commit, known_files), carried.notes)
    stop = _stop(sides, commit, clashes)
    lay(bench.places, store, stop, bench.memory)
    if unresolved(bench.places, stop):
        return stop
    commit = settle(store, bench.places, bench.memory, stop)
    return _done(bench, sides, ask, commit, (*carried.notes, "resolved as before"))


def _stop(sides: Sides, commit: str, clashes: tuple[Clash, ...]) -> Stop:
    return Stop(
        kind=sides.kind,
        name=sides.name,
        why=sides.why,
        base=sides.base,
        ours=sides.ours,
        theirs=sides.theirs,
        tree=commit,
        clashes=clashes,
        labels=sides.labels,
    )


def _marked(store: Store, sides: Sides, writes: Entries, left: Sequence[merge.Clash]) -> str:
    """A commit of the merge with git's markers in it."""
    files = {**writes, **marked_files(store, left, sides.labels)}
    return commit_of(store, write_tree(store, store.tree_id(sides.ours), files), sides.ours, sides.label)


def _done(bench: Workbench, sides: Sides, ask: Ask, commit: str, notes: tuple[str, ...]) -> Done | Stop:
    """A merge that a person made; it waits for them again where what they made cannot stand on the release."""
    store = bench.store
    [writes] = diff_trees(store, [(store.tree_id(sides.ours), store.tree_id(commit))])
    left = tuple(unfit(ask.change, ask.replay, writes))
    if not left:
        return Done(writes, notes)
    stop = _stop(sides, _marked(store, sides, writes, left), tuple(map(_clash, left)))
    lay(bench.places, store, stop, bench.memory)
    return stop


def settle(store: Store, places: Places, memory: Memory, stop: Stop) -> str:
    """Take the resolved work tree as the merge: its commit, remembered."""
    changes = harvest(places, stop, memory)
    commit = laid(store, stop.ours, changes, stop.label)
    memory.keep_merge(stop.base, stop.ours, stop.theirs, commit)
    return commit


def _resolved_as_before(bench: Workbench, sides: Sides, ask: Ask, commit: str, notes: tuple[str, ...]) -> Done | Stop:
    bench.memory.keep_merge(sides.base, sides.ours, sides.theirs, commit)
    return _done(bench, sides, ask, commit, (*notes, "resolved as before"))


def _over(store: Store, sides: Sides, commit: str, known: Changes) -> str:
    top = laid(store, commit, known, sides.label)
    return commit_of(store, store.tree_id(top), sides.ours, sides.label)


def _clash(clash: merge.Clash) -> Clash:
    return Clash(
        path=clash.path,
        kind=clash.kind,
        hunks=clash.count,
        note=clash.note.encode("utf-8", "backslashreplace").decode(),
        base=_stage(clash.row.base),
        ours=_stage(clash.row.ours),
        theirs=_stage(clash.row.theirs),
    )


def _stage(entry: Entry | None) -> Stage | None:
    return Stage(mode=entry.mode, oid=entry.oid) if entry else None
