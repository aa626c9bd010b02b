"""Committed conflicts taken apart from a fork's own changes to the same file; pure."""

from __future__ import annotations

import re
from io import BytesIO

from difykit.porting.strategies import edits

_START, _MIDDLE, _END = (re.compile(form) for form in (r"<{7} .+\s*", r"={7}\s*", r">{7} .+\s*"))


def without_conflicts(base: bytes, fork: bytes) -> bytes | None:
    """The fork's file with the lines of `base` in place of each conflict, and with all else that the fork changed.

    None where that cannot be told apart: a conflict that is not whole, or a change that goes on beyond one.
    """
    old, new = _lines(base), _lines(fork)
    conflicts = _conflicts(new)
    if conflicts is None:
        return None
    result: list[str] = []
    position = shift = 0
    for change in edits(old, new):
        first = change.start + shift
        last = first + len(change.new)
        inside = [number for number in range(first, last) if _holds(conflicts, number)]
        if inside and len(inside) < last - first:
            return None
        conflict = bool(inside) or (first == last and _splits(conflicts, first))
        result += [*old[position : change.start], *(old[change.start : change.end] if conflict else change.new)]
        position, shift = change.end, shift + len(change.new) - (change.end - change.start)
    return "".join([*result, *old[position:]]).encode("latin-1")


def _lines(content: bytes) -> list[str]:
    """The lines with their ends; Latin-1 gives every byte a character, and back."""
    return [line.decode("latin-1") for line in BytesIO(content).readlines()]


def _conflicts(lines: list[str]) -> list[tuple[int, int]] | None:
    """The first and the last line of each conflict; None where one is not whole."""
    spans: list[tuple[int, int]] = []
    start = middle = -1
    for number, line in enumerate(lines):
        if _START.fullmatch(line):
            if start >= 0:
                return None
            start, middle = number, -1
        elif start >= 0 and _MIDDLE.fullmatch(line):
            middle = number
        elif _END.fullmatch(line):
            if start < 0 or middle < 0:
                return None
            spans.append((start, number))
            start = -1
    return spans if start < 0 else None


def _holds(spans: list[tuple[int, int]], line: int) -> bool:
    return any(first <= line <= last for first, last in spans)


def _splits(spans: list[tuple[int, int]], line: int) -> bool:
    """Whether a gap before this line is within a conflict."""
    return any(first < line <= last for first, last in spans)
