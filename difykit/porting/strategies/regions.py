"""Where two sides changed one text: what only one of them did, and the regions where they met."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from difykit.porting.strategies.diff import DiffEdit, edits


@dataclass(frozen=True)
class ConflictRegion:
    """A stretch of the base that both sides changed, and what each made of it."""

    base: tuple[str, ...]
    ours: tuple[str, ...]
    theirs: tuple[str, ...]

    @property
    def sides(self) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
        """Base, ours and theirs."""
        return self.base, self.ours, self.theirs


@dataclass(frozen=True)
class SplitText:
    """A text as the units that are settled and the regions that are not; `touching` where changes only adjoin."""

    parts: tuple[tuple[str, ...] | ConflictRegion, ...]
    touching: bool

    @property
    def regions(self) -> list[ConflictRegion]:
        """The regions that are not settled."""
        return [part for part in self.parts if isinstance(part, ConflictRegion)]


def split(base: Sequence[str], ours: Sequence[str], theirs: Sequence[str], *, apart: int = 0) -> SplitText:
    """Merge three rows of units as far as no two changes overlap.

    Changes nearer than `apart` units to one another count as overlapping; with 0 they may touch, as long as not both
    of them only insert at one place.
    """
    parts: list[tuple[str, ...] | ConflictRegion] = []
    at = 0
    touching = False
    for group in _groups(edits(base, ours), edits(base, theirs), apart):
        start, end = group.start, group.end
        parts.append(tuple(base[at:start]))
        touching = touching or (bool(parts) and start == at and at > 0)
        parts.append(group.part(base))
        at = end
    parts.append(tuple(base[at:]))
    return SplitText(tuple(part for part in parts if part != ()), touching)


def lines_of(text: str) -> list[str]:
    """The lines of a text with their ends; only a line feed ends one."""
    return [line for line in re.split(r"(?<=\n)", text) if line]


class _Group:
    """Edits of both sides that have to be judged as one."""

    def __init__(self, side: int, edit: DiffEdit) -> None:
        self.start, self.end = edit.start, edit.end
        self.sides: tuple[list[DiffEdit], list[DiffEdit]] = ([], [])
        self.sides[side].append(edit)

    def meets(self, side: int, edit: DiffEdit, apart: int) -> bool:
        if not self.sides[1 - side]:
            return False  # one side's own edits never touch
        if edit.start < self.end + apart:
            return True
        return edit.start == self.end and edit.end == edit.start == self.start

    def add(self, side: int, edit: DiffEdit) -> None:
        self.start, self.end = min(self.start, edit.start), max(self.end, edit.end)
        self.sides[side].append(edit)

    def part(self, base: Sequence[str]) -> tuple[str, ...] | ConflictRegion:
        original = tuple(base[self.start : self.end])
        ours, theirs = (self._side_lines(original, side) for side in (0, 1))
        if not self.sides[1] or ours == theirs:
            return ours
        return ConflictRegion(original, ours, theirs) if self.sides[0] else theirs

    def _side_lines(self, original: tuple[str, ...], side: int) -> tuple[str, ...]:
        lines: tuple[str, ...] = ()
        at = self.start
        for edit in self.sides[side]:
            lines += original[at - self.start : edit.start - self.start] + edit.new
            at = edit.end
        return lines + original[at - self.start :]


def _groups(ours: list[DiffEdit], theirs: list[DiffEdit], apart: int) -> list[_Group]:
    groups: list[_Group] = []
    queue = sorted(
        [(edit.start, edit.end, 0, edit) for edit in ours] + [(edit.start, edit.end, 1, edit) for edit in theirs],
        key=lambda item: item[:3],
    )
    for _, _, side, edit in queue:
        last = groups[-1] if groups else None
        if (last and last.meets(side, edit, apart)) or (last and edit.start < last.end):
            last.add(side, edit)
        else:
            groups.append(_Group(side, edit))
    return groups
