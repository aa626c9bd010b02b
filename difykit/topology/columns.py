"""Which box stands in which column, above or below the end of the main network."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from difykit.topology.model import (
    APP,
    BACK,
    DEEP,
    EXTERNAL,
    GATEWAY,
    OUTSIDE,
    STORE,
    Service,
    Topology,
)

CLIENTS = "clients"
_COLUMN = {OUTSIDE: STORE}
_WIDTH = {CLIENTS: 248, GATEWAY: 264, APP: 320, STORE: 280, BACK: 248, DEEP: 248}


@dataclass(frozen=True)
class Columns:
    """The boxes by columns, from left to right and from top to bottom."""

    services: tuple[Service, ...]
    at: Mapping[str, int]
    widths: tuple[int, ...]
    above: tuple[tuple[str, ...], ...]
    """What is on the main network."""
    below: tuple[tuple[str, ...], ...]
    main: str
    second: str
    entries: tuple[str, ...]
    """The services that the outside world comes in by."""


def columns_of(topology: Topology) -> Columns:
    """The networks that most of Dify is on are regions: the main one, and the one that code and tools are held in."""
    count = Counter(name for one in topology.services for name in one.networks)
    ranked = sorted(count, key=lambda name: (-count[name], name))
    main = "default" if "default" in count else next(iter(ranked), "")
    inner = Counter(name for one in topology.services for name in one.networks if one.tier == APP and name != main)
    second = min(inner, key=lambda name: (-inner[name], name), default="")
    services = [_clients(topology), *topology.services]
    tier = {one.name: _tier(one, second) for one in services}
    order = [name for name in _WIDTH if name in tier.values()]
    at = {one.name: order.index(tier[one.name]) for one in services}
    above = [[one for one in services if at[one.name] == number and _above(one, main)] for number in range(len(order))]
    below = [
        [one for one in services if at[one.name] == number and not _above(one, main)] for number in range(len(order))
    ]
    for column in above:
        column.sort(key=lambda one: _rank(one, main, second))
    for column in below:
        column.sort(key=lambda one: (second not in one.networks, not one.networks, one.networks))
    return Columns(
        services=tuple(services),
        at=at,
        widths=tuple(_WIDTH[name] for name in order),
        above=tuple(tuple(one.name for one in column) for column in above),
        below=tuple(tuple(one.name for one in column) for column in below),
        main=main,
        second=second,
        entries=tuple(one.name for one in topology.services if one.tier == GATEWAY and one.ports),
    )


def _clients(topology: Topology) -> Service:
    doors = [(port.words.replace("→ ", f"→ {one.name}:", 1)) for one in topology.services for port in one.ports]
    return Service(CLIENTS, CLIENTS, EXTERNAL, "browsers, API clients", parts=tuple(doors))


def _tier(one: Service, second: str) -> str:
    return APP if second and second in one.networks else _COLUMN.get(one.tier, one.tier)


def _above(one: Service, main: str) -> bool:
    return main in one.networks or one.tier == CLIENTS


def _rank(one: Service, main: str, second: str) -> tuple[bool, bool, int, tuple[str, ...]]:
    others = tuple(name for name in one.networks if name not in {main, second})
    return second in one.networks, one.once, len(others), others
