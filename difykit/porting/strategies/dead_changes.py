"""What both sides' changes leave without effect: values that nothing reads, names that nothing set, code not reached.

What one side wrote and the other one took the use of away merges without a conflict, and does nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from difykit.porting.strategies.diff import edits, matches
from difykit.porting.strategies.flow import Bind, Flow, FunctionFlow, Read, flow_of
from difykit.porting.strategies.model import FindingWeight, MergeFinding, MergeTexts
from difykit.porting.strategies.regions import lines_of

Parts = Callable[[str], Sequence[FunctionFlow]]


@dataclass(frozen=True)
class Side:
    """One side's file beside the merged one; lines are counted from 1."""

    whose: str
    text: str
    base: str
    merged: str

    @cached_property
    def new(self) -> frozenset[int]:
        """The lines that this side wrote, but for those to which it only wrote a comment."""
        written: set[int] = set()
        shift = 0
        base = lines_of(self.base)
        for edit in edits(base, lines_of(self.text)):
            begin = edit.start + shift + 1
            was = {_bare(row) for row in base[edit.start : edit.end]}
            written |= {begin + at for at, row in enumerate(edit.new) if _bare(row) not in was}
            shift += len(edit.new) - (edit.end - edit.start)
        return frozenset(written)

    @cached_property
    def to_merged(self) -> dict[int, int]:
        """Where each of this side's lines is in the merged file, as far as it is."""
        rows = matches(lines_of(self.text), lines_of(self.merged))
        return {start + at + 1: begin + at + 1 for start, begin, count in rows for at in range(count)}

    @cached_property
    def from_merged(self) -> dict[int, int]:
        """Where each line of the merged file is in this side's, as far as it is."""
        return {line: own for own, line in self.to_merged.items()}


def _bare(row: str) -> str:
    return re.sub(r"\s+(#|//)\s.*", "", row).strip()


@lru_cache(maxsize=4)
def both_sides(sides: MergeTexts, merged: str) -> tuple[Side, Side]:
    """Upstream's and yours, each beside the merged file."""
    return (
        Side("upstream", sides.ours, sides.base, merged),
        Side("your side", sides.theirs, sides.base, merged),
    )


def lost(sides: MergeTexts, merged: str, parts: Parts) -> Iterator[MergeFinding]:
    """What the merged file's functions do not do any more, of those that both sides had a hand in."""
    around = both_sides(sides, merged)
    texts = [_texts(side.text, parts(side.text)) for side in around]
    merged_parts = _texts(merged, parts(merged))
    mixed = [part for text, part in merged_parts.items() if not any(text in of for of in texts)]
    if not mixed:
        return
    flow = flow_of(mixed)
    flows = [flow_of([part for text, part in of.items() if text not in merged_parts]) for of in texts]
    for side, own in zip(around, flows, strict=True):
        yield from _unread(side, own, flow)
        yield from _unreached(side, own, flow)
    yield from _unset(around, flows, flow)


def _texts(text: str, parts: Sequence[FunctionFlow]) -> dict[tuple[str, ...], FunctionFlow]:
    rows = lines_of(text)
    return {tuple(rows[part.first - 1 : part.last]): part for part in parts}


def label(name: object) -> str:
    """A name as it is written."""
    return str(name[1]) if isinstance(name, tuple) else str(name)


def _unread(side: Side, own: Flow, flow: Flow) -> Iterator[MergeFinding]:
    by_name: dict[str, list[Bind]] = {}
    for bind in flow.binds:
        by_name.setdefault(label(bind.name), []).append(bind)
    for bind in own.binds:
        name = label(bind.name)
        written = not bind.external and not side.new.isdisjoint(range(bind.first, bind.last + 1))
        if not written or name.startswith("_") or not own.is_read(bind):
            continue
        now = _counterparts(side, bind, by_name.get(name, ()))
        if not now:
            continue
        line = now[0].first
        if not any(flow.is_read(other) for other in now):
            outside = isinstance(bind.name, tuple) and not bind.name[0]  # others may import it
            weight = FindingWeight.DOUBT if bind.touches or outside else FindingWeight.SURE
            verb = "is changed" if bind.touches else "is set"
            yield MergeFinding(
                f"line {line}: {name} {verb} there by {side.whose}, and nothing reads it any more", weight
            )
            continue
        readers = [read for other in now for read in flow.reads[other]]
        if flow.shared.isdisjoint(now) and (reader := _lost_reader(side, own.reads[bind], readers)):
            yield MergeFinding(f"line {line}: {name} is set there by {side.whose}; `{reader}`, which read it, is gone")


def _counterparts(side: Side, bind: Bind, among: Sequence[Bind]) -> list[Bind]:
    """Where the merged file sets what a side sets."""
    alike = [other for other in among if other.touches == bind.touches]
    places = {side.to_merged[line] for line in range(bind.first, bind.last + 1) if line in side.to_merged}
    if not places:  # both sides changed words of the line
        return alike if len(alike) == 1 else []
    return [other for other in alike if any(other.first <= row <= other.last for row in places)]


def _lost_reader(side: Side, reads: Sequence[Read], now: Sequence[Read]) -> str:
    """A line of a side that read a value, and that the merged file has nothing for; "" where there is none."""
    lines = {read.line for read in reads}
    gone = sorted(line for line in lines if line not in side.to_merged)
    fewer = len({read.line for read in now}) < len(lines)
    return lines_of(side.text)[gone[0] - 1].strip()[:60] if gone and fewer else ""


def _unreached(side: Side, own: Flow, flow: Flow) -> Iterator[MergeFinding]:
    reached = {stand.line for stand in own.reached}
    now = {stand.line for stand in flow.reached}
    for line in sorted({stand.line for stand in flow.stands} - now):
        was = side.from_merged.get(line, 0)
        if was in side.new and was in reached:
            yield MergeFinding(f"line {line}: nothing gets to what {side.whose} has there any more", FindingWeight.SURE)
            return


def _unset(around: Sequence[Side], flows: Sequence[Flow], flow: Flow) -> Iterator[MergeFinding]:
    """Names that are read before anything sets them, in a line of which that is true on neither side."""
    for read in flow.sources:
        if not flow.is_bare(read):
            continue
        was = [
            own.is_bare(other)
            for side, own in zip(around, flows, strict=True)
            for other in own.sources
            if other.line == side.from_merged.get(read.line) and label(other.name) == label(read.name)
        ]
        if was and not any(was):
            yield MergeFinding(
                f"line {read.line}: {label(read.name)} is read there before anything sets it", FindingWeight.SURE
            )
