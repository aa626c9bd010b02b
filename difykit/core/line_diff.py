"""Where two rows of lines differ: patience first, so that what is unique in both holds the rest in place."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from itertools import pairwise
from typing import AnyStr, NamedTuple


class Span(NamedTuple):
    """A stretch of the old row, `start` up to `end`, and one of the new, `first` up to `last`."""

    start: int
    end: int
    first: int
    last: int


def differing(
    old: Sequence[AnyStr], new: Sequence[AnyStr], *, longest: int, blank_holds: bool = True
) -> Iterator[Span]:
    """The stretches that differ, by the lines that both sides have once, and between those by the same again.

    A stretch without any line that both have once is compared line by line up to `longest` lines, and taken as changed
    whole beyond. `blank_holds` says whether a line of white space alone may be what holds the rest in place.
    """
    waiting = [Span(0, len(old), 0, len(new))]
    while waiting:
        start, end, first, last = waiting.pop()
        while start < end and first < last and old[start] == new[first]:
            start, first = start + 1, first + 1
        while start < end and first < last and old[end - 1] == new[last - 1]:
            end, last = end - 1, last - 1
        stretch = Span(start, end, first, last)
        if start == end or first == last:
            if start != end or first != last:
                yield stretch
            continue
        anchors: list[tuple[int, int]] = _anchors(old, new, stretch, blank_holds=blank_holds)
        if anchors:
            edges = [(start - 1, first - 1), *anchors, (end, last)]
            waiting += reversed([Span(a + 1, c, b + 1, d) for (a, b), (c, d) in pairwise(edges)])
        elif max(end - start, last - first) > longest:
            yield stretch
        else:
            yield from _line_by_line(old, new, stretch)


def _anchors(old: Sequence[AnyStr], new: Sequence[AnyStr], span: Span, *, blank_holds: bool) -> list[tuple[int, int]]:
    """The longest run, in the order of both sides, of lines that each side has once."""
    counts = Counter(old[span.start : span.end])
    once = {line for line, count in counts.items() if count == 1 and (blank_holds or line.strip())}
    counts = Counter(new[span.first : span.last])
    positions = {new[at]: at for at in range(span.first, span.last) if counts[new[at]] == 1}
    pairs = [(at, positions[old[at]]) for at in range(span.start, span.end) if old[at] in once and old[at] in positions]
    ends: list[int] = []  # the least end of a run of each length, and by `tails` the pair it is of
    tails: list[int] = []
    before: list[int] = []
    for number, (_, position) in enumerate(pairs):
        length = bisect_left(ends, position)
        before.append(tails[length - 1] if length else -1)
        ends[length : length + 1] = [position]
        tails[length : length + 1] = [number]
    run: list[tuple[int, int]] = []
    number = tails[-1] if tails else -1
    while number >= 0:
        run.append(pairs[number])
        number = before[number]
    return run[::-1]


def _line_by_line(old: Sequence[AnyStr], new: Sequence[AnyStr], span: Span) -> Iterator[Span]:
    matcher = SequenceMatcher(None, old[span.start : span.end], new[span.first : span.last], autojunk=False)
    for tag, a, b, c, d in matcher.get_opcodes():
        if tag != "equal":
            yield Span(span.start + a, span.start + b, span.first + c, span.first + d)
