"""Which lines of a file changed: exact, quick on long files, and by lines that occur once where there are such."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from io import BytesIO
from itertools import pairwise
from typing import NamedTuple

_SNIFFED = 8000  # bytes in which a NUL makes a file binary, as git has it
_LONG = 2000  # lines; a longer stretch without any line that occurs once is taken as changed whole


class LineEdit(NamedTuple):
    """Lines `start` up to `end` of the old file give way to `new`."""

    start: int
    end: int
    new: tuple[bytes, ...]


class _Span(NamedTuple):
    """A stretch of the old file and one of the new."""

    start: int
    end: int
    first: int
    last: int


def is_opaque(mode: str, content: bytes) -> bool:
    """Whether a file has no lines: a symlink, or a binary."""
    return mode == "120000" or b"\0" in content[:_SNIFFED]


def split(content: bytes, *, opaque: bool) -> list[bytes]:
    """The lines with their ends; an opaque file is one line."""
    if opaque:
        return [content] if content else []
    return BytesIO(content).readlines()


def hunks(old: Sequence[bytes], new: Sequence[bytes]) -> list[LineEdit]:
    """What turns `old` into `new`, from top to bottom; between two hunks there is at least one line that stays."""
    edits: list[LineEdit] = []
    for start, end, first, last in _differing(old, new, _Span(0, len(old), 0, len(new))):
        if edits and edits[-1].end == start:
            edits[-1] = LineEdit(edits[-1].start, end, (*edits[-1].new, *new[first:last]))
        else:
            edits.append(LineEdit(start, end, tuple(new[first:last])))
    return edits


def _differing(old: Sequence[bytes], new: Sequence[bytes], span: _Span) -> Iterator[_Span]:
    """The stretches that differ, by the lines that both sides have once, and between those by the same again."""
    waiting = [span]
    while waiting:
        start, end, first, last = waiting.pop()
        while start < end and first < last and old[start] == new[first]:
            start, first = start + 1, first + 1
        while start < end and first < last and old[end - 1] == new[last - 1]:
            end, last = end - 1, last - 1
        stretch = _Span(start, end, first, last)
        if start == end or first == last:
            if start != end or first != last:
                yield stretch
        elif anchors := _anchors(old, new, stretch):
            edges = [(start - 1, first - 1), *anchors, (end, last)]
            parts = [_Span(a + 1, c, b + 1, d) for (a, b), (c, d) in pairwise(edges)]
            waiting += reversed(parts)
        else:
            yield from _plainly(old, new, stretch)


def _anchors(old: Sequence[bytes], new: Sequence[bytes], span: _Span) -> list[tuple[int, int]]:
    """The longest run, in the order of both sides, of lines that each side has once."""
    once = {line for line, count in Counter(old[span.start : span.end]).items() if count == 1}
    counts = Counter(new[span.first : span.last])
    positions = {new[at]: at for at in range(span.first, span.last) if counts[new[at]] == 1}
    pairs = [(at, positions[old[at]]) for at in range(span.start, span.end) if old[at] in once and old[at] in positions]
    ends: list[int] = []  # the least end of a run of each length, and by `tails` the pair it is of
    tails: list[int] = []
    before: list[int] = []
    for number, (_, there_at) in enumerate(pairs):
        length = bisect_left(ends, there_at)
        before.append(tails[length - 1] if length else -1)
        ends[length : length + 1] = [there_at]
        tails[length : length + 1] = [number]
    run: list[tuple[int, int]] = []
    number = tails[-1] if tails else -1
    while number >= 0:
        run.append(pairs[number])
        number = before[number]
    return run[::-1]


def _plainly(old: Sequence[bytes], new: Sequence[bytes], span: _Span) -> Iterator[_Span]:
    if max(span.end - span.start, span.last - span.first) > _LONG:
        yield span
        return
    matcher = SequenceMatcher(None, old[span.start : span.end], new[span.first : span.last], autojunk=False)
    for tag, a, b, c, d in matcher.get_opcodes():
        if tag != "equal":
            yield _Span(span.start + a, span.start + b, span.first + c, span.first + d)
