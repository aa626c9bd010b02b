"""One three-way merge of an upgrade: by difykit's merge, by what was resolved before, or left to a person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from difykit.git import Changes, Store, diff_trees
from difykit.porting import strategies
from difykit.porting.apply.journal import FileMerge, Places, Stop, UnresolvedPath
from difykit.porting.apply.objects import commit_files, commit_of
from difykit.porting.beyond import stage_of
from difykit.porting.conflicts.judgement import Judgement
from difykit.porting.conflicts.notebook import paths_with
from difykit.porting.conflicts.recall import beside_conflict, merge_faults, recall
from difykit.porting.conflicts.resolutions import Memory, about
from difykit.porting.conflicts.work_tree import examine, harvest, lay
from difykit.porting.plan.change import Entries
from difykit.porting.plan.porting import Ask, Engine, PortedChange
from difykit.porting.plan.unfit import unfit
from difykit.porting.strategies import marked_files, write_tree


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
class MergeCommits:
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
    remarks: tuple[str, ...] = ()
    """Those of the notes that are about git's own merges."""
    beyond: tuple[FileMerge, ...] = ()
    """What strategies merged beyond git."""


def merged(bench: Workbench, sides: MergeCommits, ask: Ask) -> Done | Stop:
    """The merge, or where it waits for a person; then the work tree of the conflict is there."""
    memory, store = bench.memory, bench.store
    key = memory.merge_key(sides.base, sides.ours, sides.theirs)
    remembered = memory.merge(key)
    [carried] = bench.engine.carry([ask])
    if remembered and remembered in bench.by_hand and memory.notebook.of(key):  # it was looked at when it was taken
        return _finished(bench, sides, carried, remembered, _words(memory, key, "resolved by hand"))
    stop = _stop(sides, _marked(store, sides, carried.writes, carried.left), carried.left)
    refused = merge_faults(store, stop, remembered, memory.notebook.of(key)) if remembered else ()
    if remembered and not refused:
        how = "resolved by hand" if remembered in bench.by_hand else "resolved as before"
        return _finished(bench, sides, carried, remembered, _words(memory, key, how))
    if not carried.left:
        return _without_work(carried)
    recalled = recall(store, memory, stop)
    stop = stop.model_copy(
        update={"refused": tuple(dict.fromkeys((*refused, *recalled.refused))), "accepted": recalled.accepted}
    )
    if not stop.refused and len(recalled.files) == len(stop.clashes):
        commit, words = _resolved_as_before(bench, stop, key, recalled.files)
    else:
        laid_out = _laid_out(bench, stop, key, recalled.files)
        if isinstance(laid_out, Stop):
            return laid_out
        commit, words = laid_out
    return _finished(bench, sides, carried, commit, words)


def _without_work(carried: PortedChange, words: tuple[str, ...] = ()) -> Done:
    """A merge in which nothing is left; `words` say what a person did in it."""
    beyond = tuple(solved.merge for solved in carried.beyond)
    return Done(carried.writes, (*carried.notes, *words), carried.remarks, beyond)


def _laid_out(bench: Workbench, stop: Stop, key: str, remembered: Changes) -> tuple[str, tuple[str, ...]] | Stop:
    """The work tree of a conflict; the merge where all of it is resolved as before."""
    refused = lay(bench.places, bench.store, stop, bench.memory, remembered)
    stop = stop.model_copy(update={"refused": tuple(dict.fromkeys((*stop.refused, *refused)))})
    judgement = examine(bench.places, stop)
    if judgement.unresolved:
        return stop
    commit = settle(bench, stop, judgement)
    unused = tuple(f"not used, though remembered: {fault}" for fault in stop.refused)
    return commit, (*_words(bench.memory, key, "resolved as before"), *unused)


def settle(bench: Workbench, stop: Stop, judgement: Judgement) -> str:
    """Take the resolved work tree as the merge: its commit, remembered."""
    changes = harvest(bench.places, stop, bench.memory, judgement)
    commit = commit_files(bench.store, stop.ours, changes, stop.label)
    key = bench.memory.merge_key(stop.base, stop.ours, stop.theirs)
    bench.memory.keep_merge(key, commit)
    for note in beside_conflict(stop, key, judgement):
        bench.memory.notebook.write(note)
    _link(bench.memory, stop, key)
    return commit


def _link(memory: Memory, stop: Stop, key: str) -> None:
    """Note that a merge holds what became of the files in conflict."""
    for clash in stop.clashes:
        note = about(stop, clash)
        note = memory.notebook.get(note.name) or note
        memory.notebook.write(note.model_copy(update={"memories": (*note.memories, key)}))


def _words(memory: Memory, key: str, how: str) -> tuple[str, ...]:
    """How a merge was resolved, and what a reader should know of it."""
    notes = memory.notebook.of(key)
    accepted = (f"taken as it is: {path}" for path in sorted(paths_with(notes, "accepted")))
    return (how, *accepted, *(f"{path} was dropped" for path in sorted(paths_with(notes, "dropped"))))


def _resolved_as_before(bench: Workbench, stop: Stop, key: str, remembered: Changes) -> tuple[str, tuple[str, ...]]:
    top = commit_files(bench.store, stop.tree, remembered, stop.label)
    commit = commit_of(bench.store, bench.store.tree_id(top), stop.ours, stop.label)
    bench.memory.keep_merge(key, commit)
    _link(bench.memory, stop, key)
    return commit, _words(bench.memory, key, "resolved as before")


def _stop(sides: MergeCommits, commit: str, conflicts: Sequence[strategies.ConflictedPath]) -> Stop:
    return Stop(
        kind=sides.kind,
        name=sides.name,
        why=sides.why,
        base=sides.base,
        ours=sides.ours,
        theirs=sides.theirs,
        tree=commit,
        clashes=tuple(map(_clash, conflicts)),
        labels=sides.labels,
    )


def _marked(store: Store, sides: MergeCommits, writes: Entries, conflicts: Sequence[strategies.ConflictedPath]) -> str:
    """A commit of the merge with git's markers in it."""
    files = {**writes, **marked_files(store, conflicts, sides.labels)}
    return commit_of(store, write_tree(store, store.tree_id(sides.ours), files), sides.ours, sides.label)


def _finished(
    bench: Workbench, sides: MergeCommits, carried: PortedChange, commit: str, words: tuple[str, ...]
) -> Done | Stop:
    """A merge that a person made; it waits for them again where what they made cannot stand on the release."""
    store = bench.store
    [writes] = diff_trees(store, [(store.tree_id(sides.ours), store.tree_id(commit))])
    misfits = tuple(unfit(carried.ask.change, carried.ask.replay, writes))
    if not misfits:
        return _without_work(carried.resolved(writes), words)
    stop = _stop(sides, _marked(store, sides, writes, misfits), misfits)
    lay(bench.places, store, stop, bench.memory, {})
    return stop


def _clash(clash: strategies.ConflictedPath) -> UnresolvedPath:
    return UnresolvedPath(
        path=clash.path,
        kind=clash.kind,
        hunks=clash.count,
        note=clash.note.encode("utf-8", "backslashreplace").decode(),
        base=stage_of(clash.row.base),
        ours=stage_of(clash.row.ours),
        theirs=stage_of(clash.row.theirs),
    )
