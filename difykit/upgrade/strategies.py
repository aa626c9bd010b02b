"""The named strategies of `difykit.merge`, asked about what git leaves in conflict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from difykit import merge
from difykit.git import Changes, Entry, Store, Tree
from difykit.git.borrowed import write_blobs
from difykit.merge import MergedFile
from difykit.upgrade.merges import Clash, Job, Row


@dataclass(frozen=True)
class Sides:
    """The three trees around a conflict, and the release that ours is of."""

    ref: str
    base: Tree
    ours: Tree
    theirs: Tree


@dataclass(frozen=True)
class Done:
    """A conflict that a strategy merged: what it writes, its name, and what a reader must know."""

    writes: Mapping[str, Entry | None]
    strategy: str
    note: str


@dataclass(frozen=True)
class Solutions:
    """What became of conflicts: merged ones by path, and those that are left to a person."""

    done: Mapping[str, Done]
    left: tuple[Clash, ...]


_Named = tuple[tuple[str, Entry], ...]
_Key = tuple[str, Entry | None, Entry | None, Entry | None, _Named]


class Solver:
    """Asks about each conflict once, also where many releases have it."""

    def __init__(self, store: Store, own: Tree | None = None) -> None:
        """`own` is all that the workspace adds and changes, which a part of it may lean on."""
        self._store = store
        self._own = own
        self._known: dict[_Key, Done | str] = {}
        self._judged: dict[MergedFile, str | None] = {}
        self._files: dict[str, Mapping[str, _Named]] = {}

    def solve(self, sides: Sides, clashes: Sequence[Clash]) -> Solutions:
        """Those of the conflicts that a strategy merges, by path, and the others with why."""
        answers = {clash.path: self._solve(sides, clash) for clash in clashes}
        left = tuple(_noted(clash, answer) for clash in clashes if isinstance(answer := answers[clash.path], str))
        return Solutions({path: each for path, each in answers.items() if isinstance(each, Done)}, left)

    def invalid(self, job: Job, writes: Mapping[str, Entry | None]) -> tuple[Clash, ...]:
        """The files that git merged by their lines in a job, and that their language refuses, as conflicts."""
        base = {row.path: row.base for row in job if row.base}
        ours = {row.path: row.ours for row in job if row.ours}
        theirs = {row.path: row.theirs for row in job if row.theirs}
        found: list[Clash] = []
        for file in merge.merged_files(writes, base, ours, theirs):
            if file not in self._judged:
                self._judged[file] = merge.refusal(self._store, file)
            if reason := self._judged[file]:
                row = Row(file.path, file.base, file.ours, file.theirs)
                found.append(Clash(file.path, merge.INVALID, reason, row, (), 0))
        return tuple(found)

    def _solve(self, sides: Sides, clash: Clash) -> Done | str:
        row = clash.row
        # Where the release lacks the file, the answer is in one of its other files, which has the same name then.
        others = () if row.ours else self._names(sides).get(_stem(clash.path), ())
        key = (clash.path, row.base, row.ours, row.theirs, others)
        if key not in self._known:
            self._known[key] = self._kept(self._ask(sides, clash))
        return self._known[key]

    def _names(self, sides: Sides) -> Mapping[str, _Named]:
        """The files of a release by their names without folder and ending."""
        if sides.ref not in self._files:
            found: dict[str, list[tuple[str, Entry]]] = {}
            for path, entry in sides.ours.entries.items():
                found.setdefault(_stem(path), []).append((path, entry))
            self._files[sides.ref] = {stem: tuple(files) for stem, files in found.items()}
        return self._files[sides.ref]

    def _kept(self, answer: tuple[Changes, merge.Solved] | merge.Refusal) -> Done | str:
        if isinstance(answer, merge.Refusal):
            return answer.note
        changes, solved = answer
        blobs = {path: blob for path, blob in changes.items() if blob}
        ids = dict(zip(blobs, write_blobs(self._store, [content for _, content in blobs.values()]), strict=True))
        writes = {path: Entry(blob[0], ids[path]) if blob else None for path, blob in changes.items()}
        return Done(writes, solved.strategy, solved.note)

    def _ask(self, sides: Sides, clash: Clash) -> tuple[Changes, merge.Solved] | merge.Refusal:
        row = clash.row
        conflict = merge.Conflict(clash.path, clash.kind, clash.count, row.base, row.ours, row.theirs)
        return merge.solve(self._store, conflict, sides.ours, sides.theirs, sides.base, own=self._own)


def _noted(clash: Clash, note: str) -> Clash:
    """The conflict with why no strategy merged it; git's own merge that is refused says that already."""
    if not note or clash.kind == merge.INVALID:
        return clash
    return replace(clash, text=f"{clash.text or clash.kind}; {note}")


def _stem(path: str) -> str:
    return path.rpartition("/")[2].partition(".")[0]
