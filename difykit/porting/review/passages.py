"""Where the four sides of a merged file differ: passages, each with its lines on every side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import StringIO

from difykit.porting.strategies import edits

_CONTEXT = 3  # lines around what differs
_NEAR = 3  # lines between two differences that are one passage

BASE, YOURS, UPSTREAM, RESULT = SIDES = ("base", "yours", "upstream", "result")
"""The sides, in the order in which a reader needs them."""
NO_END = "\\ No newline at end of file"


@dataclass(frozen=True)
class Excerpt:
    """The lines of one side of a passage, and the number of the first in its file."""

    first: int
    lines: tuple[str, ...]
    open_end: bool = False
    """Whether the last of them ends the file without a line feed."""

    @property
    def shown(self) -> tuple[str, ...]:
        """The lines, with git's remark where the last one has no end."""
        return (*self.lines, NO_END) if self.open_end else self.lines

    @property
    def place(self) -> str:
        """Which lines these are."""
        return place_of(self.first, len(self.lines))

    def describe(self) -> dict[str, object]:
        """The excerpt as JSON has it."""
        return {"line": self.first, "lines": list(self.lines), "no_newline_at_end": self.open_end}


@dataclass(frozen=True)
class Passage:
    """What the sides that are texts have at one place; `changed` are the lines of the result that are about it."""

    sides: Mapping[str, Excerpt]
    changed: tuple[int, int] | None = None
    """The first of them, and how many; None where the result has no such file."""


def passages_of(texts: Mapping[str, str]) -> tuple[tuple[Passage, ...], int]:
    """The passages of these sides, and how many more there are that one side alone changed, as any merge takes them."""
    rows = {side: StringIO(texts[side], newline="\n").readlines() for side in SIDES if side in texts}
    anchor = next((side for side in (BASE, UPSTREAM, YOURS, RESULT) if side in rows), "")
    if not anchor:
        return (), 0
    spans = list(_spans(rows, anchor))
    shared = [span for span in spans if not _one_sided(rows, span)]
    chosen = shared or spans
    return tuple(_passage(rows, span) for span in chosen), len(spans) - len(chosen)


Span = Mapping[str, tuple[int, int]]
"""Where a passage begins and ends on each side, without its context."""


def _spans(rows: Mapping[str, Sequence[str]], anchor: str) -> Iterator[Span]:
    changes = {side: edits(rows[anchor], lines) for side, lines in rows.items()}
    bounds: list[list[int]] = []
    for start, end in sorted((edit.start, edit.end) for side_edits in changes.values() for edit in side_edits):
        if bounds and start <= bounds[-1][1] + _NEAR:
            bounds[-1][1] = max(bounds[-1][1], end)
        else:
            bounds.append([start, end])
    moved = dict.fromkeys(rows, 0)
    for start, end in bounds:
        span: dict[str, tuple[int, int]] = {}
        for side, side_edits in changes.items():
            grown = sum(len(edit.new) - (edit.end - edit.start) for edit in side_edits if start <= edit.start <= end)
            span[side] = (start + moved[side], end + moved[side] + grown)
            moved[side] += grown
        yield span


def _one_sided(rows: Mapping[str, Sequence[str]], span: Span) -> bool:
    """Whether one side alone changed this, and the result is that side's."""
    if len(rows) < len(SIDES):
        return False
    base, yours, upstream, result = (rows[side][slice(*span[side])] for side in SIDES)
    return (base == yours and result == upstream) or (base == upstream and result == yours)


def _passage(rows: Mapping[str, Sequence[str]], span: Span) -> Passage:
    sides = {side: _excerpt(rows[side], *span[side]) for side in rows}
    if RESULT not in span:
        return Passage(sides)
    start, end = span[RESULT]
    return Passage(sides, (start + 1, end - start))


def _excerpt(lines: Sequence[str], start: int, end: int) -> Excerpt:
    first, last = max(0, start - _CONTEXT), min(len(lines), end + _CONTEXT)
    chosen = lines[first:last]
    open_end = bool(chosen) and not chosen[-1].endswith("\n")
    return Excerpt(first + 1, tuple(line.removesuffix("\n") for line in chosen), open_end)


def place_of(first: int, count: int) -> str:
    """`line 7`, `lines 7-9`; where there is none, the one after which they would be."""
    if not count:
        return f"after line {first - 1}"
    return f"line {first}" if count == 1 else f"lines {first}-{first + count - 1}"
