"""A layer taken out of a file's weave, or moved in it; and what other layers have against that."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from difykit.authoring.line_history import NEVER, Mode, Weave


def without_layer(weave: Weave, rank: int) -> Weave:
    """The file as it is without what the layer did to it."""
    lines = (line._replace(died=NEVER) if line.died == rank else line for line in weave.lines if line.born != rank)
    return _settled(replace(weave, lines=tuple(lines)), [each for each in weave.modes if each.rank != rank])


def with_layer_at(weave: Weave, rank: int, to: int) -> Weave:
    """The file as it is when the layer `rank` comes at `to`."""
    lines = (
        line._replace(born=to if line.born == rank else line.born, died=to if line.died == rank else line.died)
        for line in weave.lines
    )
    modes = [Mode(to, each.mode) if each.rank == rank else each for each in weave.modes]
    return _settled(replace(weave, lines=tuple(lines)), sorted(modes, key=lambda each: each.rank))


def against_drop(weave: Weave, rank: int) -> set[int]:
    """The later layers that build on what this one did: they change its lines, add inside them, or need its file."""
    return _building_on(weave, rank, NEVER)


def against_move(weave: Weave, rank: int, to: int) -> set[int]:
    """The layers that this one may not pass: it builds on them, or they on it."""
    if to > rank:
        return _building_on(weave, rank, to)
    passed = {line.born for line in weave.lines if to < line.born < rank}
    passed |= {each.rank for each in weave.modes if to < each.rank < rank}
    return {other for other in passed if rank in _building_on(weave, other, rank + 1)}


def _building_on(weave: Weave, rank: int, until: int) -> set[int]:
    later = {line.died for line in weave.lines if line.born == rank and rank < line.died < min(until, NEVER)}
    later |= set(_inside(weave, rank, until))
    if any(each.rank == rank for each in weave.modes):
        made = weave.mode(rank - 1) is None or weave.mode(rank) is None
        later |= {each.rank for each in weave.modes if rank < each.rank < until}
        if made:
            later |= {line.born for line in weave.lines if rank < line.born < until}
            later |= {line.died for line in weave.lines if line.born == rank and line.died < until}
    return later


def _inside(weave: Weave, rank: int, until: int) -> Iterator[int]:
    """The layers that put lines between two lines of this one."""
    for other in sorted({line.born for line in weave.lines if rank < line.born < until}):
        shown = [weave.lines[at] for at in weave.visible(other)]
        owners = [line.born for line in shown]
        at = 0
        while at < len(owners):
            end = at
            while end < len(owners) and owners[end] == other:
                end += 1
            if end > at > 0 and end < len(owners) and owners[at - 1] == owners[end] == rank:
                yield other
            at = max(end, at + 1)


def _settled(weave: Weave, modes: list[Mode]) -> Weave:
    """With these modes, without those that say what the one before says."""
    kept: list[Mode] = []
    for each in modes:
        if (kept[-1].mode if kept else None) != each.mode or each.rank in weave.wholes:
            kept.append(each)
    return replace(weave, modes=tuple(kept))
