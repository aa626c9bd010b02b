"""Where everything stands: columns of boxes, networks as regions around them, lines in the channels between them."""

from __future__ import annotations

from dataclasses import dataclass

from difykit.topology.columns import CLIENTS, Columns, columns_of
from difykit.topology.edges import DrawnNet, draw
from difykit.topology.labels import Face, face_of
from difykit.topology.model import TRAFFIC, ServiceBox, ServiceLink, Topology
from difykit.topology.routing import LEFT, Branch, Net, branches_of, nets_of

MARGIN, HEAD, GAP, INSET = 32, 112, 24, 24


@dataclass(frozen=True)
class Box:
    """A service's place and what is written in it."""

    service: ServiceBox
    face: Face
    x: int
    y: int
    w: int
    h: int


@dataclass(frozen=True)
class NetworkRegion:
    """A network's place: it holds the boxes of its services, and no other."""

    name: str
    internal: bool
    x: int
    y: int
    w: int
    h: int
    label: str
    """Where its name has room: above or below the boxes, or nowhere."""


@dataclass(frozen=True)
class PictureLayout:
    """The whole picture in numbers, each a pixel at its own size."""

    topology: Topology
    width: int
    height: int
    foot: int
    """Where the legend begins."""
    boxes: tuple[Box, ...]
    regions: tuple[NetworkRegion, ...]
    wires: tuple[DrawnNet, ...]


def lay_out(topology: Topology) -> PictureLayout:
    """The same layout for the same topology."""
    columns = columns_of(topology)
    links = (*topology.links, *(ServiceLink(CLIENTS, name, TRAFFIC, ("published",)) for name in columns.entries))
    nets = nets_of(links, columns.column_of)
    branches = [branch for net in nets for branch in branches_of(net, columns.column_of)]
    faces = _faces(columns)
    heights = {name: _height(face, name, branches) for name, face in faces.items()}
    tops, divide, bottom = _stack(columns, heights)
    ports = _ports(branches, nets, tops, heights)
    wires, lefts, right, low = draw(nets, ports, columns, margin=MARGIN, lanes=bottom + INSET + 8)
    boxes = tuple(
        Box(
            service,
            faces[service.name],
            lefts[column := columns.column_of[service.name]],
            tops[service.name],
            columns.widths[column],
            heights[service.name],
        )
        for service in columns.services
    )
    regions = _regions(topology, columns, boxes, divide)
    foot = max(low, bottom, *(region.y + region.h for region in regions)) + GAP
    width = max(right, *(region.x + region.w for region in regions), 1100) + MARGIN
    return PictureLayout(topology, width, foot + 96, foot, boxes, regions, wires)


def _faces(columns: Columns) -> dict[str, Face]:
    """What is in an image is written once, in the first box that has it."""
    faces: dict[str, Face] = {}
    described_images: set[str] = set()
    services = {service.name: service for service in columns.services}
    for name in (name for pair in zip(columns.above, columns.below, strict=True) for column in pair for name in column):
        service = services[name]
        faces[name] = face_of(
            service,
            columns.widths[columns.column_of[name]],
            parts=not service.image or service.image not in described_images,
        )
        described_images.add(service.image)
    return faces


def _height(face: Face, name: str, branches: list[Branch]) -> int:
    sides = [sum(branch.box == name and branch.side == side for branch in branches) for side in ("left", "right")]
    return max(_up(face.height), _up((max(sides) - 1) * 16 + 24))


