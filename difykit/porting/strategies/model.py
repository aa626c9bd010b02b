"""What a merge leaves behind: the tree, what a strategy merged, what is left to a person."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property

from difykit.git import GitEntry, Tree

INVALID = "invalid"
"""The kind of a conflict without marked lines: git merged the file, and its language refuses what came out."""
UNFIT = "unfit"
"""The kind of a conflict without marked lines: the file merges, and cannot stand beside the release's others."""


@dataclass(frozen=True)
class Conflict:
    """One path that is left to a person; ours is the new upstream, theirs the customised side."""

    path: str
    kind: str
    hunks: int
    base: GitEntry | None
    ours: GitEntry | None
    theirs: GitEntry | None
    note: str = ""
    """Why difykit did not merge it either, where there is more to say than that both sides changed it."""


class FindingWeight(IntEnum):
    """How much a finding about a merged file says: what a reader should know, what may be wrong, what is wrong."""

    NOTE = 1
    DOUBT = 2
    SURE = 3


@dataclass(frozen=True)
class MergeFinding:
    """One thing about a merged file that is so on neither side."""

    text: str
    weight: FindingWeight = FindingWeight.NOTE


@dataclass(frozen=True)
class Remark:
    """What a reader should know of a path that git merged without a conflict."""

    path: str
    text: str


@dataclass(frozen=True)
class Refusal:
    """That no strategy merged a path, and why, where there is something to say."""

    note: str = ""


@dataclass(frozen=True)
class Solved:
    """One path that git left in conflict and a named strategy merged."""

    path: str
    strategy: str
    note: str = ""


@dataclass(frozen=True)
class Trees:
    """The whole trees around one conflict: what a merged file may lean on.

    `own` is all that the customised side adds to the release `pin` and changes in it, where this merge brings only a
    part of it: a patch may lean on what another patch or an overlay brings.
    """

    base: Tree
    ours: Tree
    theirs: Tree
    own: Tree | None = None
    pin: Tree | None = None

    def has(self, path: str) -> bool:
        """Whether the merged tree will have this file: upstream has it, or the customised side added it."""
        added = any(_holds(side, path) for side in self._sides[1:])
        return _holds(self.ours, path) or (added and not _holds(self.base, path))

    @property
    def _sides(self) -> tuple[Tree, ...]:
        return (self.ours, self.theirs, *([self.own] if self.own else []))

    def read(self, path: str) -> str | None:
        """What a file may hold in the merged tree, of both sides, or None where it has no such file."""
        if not self.has(path):
            return None
        blobs = [side.read(path) for side in self._sides]
        return "\n".join(blob[1].decode("utf-8", "replace") for blob in blobs if blob)

    @cached_property
    def files(self) -> frozenset[str]:
        """Every path that one of the trees has."""
        return frozenset(path for tree in (self.base, *self._sides) for path in (*tree.entries, *(tree.changes or ())))

    @cached_property
    def folders(self) -> frozenset[str]:
        """Every folder that one of the trees has."""
        folders: set[str] = set()
        for path in self.files:
            while "/" in path and (path := path.rsplit("/", 1)[0]) not in folders:
                folders.add(path)
        return frozenset(folders)


def _holds(tree: Tree, path: str) -> bool:
    if tree.changes and path in tree.changes:
        return tree.changes[path] is not None
    return path in tree.entries


@dataclass(frozen=True)
class MergeTexts:
    """The three texts of one file in conflict."""

    path: str
    base: str
    ours: str
    theirs: str


@dataclass(frozen=True)
class MergedText:
    """A whole file as strategies made it."""

    text: str
    strategies: tuple[str, ...]
    note: str = ""


Strategy = Callable[[MergeTexts, Trees], MergedText | None]
"""Merges one whole file, or gives None where it is not sure."""
