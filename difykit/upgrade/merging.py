"""One three-way merge of an upgrade: by difykit's merge, by what was resolved before, or left to a person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from difykit import merge
from difykit.git import Changes, Entry, Store, Tree
from difykit.upgrade.conflict import harvest, lay, unresolved
from difykit.upgrade.journal import Clash, Places, Stage, Stop
from difykit.upgrade.objects import commit_of, laid
from difykit.upgrade.resolutions import Memory


@dataclass(frozen=True)
class Workbench:
    """Where merges are made."""

    store: Store
    places: Places
    memory: Memory
    by_hand: frozenset[str] = frozenset()
    """The commits of merges that a person made in this very upgrade."""
    own: Tree | None = None
    """All that the workspace adds and changes: a patch may lean on what comes after it."""


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
    """A merge that is whole: its commit, and what a reader should know of how it came about."""

    commit: str
    notes: tuple[str, ...] = ()


def merged(bench: Workbench, sides: Sides) -> Done | Stop:
    """The merge, or where it waits for a person; then the work tree of the conflict is there."""
    if known := bench.memory.merge(sides.base, sides.ours, sides.theirs):
        return Done(known, ("resolved by hand" if known in bench.by_hand else "resolved as before",))
    outcome = merge.three_way(bench.store, sides.base, sides.ours, sides.theirs, labels=sides.labels, own=bench.own)
    commit = commit_of(bench.store, outcome.tree, sides.ours, sides.label)
    notes = tuple(
        f"{each.path} by {each.strategy}" + (f" ({each.note})" if each.note else "") for each in outcome.solved
    )
    notes += tuple(f"{remark.path} by git ({remark.text})" for remark in outcome.remarks)
    if outcome.clean:
        return Done(commit, notes)
    clashes = tuple(map(_clash, outcome.conflicts))
    known_files = bench.memory.known(clashes)
    if len(known_files) == len(clashes):
        return _resolved_as_before(bench, sides, _over(bench.store, sides, commit, known_files), notes)
    stop = Stop(
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
    lay(bench.places, bench.store, stop, bench.memory)
    if unresolved(bench.places, stop):
        return stop
    commit = settle(bench, stop)
    return Done(commit, (*notes, "resolved as before"))


def settle(bench: Workbench, stop: Stop) -> str:
    """Take the resolved work tree as the merge: its commit, remembered."""
    changes = harvest(bench.places, stop, bench.memory)
    commit = laid(bench.store, stop.ours, changes, stop.label)
    bench.memory.keep_merge(stop.base, stop.ours, stop.theirs, commit)
    return commit


def _resolved_as_before(bench: Workbench, sides: Sides, commit: str, notes: tuple[str, ...]) -> Done:
    bench.memory.keep_merge(sides.base, sides.ours, sides.theirs, commit)
    return Done(commit, (*notes, "resolved as before"))


def _over(store: Store, sides: Sides, commit: str, known: Changes) -> str:
    top = laid(store, commit, known, sides.label)
    return commit_of(store, store.tree_id(top), sides.ours, sides.label)


def _clash(conflict: merge.Conflict) -> Clash:
    return Clash(
        path=conflict.path,
        kind=conflict.kind,
        hunks=conflict.hunks,
        note=conflict.note.encode("utf-8", "backslashreplace").decode(),
        base=_stage(conflict.base),
        ours=_stage(conflict.ours),
        theirs=_stage(conflict.theirs),
    )


def _stage(entry: Entry | None) -> Stage | None:
    return Stage(mode=entry.mode, oid=entry.oid) if entry else None
