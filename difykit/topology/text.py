"""The picture in words, for a terminal."""

from __future__ import annotations

from difykit.core.terminal import Lines
from difykit.topology.model import (
    APP,
    BACK,
    CUSTOM,
    DEEP,
    EXTERNAL,
    FOLDER,
    GATEWAY,
    OUTSIDE,
    OWN,
    STORE,
    TRAFFIC,
    ServiceBox,
    Topology,
)

_HEADS = {
    GATEWAY: "Gateway",
    APP: "Dify",
    STORE: "Stores",
    BACK: "Behind the stores",
    DEEP: "Behind those",
    OUTSIDE: "Outside",
}
_MARKS = {CUSTOM: "[custom]", OWN: "[yours]", EXTERNAL: "[outside]", FOLDER: "[folder]"}


def text(topology: Topology) -> Lines:
    """Everything that the picture shows, tier by tier."""
    lines = [f"Dify {topology.release}, project {topology.project}", topology.facts]
    for tier, head in _HEADS.items():
        group = [service for service in topology.services if service.tier == tier]
        if group:
            lines += ["", head]
        for service in group:
            lines += _service(service, topology)
    lines += ["", "Networks"]
    lines += [f"  {network.name}{'  internal' if network.internal else ''}" for network in topology.networks]
    return Lines(lines)


def _service(service: ServiceBox, topology: Topology) -> list[str]:
    mark = _MARKS.get(service.mark, "") + (" [ends]" if service.once else "")
    lines = [f"  {service.name}  {mark}".rstrip() + (f"  {service.title}" if service.title else "")]
    links = [link for link in topology.links if link.source == service.name and link.kind == TRAFFIC]
    facts = (
        ("image", service.image_words),
        ("holds", ", ".join(service.parts)),
        ("listens", ", ".join(service.listens)),
        ("ports", ", ".join(port.words for port in service.ports)),
        ("networks", ", ".join(service.networks)),
        ("speaks to", ", ".join(link.target + "".join(f":{port}" for port in link.ports[:1]) for link in links)),
        ("waits for", ", ".join(service.waits_for)),
    )
    return [*lines, *(f"    {name:<10}{value}" for name, value in facts if value)]
