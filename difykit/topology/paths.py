"""The lines of a net as paths of an SVG, with round corners where they turn and a dot where they meet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from difykit.topology.edges import DrawnNet

_BEND = 7


@dataclass(frozen=True)
class Paths:
    """What is drawn of a wire: what all of it shares, each source's own branch, and where branches join the trunk."""

    shared: str
    branches: Mapping[str, str]
    joints: tuple[tuple[int, int], ...]


def paths_of(wire: DrawnNet) -> Paths:
    """The paths of a wire whose first level segments are those of its target and its sources, in their order."""
    trunk = {x: (top, end) for x, top, end_x, end in wire.segments if x == end_x}
    cut = dict(trunk)
    drawn: list[str] = []
    joints: list[tuple[int, int]] = []
    for x1, y, x2, _ in (segment for segment in wire.segments if segment[0] != segment[2]):
        path, begin = f"M{x1} {y}", x1
        if y in trunk.get(x1, ()):
            cut[x1], start, begin = _bent(cut[x1], trunk[x1], (x1, y), 1 if x2 > x1 else -1)
            path = f"M{x1} {start}Q{x1} {y} {begin} {y}"
        if y in trunk.get(x2, ()):
            cut[x2], start, stop = _bent(cut[x2], trunk[x2], (x2, y), 1 if begin > x2 else -1)
            path += f"H{stop}Q{x2} {y} {x2} {start}"
        else:
            path += f"H{x2}"
            joints += [(x2, y)] if x2 in trunk else []
        drawn.append(path)
    count = len(wire.net.sources)
    uprights = [f"M{x} {low}V{high}" for x, (low, high) in cut.items() if low < high]
    shared = [drawn[0], *drawn[1 + count :], *uprights]
    return Paths("".join(shared), dict(zip(wire.net.sources, drawn[1 : 1 + count], strict=True)), tuple(joints))


def _bent(
    cut: tuple[int, int], ends: tuple[int, int], corner: tuple[int, int], direction: int
) -> tuple[tuple[int, int], int, int]:
    """A round corner at one end of a trunk: what is left of the trunk, and where the corner ends on either line."""
    x, y = corner
    bend = min(_BEND, (ends[1] - ends[0]) // 2)
    low, high = (ends[0] + bend, cut[1]) if y == ends[0] else (cut[0], ends[1] - bend)
    return (low, high), low if y == ends[0] else high, x + direction * bend
