"""What was merged beyond git: each file that a strategy of difykit's merged where git's own merge stopped."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace

from difykit.core.errors import Damaged, visible
from difykit.git import GitEntry, Store
from difykit.porting.apply.journal import FileMerge, IndexStage
from difykit.porting.plan.change import Entries
from difykit.porting.strategies import StrategyMerge


@dataclass(frozen=True)
class SolvedFile:
    """A file that a strategy merged, as it is written down, and the path at which the merge wrote it."""

    merge: FileMerge
    path: str
    stopped_at: str
    note: str


def solved_files(merges: Iterable[StrategyMerge], release_entries: Mapping[str, GitEntry]) -> tuple[SolvedFile, ...]:
    """The merges with all of their sides; `release_entries` are the files of the release before them."""
    return tuple(_solved_file(merge, release_entries) for merge in merges)


def _solved_file(merge: StrategyMerge, release_entries: Mapping[str, GitEntry]) -> SolvedFile:
    clash, solved = merge.clash, merge.solved
    path = next((path for path, entry in merge.writes.items() if entry and path != clash.path), clash.path)
    record = FileMerge(
        path=visible(path),
        was=visible(clash.path) if path != clash.path else "",
        strategy=solved.strategy,
        kind=clash.kind,
        reason=visible(clash.text or clash.kind),
        note=visible(solved.note),
        base=stage_of(clash.row.base),
        ours=stage_of(release_entries.get(path) if path != clash.path else clash.row.ours),
        theirs=stage_of(clash.row.theirs),
        result=stage_of(merge.writes.get(path)),
    )
    return SolvedFile(record, path, clash.path, solved.note)


def as_resolved(solved: SolvedFile, writes: Entries, release_entries: Mapping[str, GitEntry]) -> SolvedFile:
    """The merge of a file as it is after a person resolved others beside it, or this one too."""
    entry = writes[solved.path] if solved.path in writes else release_entries.get(solved.path)
    result = stage_of(entry)
    if result == solved.merge.result:
        return solved
    return replace(solved, merge=solved.merge.model_copy(update={"result": result, "by_hand": True}))


def blobs_of(store: Store, merges: Iterable[FileMerge]) -> dict[str, bytes]:
    """The contents of all sides by their ids; what the store lacks is not among them."""
    oids = {side.oid for merge in merges for side in merge.sides.values() if side and side.mode != "160000"}
    store.prefetch(oids)
    blobs: dict[str, bytes] = {}
    for oid in sorted(oids):
        with suppress(Damaged):
            blobs[oid] = store.blob(oid)
    return blobs


def stage_of(entry: GitEntry | None) -> IndexStage | None:
    """An entry of a tree as it is written down."""
    return IndexStage(mode=entry.mode, oid=entry.oid) if entry else None


def files_beyond(count: int) -> str:
    """The number of files, as a sentence begins with it."""
    return "1 file was merged beyond git" if count == 1 else f"{count} files were merged beyond git"


def to_review(count: int) -> str:
    """How many files there are to review, and by which command."""
    return f"{files_beyond(count)}: difykit upgrade.review"
