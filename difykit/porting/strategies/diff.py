"""Which lines two texts share: patience first, so that what is unique in both holds the rest in place."""

from __future__ import annotations

import difflib
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

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
    pairs: list[tuple[int, int]] = []
    _match(a, b, (0, len(a), 0, len(b)), pairs)
    runs: list[tuple[int, int, int]] = []
    for a_index, b_index in pairs:
        if runs and runs[-1][0] + runs[-1][2] == a_index and runs[-1][1] + runs[-1][2] == b_index:
            runs[-1] = (*runs[-1][:2], runs[-1][2] + 1)
        else:
            runs.append((a_index, b_index, 1))
    return runs


def _match(a: Sequence[str], b: Sequence[str], area: tuple[int, int, int, int], pairs: list[tuple[int, int]]) -> None:
    a0, a1, b0, b1 = area
    while a0 < a1 and b0 < b1 and a[a0] == b[b0]:
        pairs.append((a0, b0))
        a0, b0 = a0 + 1, b0 + 1
    tail: list[tuple[int, int]] = []
    while a0 < a1 and b0 < b1 and a[a1 - 1] == b[b1 - 1]:
        a1, b1 = a1 - 1, b1 - 1
        tail.append((a1, b1))
    if a0 < a1 and b0 < b1:
        anchors = _anchors(a, b, (a0, a1, b0, b1))
        if anchors:
            for a_index, b_index in anchors:
                _match(a, b, (a0, a_index, b0, b_index), pairs)
                pairs.append((a_index, b_index))
                a0, b0 = a_index + 1, b_index + 1
            _match(a, b, (a0, a1, b0, b1), pairs)
        elif a1 - a0 <= _DENSE and b1 - b0 <= _DENSE:
            blocks = difflib.SequenceMatcher(None, a[a0:a1], b[b0:b1], autojunk=False).get_matching_blocks()
            pairs += [(a0 + i + k, b0 + j + k) for i, j, size in blocks for k in range(size)]
    pairs += reversed(tail)


def _anchors(a: Sequence[str], b: Sequence[str], area: tuple[int, int, int, int]) -> list[tuple[int, int]]:
    """The longest row of units that occur once in each, in the same order."""
    a0, a1, b0, b1 = area
    once_a, once_b = Counter(a[a0:a1]), Counter(b[b0:b1])
    positions = {b[at]: at for at in range(b0, b1) if once_b[b[at]] == 1}
    pairs = [
        (at, positions[a[at]]) for at in range(a0, a1) if once_a[a[at]] == 1 and a[at] in positions and a[at].strip()
    ]
    tops: list[int] = []
    ends: list[int] = []
    before: list[int] = []
    for index, (_, right) in enumerate(pairs):
        at = bisect_left(tops, right)
        before.append(ends[at - 1] if at else -1)
        if at == len(tops):
            tops.append(right)
            ends.append(index)
        else:
            tops[at], ends[at] = right, index
    row: list[tuple[int, int]] = []
    index = ends[-1] if ends else -1
    while index >= 0:
        row.append(pairs[index])
        index = before[index]
    return row[::-1]


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
