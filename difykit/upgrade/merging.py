"""One three-way merge of an upgrade: by difykit's merge, by what was resolved before, or left to a person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from difykit import merge
from difykit.git import Changes, Entry, Store, Tree
from difykit.upgrade.conflict import examine, harvest, lay
from difykit.upgrade.journal import Clash, Places, Stage, Stop
from difykit.upgrade.judgement import Judgement
from difykit.upgrade.notebook import held
from difykit.upgrade.objects import commit_of, laid
from difykit.upgrade.recall import beside_conflict, merge_faults, recall
from difykit.upgrade.resolutions import Memory, about


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
    memory = bench.memory
    key = memory.merge_key(sides.base, sides.ours, sides.theirs)
    known = memory.merge(key)
    if known and known in bench.by_hand and memory.notebook.of(key):  # it was looked at when it was taken
        return Done(known, _words(memory, key, "resolved by hand"))
    outcome = merge.three_way(bench.store, sides.base, sides.ours, sides.theirs, labels=sides.labels, own=bench.own)
    commit = commit_of(bench.store, outcome.tree, sides.ours, sides.label)
    stop = _stop(sides, commit, outcome)
    refused = merge_faults(bench.store, stop, known, memory.notebook.of(key)) if known else ()
    if known and not refused:
        how = "resolved by hand" if known in bench.by_hand else "resolved as before"
        return Done(known, _words(memory, key, how))
    notes = tuple(
        f"{each.path} by {each.strategy}" + (f" ({each.note})" if each.note else "") for each in outcome.solved
    )
    notes += tuple(f"{remark.path} by git ({remark.text})" for remark in outcome.remarks)
    if outcome.clean:
        return Done(commit, notes)
    recalled = recall(bench.store, memory, stop)
    stop = stop.model_copy(
        update={"refused": tuple(dict.fromkeys((*refused, *recalled.refused))), "accepted": recalled.accepted}
    )
    if not stop.refused and len(recalled.files) == len(stop.clashes):
        return Done(*_resolved_as_before(bench, stop, key, recalled.files, notes))
    return _laid_out(bench, stop, key, recalled.files, notes)


def _laid_out(bench: Workbench, stop: Stop, key: str, known: Changes, notes: tuple[str, ...]) -> Done | Stop:
    refused = lay(bench.places, bench.store, stop, bench.memory, known)
    stop = stop.model_copy(update={"refused": tuple(dict.fromkeys((*stop.refused, *refused)))})
    judgement = examine(bench.places, stop)
    if judgement.left:
        return stop
    commit = settle(bench, stop, judgement)
    beside = tuple(f"not used, though remembered: {fault}" for fault in stop.refused)
    return Done(commit, (*notes, *_words(bench.memory, key, "resolved as before"), *beside))


def settle(bench: Workbench, stop: Stop, judgement: Judgement) -> str:
    """Take the resolved work tree as the merge: its commit, remembered."""
    changes = harvest(bench.places, stop, bench.memory, judgement)
    commit = laid(bench.store, stop.ours, changes, stop.label)
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
    taken = (f"taken as it is: {path}" for path in sorted(held(notes, "accepted")))
    return (how, *taken, *(f"{path} was dropped" for path in sorted(held(notes, "dropped"))))


def _resolved_as_before(
    bench: Workbench, stop: Stop, key: str, known: Changes, notes: tuple[str, ...]
) -> tuple[str, tuple[str, ...]]:
    top = laid(bench.store, stop.tree, known, stop.label)
    commit = commit_of(bench.store, bench.store.tree_id(top), stop.ours, stop.label)
    bench.memory.keep_merge(key, commit)
    _link(bench.memory, stop, key)
    return commit, (*notes, *_words(bench.memory, key, "resolved as before"))


def _stop(sides: Sides, commit: str, outcome: merge.Outcome) -> Stop:
    return Stop(
        kind=sides.kind,
        name=sides.name,
        why=sides.why,
        base=sides.base,
        ours=sides.ours,
        theirs=sides.theirs,
        tree=commit,
        clashes=tuple(map(_clash, outcome.conflicts)),
        labels=sides.labels,
    )


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
