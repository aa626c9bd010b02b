"""The lines of the picture, once it is known where each branch of a net meets its box."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from difykit.topology.columns import Columns
from difykit.topology.routing import LEFT, Branch, ChannelRun, Net, ordered

Segment = tuple[int, int, int, int]
"""From (x, y) to (x, y): level or upright."""
_TRACK, _EDGE = 14, 40
Ports = Mapping[tuple[tuple[str, str], str], tuple[Branch, int]]


@dataclass(frozen=True)
class DrawnNet:
    """A net as it is drawn."""

    net: Net
    segments: tuple[Segment, ...]
    ends: tuple[tuple[int, int], ...]
    """Where the branches of the sources begin."""
    arrow: tuple[int, int, int]
    """Where it meets its target, and in which direction: 1 to the right, -1 to the left."""


def draw(
    nets: tuple[Net, ...], ports: Ports, columns: Columns, *, margin: int, lanes: int
) -> tuple[tuple[DrawnNet, ...], tuple[int, ...], int, int]:
    """The wires, the left edge of each column, where the picture ends on the right, and its lowest line."""
    far = [net for net in nets if any(ports[net.key, name][0].channel != net.channel for name in net.sources)]
    levels = {net.key: lanes + _TRACK * number for number, net in enumerate(far)}
    runs: dict[int, list[ChannelRun]] = {}
    for net in nets:
        for channel in {ports[net.key, name][0].channel for name in (net.target, *net.sources)}:
            runs.setdefault(channel, []).append(_run(net, channel, ports, levels.get(net.key)))
    tracks: dict[tuple[int, tuple[str, str]], int] = {}
    lefts: list[int] = []
    x = margin + _lay(runs, -1, margin, tracks)
    for number, wide in enumerate(columns.widths):
        lefts.append(x)
        x += wide
        room = _lay(runs, number, x, tracks)
        x += room if room or number == len(columns.widths) - 1 else 2 * _EDGE
    wires = tuple(_wire(net, ports, tracks, columns, lefts=lefts, level=levels.get(net.key)) for net in nets)
    return wires, tuple(lefts), x, max(levels.values(), default=lanes - _TRACK)


def _run(net: Net, channel: int, ports: Ports, level: int | None) -> ChannelRun:
    ends = [
        (branch.side, y)
        for name in (net.target, *net.sources)
        for branch, y in [ports[net.key, name]]
        if branch.channel == channel
    ]
    # A box's right side is the left side of the channel.
    return ChannelRun(
        net,
        channel,
        tuple(y for side, y in ends if side != LEFT),
        tuple(y for side, y in ends if side == LEFT),
        level,
    )


def _lay(
    runs: Mapping[int, list[ChannelRun]], channel: int, x: int, tracks: dict[tuple[int, tuple[str, str]], int]
) -> int:
    """Give each run of a channel that begins at `x` its track, and return the channel's width."""
    tracked = ordered(runs.get(channel, []))
    for number, run in enumerate(tracked):
        tracks[channel, run.net.key] = x + _EDGE + _TRACK * number
    return 2 * _EDGE + _TRACK * (len(tracked) - 1) if tracked else 0


def _wire(
    net: Net,
    ports: Ports,
    tracks: Mapping[tuple[int, tuple[str, str]], int],
    columns: Columns,
    *,
    lefts: list[int],
    level: int | None,
) -> DrawnNet:
    segments: list[Segment] = []
    ends: list[tuple[int, int]] = []
    heights: dict[int, list[int]] = {net.channel: []}
    for name in (net.target, *net.sources):
        branch, y = ports[net.key, name]
        column = columns.column_of[name]
        edge = lefts[column] + (0 if branch.side == LEFT else columns.widths[column])
        segments.append((edge, y, tracks[branch.channel, net.key], y))
        heights.setdefault(branch.channel, []).append(y)
        ends.append((edge, y))
    for channel, ys in heights.items():
        all_of_it = [*ys, *([] if level is None else [level])]
        if min(all_of_it) < max(all_of_it):
            x = tracks[channel, net.key]
            segments.append((x, min(all_of_it), x, max(all_of_it)))
        if level is not None and channel != net.channel:
            segments.append((tracks[channel, net.key], level, tracks[net.channel, net.key], level))
    (x, y), sources = ends[0], tuple(ends[1:])
    return DrawnNet(net, tuple(segments), sources, (x, y, 1 if ports[net.key, net.target][0].side == LEFT else -1))
