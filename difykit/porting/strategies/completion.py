"""What git leaves of a merge, given to the named strategies."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from difykit.git import GitEntry, Root, Store, write_blobs, write_roots
from difykit.porting.strategies.batch import ConflictedPath, Job, Row, TreeMerge, WholeTrees
from difykit.porting.strategies.deleted_files import stays_gone
from difykit.porting.strategies.gitclean import MergedFile, MergeVerdict, merged_files, verdict
from difykit.porting.strategies.hunks import relabelled
from difykit.porting.strategies.model import INVALID, Refusal, Remark, Solved, Trees
from difykit.porting.strategies.table import settle

Writes = Mapping[str, GitEntry | None]


@dataclass(frozen=True)
class StrategyMerge:
    """A conflict of git's that a named strategy merged, and what it writes for it."""

    clash: ConflictedPath
    solved: Solved
    writes: Writes


@dataclass(frozen=True)
class CompletedMerge:
    """A merge after the strategies: what it writes into ours, who merged what, and what is left to a person."""

    writes: Writes
    merges: tuple[StrategyMerge, ...] = ()
    conflicts: tuple[ConflictedPath, ...] = ()
    by_strategy: frozenset[str] = frozenset()
    """The paths that strategies wrote."""
    remarks: tuple[Remark, ...] = ()
    """What a reader should know of what git merged."""

    @property
    def solved(self) -> tuple[Solved, ...]:
        """What strategies say of their merges."""
        return tuple(merge.solved for merge in self.merges)


class Completer:
    """Takes git's merges on from where git stops; a file that git merged is judged once."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._judged: dict[MergedFile, MergeVerdict] = {}

    def complete(
        self,
        outcomes: Iterable[tuple[Job, TreeMerge]],
        trees: Trees,
        clashes: Iterable[ConflictedPath] = (),
        *,
        stays_deleted: bool = False,
    ) -> CompletedMerge:
        """The outcomes of one customisation's merges as one, with `clashes` that need no git to be seen.

        With `stays_deleted` a file that it took away goes, whatever the release made of it.
        Raises DifyKitError when the store lacks an object.
        """
        writes: dict[str, GitEntry | None] = {}
        stopped = list(clashes)
        merges: list[tuple[ConflictedPath, MergeVerdict]] = []
        for job, outcome in outcomes:
            writes |= outcome.writes
            stopped += outcome.clashes
            merges += self._merged_by_git(job, outcome.writes, trees)
        invalid = [clash for clash, verdict in merges if verdict.reason]
        remarks = tuple(Remark(of.path, text) for of, verdict in merges for text in verdict.remarks)
        sides = (side for clash in stopped for side in (clash.row.base, clash.row.ours, clash.row.theirs))
        self._store.prefetch(side.oid for side in sides if side and side.mode != "160000")
        solved: list[StrategyMerge] = []
        unsolved: list[ConflictedPath] = []
        strategic: dict[str, GitEntry | None] = {}
        for clash in [*sorted(stopped, key=lambda clash: clash.path), *invalid]:
            standing = stays_gone(clash.conflict) if stays_deleted else None
            answer = standing or settle(self._store, clash.conflict, trees)
            if isinstance(answer, Refusal):
                unsolved.append(clash if clash.kind == INVALID else replace(clash, note=answer.note))
            else:
                entries = _entries(self._store, answer[0])
                strategic |= entries
                solved.append(StrategyMerge(clash, answer[1], entries))
        return CompletedMerge({**writes, **strategic}, tuple(solved), tuple(unsolved), frozenset(strategic), remarks)

    def _merged_by_git(self, job: Job, writes: Writes, trees: Trees) -> Iterator[tuple[ConflictedPath, MergeVerdict]]:
        """The files that git merged by their lines, each as the conflict that it is if it may not stand."""
        sides = [trees.base.entries, trees.ours.entries, trees.theirs.entries]
        if not isinstance(job, WholeTrees):
            sides = [
                {row.path: row.base for row in job if row.base},
                {row.path: row.ours for row in job if row.ours},
                {row.path: row.theirs for row in job if row.theirs},
            ]
        for file in merged_files(writes, *sides):
            if file not in self._judged:
                self._judged[file] = verdict(self._store, file)
            judged = self._judged[file]
            reason, row = judged.reason or "", Row(file.path, file.base, file.ours, file.theirs)
            clash = ConflictedPath(
                file.path, INVALID, reason, row, marked=file.merged, resolved=file.merged, note=reason
            )
            yield clash, judged


def _entries(store: Store, changes: Mapping[str, tuple[str, bytes] | None]) -> dict[str, GitEntry | None]:
    blobs = {path: blob for path, blob in changes.items() if blob}
    ids = dict(zip(blobs, write_blobs(store, [content for _, content in blobs.values()]), strict=True))
    return {path: GitEntry(blob[0], ids[path]) if blob else None for path, blob in changes.items()}


def marked_files(
    store: Store, conflicts: Iterable[ConflictedPath], labels: tuple[str, str]
) -> dict[str, GitEntry | None]:
    """What stands at each path in conflict: git's markers in it name the sides as `labels` does."""
    files: dict[str, GitEntry | None] = {}
    for clash in conflicts:
        entry = clash.marked
        if entry and clash.count:
            [oid] = write_blobs(store, [relabelled(store.blob(entry.oid), clash.labels, labels)])
            entry = GitEntry(entry.mode, oid)
        files[clash.path] = entry
    return files


def write_tree(store: Store, tree: str, writes: Writes) -> str:
    """The tree `tree` with other files at some paths."""
    return store.tree_id(write_roots(store, [Root(writes, tree)])[0]) if writes else tree
