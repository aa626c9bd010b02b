"""Names joined by commas on one line, such as queues: what each side added or took away."""

from __future__ import annotations

import re
from collections.abc import Sequence

from difykit.porting.strategies.regions import ConflictRegion

_RUN = re.compile(r"[\w.:-]+(?:,[\w.:-]+){2,}")


def with_one_list(region: ConflictRegion) -> ConflictRegion | None:
    """The region with one merged list in its lines, or None where they differ in more than one list each."""
    if not len(region.base) == len(region.ours) == len(region.theirs):
        return None
    lines: list[str] = []
    for base, ours, theirs in zip(region.base, region.ours, region.theirs, strict=True):
        merged = ours if theirs == base else theirs if ours == base else _line(base, ours, theirs)
        if merged is None:
            return None
        lines.append(merged)
    joined = tuple(lines)
    return ConflictRegion(joined, joined, joined)


def _line(base: str, ours: str, theirs: str) -> str | None:
    runs = [_RUN.findall(line) for line in (base, ours, theirs)]
    if any(len(run) != 1 for run in runs) or len({_RUN.sub("\\0", line) for line in (base, ours, theirs)}) != 1:
        return None
    merged = merged_list(*(run[0].split(",") for run in runs))
    return _RUN.sub(lambda _: ",".join(merged), ours) if merged else None


def merged_list(base: Sequence[str], ours: Sequence[str], theirs: Sequence[str]) -> list[str] | None:
    """Ours' list without what theirs took away and with what it added, each after what it follows there.

    None where one has a thing twice, or a side put what was there into another order.
    """
    if any(len(set(side)) != len(side) for side in (base, ours, theirs)):
        return None
    for side in (ours, theirs):
        if [item for item in base if item in side] != [item for item in side if item in base]:
            return None
    items = [item for item in ours if item in theirs or item not in base]
    for at, item in enumerate(theirs):
        if item in base or item in items:
            continue
        before = [other for other in theirs[:at] if other in items]
        items.insert(items.index(before[-1]) + 1 if before else 0, item)
    return items
