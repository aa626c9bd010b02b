"""A drawn topology, judged by its numbers alone."""

from __future__ import annotations

from itertools import combinations

from difykit.topology import PictureLayout, Topology, lay_out
from difykit.topology.labels import PAD
from difykit.topology.measure import width


def faults(layout: PictureLayout) -> list[str]:
    """Boxes that overlap, lines that touch a box they do not end at, texts without room, regions that hold others."""
    found = [
        f"{one.service.name} overlaps {two.service.name}"
        for one, two in combinations(layout.boxes, 2)
        if one.x < two.x + two.w and two.x < one.x + one.w and one.y < two.y + two.h and two.y < one.y + one.h
    ]
    for box in layout.boxes:
        if box.x < 0 or box.y < 0 or box.x + box.w > layout.width or box.y + box.h > layout.foot:
            found.append(f"{box.service.name} is outside the picture")
        for wire in layout.wires:
            for x1, y1, x2, y2 in wire.segments:
                low, high, top, end = min(x1, x2), max(x1, x2), min(y1, y2), max(y1, y2)
                inside = (low < box.x + box.w and box.x < high) or (low == high and box.x <= low <= box.x + box.w)
                if inside and top <= box.y + box.h and box.y <= end:
                    found.append(f"the line to {wire.net.target} crosses {box.service.name}")
                if high > layout.width or end > layout.foot:
                    found.append(f"the line to {wire.net.target} is outside the picture")
        found += [
            f"{box.service.name}: no room for {line.text}"
            for line in box.face.lines
            if line.text != "…" and width(line.text, line.size) > box.w - 2 * PAD
        ]
    for region in layout.regions:
        held = {
            box.service.name
            for box in layout.boxes
            if box.x < region.x + region.w
            and region.x < box.x + box.w
            and box.y < region.y + region.h
            and region.y < box.y + box.h
        }
        members = {one.name for one in layout.topology.services if region.name in one.networks}
        if held != members:
            found.append(f"the region of {region.name} holds {sorted(held ^ members)} wrongly")
    return [*found, *_laid_over(layout), *_lost(layout)]


def _laid_over(layout: PictureLayout) -> list[str]:
    """Lines of two nets that lie on each other: they could not be told apart."""
    found = []
    for one, two in combinations(layout.wires, 2):
        for a in one.segments:
            for b in two.segments:
                for flat, other in ((0, 1), (1, 0)):
                    same = a[flat] == a[flat + 2] == b[flat] == b[flat + 2]
                    (low, high), (begin, end) = sorted(a[other::2]), sorted(b[other::2])
                    if same and low < end and begin < high:
                        found.append(f"the lines to {one.net.key} and {two.net.key} lie on each other: {a} {b}")
    return found


def _lost(layout: PictureLayout) -> list[str]:
    """What is in the topology and not in the picture, or twice."""
    drawn = sorted(box.service.name for box in layout.boxes if box.service.tier != "clients")
    found = [] if drawn == sorted(one.name for one in layout.topology.services) else [f"boxes: {drawn}"]
    lines = {(source, wire.net.target, wire.net.kind) for wire in layout.wires for source in wire.net.sources}
    missing = {(link.source, link.target, link.kind) for link in layout.topology.links} - lines
    found += [f"no line for {link}" for link in sorted(missing)]
    for wire in layout.wires:
        if _reached(wire.segments, wire.arrow[:2]) != {wire.arrow[:2], *wire.ends}:
            found.append(f"the line to {wire.net.target} is broken")
    return found


def _reached(segments: tuple[tuple[int, int, int, int], ...], start: tuple[int, int]) -> set[tuple[int, int]]:
    """The free ends of all segments that hang together with `start`."""
    left, points, seen = list(segments), [start], {start}
    while points:
        x, y = points.pop()
        for one in list(left):
            if one not in left or not _on(one, x, y):
                continue
            left.remove(one)
            for x1, y1, x2, y2 in [one]:
                new = [(x1, y1), (x2, y2)]
                new += [(a, b) for s in left for a, b in ((s[0], s[1]), (s[2], s[3])) if _on(one, a, b)]
                points += new
                seen |= {(x1, y1), (x2, y2)}
    if left:
        return set()
    return {point for point in seen if sum(_on(one, *point) for one in segments) == 1}


def _on(segment: tuple[int, int, int, int], x: int, y: int) -> bool:
    x1, y1, x2, y2 = segment
    return min(x1, x2) <= x <= max(x1, x2) and min(y1, y2) <= y <= max(y1, y2)


def sound(topology: Topology) -> PictureLayout:
    """Its layout, without a fault."""
    layout = lay_out(topology)
    assert faults(layout) == []
    return layout