def _up(number: float) -> int:
    return int(-(-number // 8) * 8)


def _stack(columns: Columns, heights: dict[str, int]) -> tuple[dict[str, int], int, int]:
    """The top of each box, the height where the main network ends, and the lowest end of a box."""
    tops: dict[str, int] = {}
    begin = _up(HEAD + 48)
    divide = begin
    for column in columns.above:
        y = begin
        for name in column:
            tops[name] = y
            y += heights[name] + GAP
        divide = max(divide, y - GAP + INSET)
    bottom = divide
    last = max((number for number, column in enumerate(columns.above) if column), default=0)
    nets = {service.name: service.networks for service in columns.services}
    for number, column in enumerate(columns.below):
        # Beyond the main network there is room from the top on, for what is on no network at all.
        y = begin if number > last and not any(nets[name] for name in column) else divide + GAP
        for name in column:
            tops[name] = y
            y += heights[name] + GAP
            bottom = max(bottom, y - GAP)
    return tops, divide, bottom


def _ports(
    branches: list[Branch], nets: tuple[Net, ...], tops: dict[str, int], heights: dict[str, int]
) -> dict[tuple[tuple[str, str], str], tuple[Branch, int]]:
    """The height of each branch; those from the left and those from the right of a channel are never the same."""
    middle = {name: top + heights[name] / 2 for name, top in tops.items()}
    opposite: dict[tuple[tuple[str, str], str], float] = {}
    for net in nets:
        opposite |= {(net.key, name): middle[net.target] for name in net.sources}
        opposite[net.key, net.target] = sum(middle[name] for name in net.sources) / len(net.sources)
    ports: dict[tuple[tuple[str, str], str], tuple[Branch, int]] = {}
    sides: dict[tuple[str, str], list[Branch]] = {}
    for branch in branches:
        sides.setdefault((branch.box, branch.side), []).append(branch)
    for (name, side), group in sides.items():
        group.sort(key=lambda branch: (opposite[branch.net.key, branch.box], branch.net.key))
        begin = (tops[name] + heights[name] // 2 - 8 * (len(group) - 1)) // 8 * 8
        for number, branch in enumerate(group):
            y = begin + 16 * number
            ports[branch.net.key, name] = branch, y + (4 if side == LEFT else 0)
    for net in nets:
        _straighten(net, ports, tops, heights)
    return ports


def _straighten(
    net: Net,
    ports: dict[tuple[tuple[str, str], str], tuple[Branch, int]],
    tops: dict[str, int],
    heights: dict[str, int],
) -> None:
    """A line from one box to one other is level where its ends are nearly so, and no other line is in the way."""
    (end, y), *source_ports = (ports[net.key, name] for name in (net.target, *net.sources))
    if len(source_ports) != 1 or source_ports[0][0].channel != end.channel or source_ports[0][0].side == end.side:
        return
    start, height = source_ports[0]
    tolerance = 40 if CLIENTS in net.sources else 12
    for branch, target_level in ((end, height), (start, y)):
        free = all(
            abs(level - target_level) >= (8 if (neighbour.box, neighbour.side) == (branch.box, branch.side) else 4)
            for neighbour, level in ports.values()
            if neighbour.channel == end.channel and neighbour.net.key != net.key
        )
        if (
            free
            and abs(y - height) <= tolerance
            and tops[branch.box] + 8 <= target_level <= tops[branch.box] + heights[branch.box] - 8
        ):
            ports[net.key, branch.box] = branch, target_level
            return


def _regions(topology: Topology, columns: Columns, boxes: tuple[Box, ...], divide: int) -> tuple[NetworkRegion, ...]:
    regions = []
    for network in topology.networks:
        inside = [box for box in boxes if network.name in box.service.networks]
        if not inside:
            continue
        left, top = min(box.x for box in inside) - INSET, min(box.y for box in inside)
        right = max(box.x + box.w for box in inside) + INSET
        bottom = max(box.y + box.h for box in inside)
        main, second = network.name == columns.main, network.name == columns.second
        top -= 48 if main else 12
        bottom = divide if main else bottom + (36 if second else 12)
        label = "above" if main else "below" if second else ""
        closed = not any(
            box not in inside and box.x < right and left < box.x + box.w and box.y < bottom and top < box.y + box.h
            for box in boxes
        )
        if closed:
            regions.append(NetworkRegion(network.name, network.internal, left, top, right - left, bottom - top, label))
    return tuple(sorted(regions, key=lambda region: (region.name != columns.main, region.name)))
