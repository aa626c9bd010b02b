"""A layer taken out of a file's weave, or moved in it; and what other layers have against that."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from difykit.authoring.line_history import NEVER, Mode, Weave


def without_layer(weave: Weave, rank: int) -> Weave:
    """The file as it is without what the layer did to it."""
    lines = (line._replace(died=NEVER) if line.died == rank else line for line in weave.lines if line.born != rank)
    return _settled(replace(weave, lines=tuple(lines)), [change for change in weave.modes if change.rank != rank])


def with_layer_at(weave: Weave, rank: int, to: int) -> Weave:
    """The file as it is when the layer `rank` comes at `to`."""
    lines = (
        line._replace(born=to if line.born == rank else line.born, died=to if line.died == rank else line.died)
        for line in weave.lines
    )
    modes = [Mode(to, change.mode) if change.rank == rank else change for change in weave.modes]
    return _settled(replace(weave, lines=tuple(lines)), sorted(modes, key=lambda change: change.rank))


def against_drop(weave: Weave, rank: int) -> set[int]:
    """The later layers that build on what this one did: they change its lines, add inside them, or need its file."""
    return _building_on(weave, rank, NEVER)


def against_move(weave: Weave, rank: int, to: int) -> set[int]:
    """The layers that this one may not pass: it builds on them, or they on it."""
    if to > rank:
        return _building_on(weave, rank, to)
    passed = {line.born for line in weave.lines if to < line.born < rank}
    passed |= {change.rank for change in weave.modes if to < change.rank < rank}
    return {layer for layer in passed if rank in _building_on(weave, layer, rank + 1)}


def _building_on(weave: Weave, rank: int, until: int) -> set[int]:
    later = {line.died for line in weave.lines if line.born == rank and rank < line.died < min(until, NEVER)}
    later |= set(_inside(weave, rank, until))
    if any(change.rank == rank for change in weave.modes):
        makes_or_deletes = weave.mode(rank - 1) is None or weave.mode(rank) is None
        later |= {change.rank for change in weave.modes if rank < change.rank < until}
        if makes_or_deletes:
            later |= {line.born for line in weave.lines if rank < line.born < until}
            later |= {line.died for line in weave.lines if line.born == rank and line.died < until}
    return later


def _inside(weave: Weave, rank: int, until: int) -> Iterator[int]:
    """The layers that put lines between two lines of this one."""
    for layer in sorted({line.born for line in weave.lines if rank < line.born < until}):
        shown = [weave.lines[number] for number in weave.visible(layer)]
        owners = [line.born for line in shown]
        start = 0
        while start < len(owners):
            end = start
            while end < len(owners) and owners[end] == layer:
                end += 1
            if end > start > 0 and end < len(owners) and owners[start - 1] == owners[end] == rank:
                yield layer
            start = max(end, start + 1)


def _settled(weave: Weave, modes: list[Mode]) -> Weave:
    """With these modes, without those that say what the one before says."""
    distinct: list[Mode] = []
    for change in modes:
        if (distinct[-1].mode if distinct else None) != change.mode or change.rank in weave.wholes:
            distinct.append(change)
    return replace(weave, modes=tuple(distinct))
