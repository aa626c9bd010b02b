"""Which box stands in which column, above or below the end of the main network."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from difykit.topology.model import APP, BACK, DEEP, EXTERNAL, GATEWAY, OUTSIDE, STORE, ServiceBox, Topology

CLIENTS = "clients"
_COLUMN = {OUTSIDE: STORE}
_WIDTH = {CLIENTS: 248, GATEWAY: 264, APP: 320, STORE: 280, BACK: 248, DEEP: 248}


@dataclass(frozen=True)
class Columns:
    """The boxes by columns, from left to right and from top to bottom."""

    services: tuple[ServiceBox, ...]
    column_of: Mapping[str, int]
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
    count = Counter(name for service in topology.services for name in service.networks)
    ranked = sorted(count, key=lambda name: (-count[name], name))
    main = "default" if "default" in count else next(iter(ranked), "")
    inner = Counter(
        name for service in topology.services for name in service.networks if service.tier == APP and name != main
    )
    second = min(inner, key=lambda name: (-inner[name], name), default="")
    services = [_clients(topology), *topology.services]
    tier = {service.name: _tier(service, second) for service in services}
    order = [name for name in _WIDTH if name in tier.values()]
    column_of = {service.name: order.index(tier[service.name]) for service in services}
    above = [
        [service for service in services if column_of[service.name] == number and _above(service, main)]
        for number in range(len(order))
    ]
    below = [
        [service for service in services if column_of[service.name] == number and not _above(service, main)]
        for number in range(len(order))
    ]
    for column in above:
        column.sort(key=lambda service: _rank(service, main, second))
    for column in below:
        column.sort(key=lambda service: (second not in service.networks, not service.networks, service.networks))
    return Columns(
        services=tuple(services),
        column_of=column_of,
        widths=tuple(_WIDTH[name] for name in order),
        above=tuple(tuple(service.name for service in column) for column in above),
        below=tuple(tuple(service.name for service in column) for column in below),
        main=main,
        second=second,
        entries=tuple(service.name for service in topology.services if service.tier == GATEWAY and service.ports),
    )


def _clients(topology: Topology) -> ServiceBox:
    doors = [
        (port.words.replace("→ ", f"→ {service.name}:", 1)) for service in topology.services for port in service.ports
    ]
    return ServiceBox(CLIENTS, CLIENTS, EXTERNAL, "browsers, API clients", parts=tuple(doors))


def _tier(service: ServiceBox, second: str) -> str:
    return APP if second and second in service.networks else _COLUMN.get(service.tier, service.tier)


def _above(service: ServiceBox, main: str) -> bool:
    return main in service.networks or service.tier == CLIENTS


def _rank(service: ServiceBox, main: str, second: str) -> tuple[bool, bool, int, tuple[str, ...]]:
    side_networks = tuple(name for name in service.networks if name not in {main, second})
    return second in service.networks, service.once, len(side_networks), side_networks
