"""Git's three-way merges by the hundred: each distinct one is made once, all of a round in four git processes.

A customisation changes few files, so what is merged is trees that hold those alone, where git has no renames to look
for in them. Where it has, git sees the whole trees.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from difykit.git import (
    GitEntry,
    GitMerge,
    Root,
    Store,
    Unmerged,
    diff_trees,
    merge_pairs,
    tree_ids,
    write_blobs,
    write_roots,
)
from difykit.porting.strategies.hunks import ConflictHunk, conflict_hunks, take_theirs
from difykit.porting.strategies.model import Conflict

_HUNKS = 20  # of one file that are shown


@dataclass(frozen=True)
class Row:
    """One path in the three trees."""

    path: str
    base: GitEntry | None
    ours: GitEntry | None
    theirs: GitEntry | None


@dataclass(frozen=True)
class WholeTrees:
    """A merge of whole trees, each by its id, with what was changed in ours and in theirs since."""

    base: str
    ours: str
    theirs: str
    on_ours: tuple[tuple[str, GitEntry | None], ...] = ()
    on_theirs: tuple[tuple[str, GitEntry | None], ...] = ()


Job = tuple[Row, ...] | WholeTrees
"""One merge: of trees that hold these paths alone, or of whole ones."""


@dataclass(frozen=True)
class ConflictedPath:
    """A path left in conflict."""

    path: str
    kind: str
    text: str
    row: Row
    hunks: tuple[ConflictHunk, ...] = ()
    count: int = 0
    marked: GitEntry | None = None
    """What git put at the path: the file with its markers, or the side that still has it."""
    resolved: GitEntry | None = None
    """The file as if its conflicts were resolved for theirs; None where there are no lines to take."""
    labels: tuple[str, str] = ("", "")
    """The commits that git's markers name."""
    note: str = ""
    """Why no strategy merged it either, where there is something to say."""

    @property
    def conflict(self) -> Conflict:
        """As strategies are asked about it."""
        row = self.row
        return Conflict(self.path, self.kind, self.count, row.base, row.ours, row.theirs, self.note)


@dataclass(frozen=True)
class TreeMerge:
    """What a merge does to ours: what it writes, and what it leaves in conflict."""

    writes: Mapping[str, GitEntry | None]
    clashes: tuple[ConflictedPath, ...] = ()


class Merger:
    """Makes merges in a store, and remembers them."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._known: dict[Job, TreeMerge] = {}

    def run(self, jobs: Iterable[Job]) -> dict[Job, TreeMerge]:
        """The outcome of each job. Raises CommandFailed when git cannot merge at all."""
        unique = dict.fromkeys(jobs)
        new = [job for job in unique if job not in self._known]
        self._known |= zip(new, self._make(new), strict=True)
        return {job: self._known[job] for job in unique}

    def _make(self, jobs: Sequence[Job]) -> list[TreeMerge]:
        if not jobs:
            return []
        pairs = self._commits(jobs)
        merged = merge_pairs(self.store, pairs)
        before = tree_ids(self.store, [ours for ours, _ in pairs])
        changed = diff_trees(self.store, list(zip(before, (merge.tree for merge in merged), strict=True)))
        marked = zip(merged, changed, strict=True)
        self.store.prefetch(
            entry.oid for merge, writes in marked for conflict in merge.unmerged if (entry := writes.get(conflict.path))
        )
        split = [self._split(*parts) for parts in zip(jobs, pairs, merged, changed, strict=True)]
        return self._resolved(split)

    def _commits(self, jobs: Sequence[Job]) -> list[tuple[str, str]]:
        """The commits of ours and theirs for each job."""
        roots: list[Root] = []
        for job in jobs:
            roots += _roots(job, len(roots))
        ids = write_roots(self.store, roots)
        return list(zip(ids[1::3], ids[2::3], strict=True))

    def _split(
        self, job: Job, pair: tuple[str, str], merged: GitMerge, changed: Mapping[str, GitEntry | None]
    ) -> tuple[TreeMerge, dict[str, bytes]]:
        """The outcome, and the files in conflict as if they were resolved for theirs."""
        writes = {_named(path, pair): entry for path, entry in changed.items()}
        rows = {} if isinstance(job, WholeTrees) else {row.path: row for row in job}
        clashes: list[ConflictedPath] = []
        resolved: dict[str, bytes] = {}
        for conflict in merged.unmerged:
            path = _named(conflict.path, pair)
            row = rows.get(path) or Row(path, conflict.stages.get(1), conflict.stages.get(2), conflict.stages.get(3))
            entry = writes.pop(path, row.ours)
            content = self.store.blob(entry.oid) if entry and entry.mode != "160000" else b""
            hunks = list(conflict_hunks(content, *pair))
            if hunks:
                resolved[path] = take_theirs(content, *pair)
            shown = tuple(hunks[:_HUNKS])
            clashes.append(
                ConflictedPath(
                    path, conflict.kind, _explanation(conflict, pair), row, shown, len(hunks), entry, labels=pair
                )
            )
        return TreeMerge(writes, tuple(clashes)), resolved

    def _resolved(self, split: Sequence[tuple[TreeMerge, dict[str, bytes]]]) -> list[TreeMerge]:
        contents = list(dict.fromkeys(content for _, resolved in split for content in resolved.values()))
        ids = dict(zip(contents, write_blobs(self.store, contents), strict=True))
        return [
            replace(
                outcome,
                clashes=tuple(
                    replace(clash, resolved=GitEntry(clash.marked.mode, ids[resolved[clash.path]]))
                    if clash.path in resolved and clash.marked
                    else clash
                    for clash in outcome.clashes
                ),
            )
            for outcome, resolved in split
        ]


def _roots(job: Job, start: int) -> list[Root]:
    if isinstance(job, WholeTrees):
        ours, theirs = (job.ours, dict(job.on_ours)), (job.theirs, dict(job.on_theirs))
        return [Root({}, job.base), *(Root(files, tree, start) for tree, files in (ours, theirs))]
    return [
        Root({row.path: row.base for row in job}),
        Root({row.path: row.ours for row in job}, parent=start),
        Root({row.path: row.theirs for row in job}, parent=start),
    ]


def _named(path: str, pair: tuple[str, str]) -> str:
    """A path that git made, such as `file~COMMIT`, with words for the commits."""
    return path.replace(pair[0], "release").replace(pair[1], "yours")


_PLAIN = {"content": "both sides changed the same lines", "add/add": "both sides added the file, each its own"}


def _explanation(conflict: Unmerged, pair: tuple[str, str]) -> str:
    """Why git did not merge a path: in plain words where there are some, else in git's without the commits' ids."""
    words = conflict.text.partition("): ")[2] or conflict.text
    return _PLAIN.get(conflict.kind, words.replace(pair[0], "the release").replace(pair[1], "yours"))
