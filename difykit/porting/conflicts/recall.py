"""What is remembered of a conflict, looked at before it is used: also what an older difykit took without a look."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from difykit.git import Blob, Changes, Store
from difykit.porting.apply.journal import Stop, UnresolvedPath
from difykit.porting.conflicts.judgement import Judgement, clash_flaws, moved
from difykit.porting.conflicts.notebook import Resolution
from difykit.porting.conflicts.resolutions import Memory, about, how_of
from difykit.porting.strategies import flaws

_DELETED = "it is deleted there, and neither side deletes it"


@dataclass(frozen=True)
class Recalled:
    """What is remembered of the files of a conflict."""

    files: Changes
    refused: tuple[str, ...]
    """What may not stand, each with its place and why; it is not among the files."""
    accepted: tuple[str, ...]
    """The paths at which a person insisted."""


def recall(store: Store, memory: Memory, stop: Stop) -> Recalled:
    """What a person made of each of the very files in conflict before, as far as it may stand."""
    resolved: Changes = {}
    refused: list[str] = []
    accepted: list[str] = []
    for clash in stop.clashes:
        answer = memory.file(clash)
        if answer is None:
            continue
        note = memory.notebook.get(about(stop, clash).name)
        faults = [] if note and note.how != "resolved" else list(_clash_faults(store, clash, answer[0]))
        if faults:
            refused += faults
            continue
        resolved[clash.path] = answer[0]
        if note and note.how == "accepted":
            accepted.append(clash.path)
    return Recalled(resolved, tuple(refused), tuple(accepted))


def merge_faults(store: Store, stop: Stop, commit: str, notes: Iterable[Resolution]) -> tuple[str, ...]:
    """Why the commit that is remembered of a whole merge may not be used, each with its place."""
    decided = {note.path for note in notes if note.how != "resolved"}
    checkout, tree = store.tree(stop.tree), store.tree(commit)
    faults: list[str] = []
    for clash in stop.clashes:
        if clash.path not in decided and (clash.path in checkout.entries or clash.path in tree.entries):
            faults += _clash_faults(store, clash, tree.read(clash.path))
    clashing = {clash.path for clash in stop.clashes}
    changed = [path for _, path in store.changed(stop.tree, commit) if path not in clashing | decided]
    added = {path: tree.read(path) for path in changed if path not in checkout.entries}
    for path in changed:
        blob, before = tree.read(path), checkout.read(path)
        if blob:
            faults += (flaw.at(path) for flaw in flaws(path, blob, [before] if before else []))
        elif not moved(checkout, path, added):
            faults.append(f"{path}: {_DELETED}")
    return tuple(faults)


def _clash_faults(store: Store, clash: UnresolvedPath, blob: Blob | None) -> Iterator[str]:
    if blob:
        yield from (flaw.at(clash.path) for flaw in clash_flaws(store, clash, blob))
    elif clash.ours and clash.theirs:
        yield f"{clash.path}: {_DELETED}"


def beside_conflict(stop: Stop, key: str, judgement: Judgement) -> Iterator[Resolution]:
    """The notes on files that were not in conflict, and that a person insisted on or dropped all the same."""
    clashing = {clash.path for clash in stop.clashes}
    for path in sorted((judgement.accepted | judgement.dropped) - clashing):
        name = hashlib.sha256(f"{key} {path}".encode("utf-8", "surrogateescape")).hexdigest()[:12]
        yield Resolution(
            name=name,
            kind="beside the conflict",
            path=path,
            layer=stop.label,
            release=stop.labels[0].removeprefix("Dify "),
            how=how_of(judgement, path),
            memories=(key,),
        )
