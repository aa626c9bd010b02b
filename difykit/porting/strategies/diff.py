"""Which lines two texts share: patience first, so that what is unique in both holds the rest in place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from difykit.core.line_diff import Span, differing

_DENSE = 400  # up to here every pair of lines is compared; beyond, only what is unique counts


@dataclass(frozen=True)
class DiffEdit:
    """One side's change: the units `start` up to `end` of the base become `new`."""

    start: int
    end: int
    new: tuple[str, ...]


def edits(base: Sequence[str], side: Sequence[str]) -> list[DiffEdit]:
    """The changes that turn `base` into `side`, in order; two of them never touch."""
    changes: list[DiffEdit] = []
    at, side_at = 0, 0
    for start, begin, length in [*matches(base, side), (len(base), len(side), 0)]:
        if start > at or begin > side_at:
            changes.append(DiffEdit(at, start, tuple(side[side_at:begin])))
        at, side_at = start + length, begin + length
    limits = [*(edit.start for edit in changes), len(base)][1:]
    return _joined([_slid(base, edit, limit) for edit, limit in zip(changes, limits, strict=True)])


def matches(a: Sequence[str], b: Sequence[str]) -> list[tuple[int, int, int]]:
    """The runs that both have, in order, as (start in a, start in b, length)."""
    runs: list[tuple[int, int, int]] = []
    at, b_at = 0, 0
    spans = differing(a, b, longest=_DENSE, blank_holds=False)
    for span in (*spans, Span(len(a), len(a), len(b), len(b))):
        if span.start > at:
            runs.append((at, b_at, span.start - at))
        at, b_at = span.end, span.last
    return runs


def _slid(base: Sequence[str], edit: DiffEdit, limit: int) -> DiffEdit:
    """The same change, as far down as it can go: two sides that add the same thing then add it at one place."""
    start, end, new = edit.start, edit.end, edit.new
    if start != end and new:
        return edit
    while new and end < limit and base[end] == new[0]:
        new, start, end = (*new[1:], new[0]), start + 1, end + 1
    while not new and end < limit and base[end] == base[start]:
        start, end = start + 1, end + 1
    return DiffEdit(start, end, new)


def _joined(changes: list[DiffEdit]) -> list[DiffEdit]:
    """Edits that slid into one another as one."""
    rows: list[DiffEdit] = []
    for edit in changes:
        if rows and edit.start <= rows[-1].end:
            last = rows.pop()
            rows.append(DiffEdit(last.start, max(last.end, edit.end), last.new + edit.new))
        else:
            rows.append(edit)
    return rows
