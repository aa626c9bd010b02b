"""Three-way merges by the hundred: each distinct one is made once, all of a round in four git processes.

A patch changes few files, so what is merged is trees that hold those alone: git has no renames to look for in them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO

from difykit.git import Entry, Store
from difykit.git.borrowed import Root, tree_ids, write_blobs, write_roots
from difykit.git.mergetree import Merged, Unmerged, diff_trees, merge_pairs
from difykit.upgrade.model import Hunk

Entries = Mapping[str, Entry]
_LINES = 40  # of each side of a hunk that is shown
_HUNKS = 20  # of one file
_WIDTH = 300


@dataclass(frozen=True)
class Row:
    """One path in the three trees."""

    path: str
    base: Entry | None
    ours: Entry | None
    theirs: Entry | None


Job = tuple[Row, ...]
"""One merge, of trees that hold these paths alone."""


@dataclass(frozen=True)
class Clash:
    """A path left in conflict."""

    path: str
    kind: str
    text: str
    row: Row
    hunks: tuple[Hunk, ...]
    count: int


@dataclass(frozen=True)
class Outcome:
    """What a merge does to ours: what it writes, and what it leaves in conflict.

    A conflict of lines is written as if it were resolved for theirs, which is what later patches build on.
    """

    writes: Mapping[str, Entry | None]
    clashes: tuple[Clash, ...]


class Merger:
    """Makes merges in a store, and remembers them."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._known: dict[Job, Outcome] = {}

    def run(self, jobs: Iterable[Job]) -> dict[Job, Outcome]:
        """The outcome of each job."""
        wanted = dict.fromkeys(jobs)
        new = [job for job in wanted if job not in self._known]
        self._known |= zip(new, self._make(new), strict=True)
        return {job: self._known[job] for job in wanted}

    def _make(self, jobs: Sequence[Job]) -> list[Outcome]:
        if not jobs:
            return []
        pairs = self._commits(jobs)
        merged = merge_pairs(self.store, pairs)
        before = tree_ids(self.store, [ours for ours, _ in pairs])
        changed = diff_trees(self.store, list(zip(before, (each.tree for each in merged), strict=True)))
        self._prefetch(merged, changed)
        parts = [_split(self.store, *each) for each in zip(jobs, pairs, merged, changed, strict=True)]
        return self._resolved(parts)

    def _commits(self, jobs: Sequence[Job]) -> list[tuple[str, str]]:
        """The commits of ours and theirs for each job."""
        roots: list[Root] = []
        for job in jobs:
            start = len(roots)
            roots += [
                Root({row.path: row.base for row in job}),
                Root({row.path: row.ours for row in job}, parent=start),
                Root({row.path: row.theirs for row in job}, parent=start),
            ]
        ids = write_roots(self.store, roots)
        return list(zip(ids[1::3], ids[2::3], strict=True))

    def _prefetch(self, merged: Sequence[Merged], changed: Sequence[Mapping[str, Entry | None]]) -> None:
        pairs = zip(merged, changed, strict=True)
        self.store.prefetch(
            entry.oid for each, writes in pairs for one in each.unmerged if (entry := writes.get(one.path))
        )

    def _resolved(self, parts: Sequence[_Split]) -> list[Outcome]:
        contents = list(dict.fromkeys(content for part in parts for content in part.resolved.values()))
        ids = dict(zip(contents, write_blobs(self.store, contents), strict=True))
        return [
            Outcome(
                {
                    **part.writes,
                    **{path: Entry(part.modes[path], ids[content]) for path, content in part.resolved.items()},
                },
                part.clashes,
            )
            for part in parts
        ]


@dataclass(frozen=True)
class _Split:
    """An outcome before its resolved files are blobs."""

    writes: Mapping[str, Entry | None]
    clashes: tuple[Clash, ...]
    resolved: Mapping[str, bytes]
    modes: Mapping[str, str]


def _split(
    store: Store, job: Job, pair: tuple[str, str], merged: Merged, changed: Mapping[str, Entry | None]
) -> _Split:
    writes = dict(changed)
    rows = {row.path: row for row in job}
    clashes: list[Clash] = []
    resolved: dict[str, bytes] = {}
    modes: dict[str, str] = {}
    for one in merged.unmerged:
        entry = writes.pop(one.path, None)
        content = store.blob(entry.oid) if entry else b""
        hunks = list(conflict_hunks(content, *pair))
        row = rows.get(one.path) or Row(one.path, one.stages.get(1), one.stages.get(2), one.stages.get(3))
        if entry and hunks:
            resolved[one.path], modes[one.path] = take_theirs(content, *pair), entry.mode
        clashes.append(Clash(one.path, one.kind, _said(one, pair), row, tuple(hunks[:_HUNKS]), len(hunks)))
    return _Split(writes, tuple(clashes), resolved, modes)


_PLAIN = {"content": "both sides changed the same lines", "add/add": "both sides added the file, each its own"}


def _said(one: Unmerged, pair: tuple[str, str]) -> str:
    """Why git did not merge a path: in plain words where there are some, else in git's without the commits' ids."""
    words = one.text.partition("): ")[2] or one.text
    return _PLAIN.get(one.kind, words.replace(pair[0], "the release").replace(pair[1], "yours"))


def conflict_hunks(content: bytes, ours: str, theirs: str) -> Iterator[Hunk]:
    """The conflicts that git marked in a file, each with the line (from 1) that it starts at in upstream's file."""
    line = 1
    for part in _parts(content, ours, theirs):
        if isinstance(part, _Conflict):
            yield Hunk(line, _shown(part.ours), _shown(part.base), _shown(part.theirs))
            line += len(part.ours)
        else:
            line += 1


def take_theirs(content: bytes, ours: str, theirs: str) -> bytes:
    """A file in which git marked conflicts, with each of them resolved for theirs."""
    parts = _parts(content, ours, theirs)
    return b"".join(b"".join(part.theirs) if isinstance(part, _Conflict) else part for part in parts)


@dataclass
class _Conflict:
    ours: list[bytes]
    base: list[bytes]
    theirs: list[bytes]


_BASE = re.compile(rb"\|{7} [0-9a-f]")


def _parts(content: bytes, ours: str, theirs: str) -> Iterator[bytes | _Conflict]:
    """The lines of a file, and the conflicts between them; markers are told by the ids that no file holds."""
    start, end = b"<<<<<<< " + ours.encode(), b">>>>>>> " + theirs.encode()
    conflict: _Conflict | None = None
    side: list[bytes] = []
    for text in BytesIO(content).readlines():  # splits at \n only
        if conflict is None and text.startswith(start):
            conflict = _Conflict([], [], [])
            side = conflict.ours
        elif conflict is None:
            yield text
        elif side is conflict.ours and _BASE.match(text):
            side = conflict.base
        elif side is not conflict.theirs and text.rstrip(b"\r\n") == b"=======":
            side = conflict.theirs
        elif text.startswith(end):
            yield conflict
            conflict = None
        else:
            side.append(text)


def _shown(lines: Sequence[bytes]) -> str:
    texts = [line.decode("utf-8", "replace").rstrip("\r\n") for line in lines[:_LINES]]
    texts = [text if len(text) <= _WIDTH else text[:_WIDTH] + "…" for text in texts]
    more = len(lines) - _LINES
    return "\n".join([*texts, f"… and {more} more lines"] if more > 0 else texts)
