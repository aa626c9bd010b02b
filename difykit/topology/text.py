"""The picture in words, for a terminal."""

from __future__ import annotations

from difykit.terminal import Lines
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
    Service,
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
        group = [one for one in topology.services if one.tier == tier]
        if group:
            lines += ["", head]
        for one in group:
            lines += _service(one, topology)
    lines += ["", "Networks"]
    lines += [f"  {one.name}{'  internal' if one.internal else ''}" for one in topology.networks]
    return Lines(lines)


def _service(one: Service, topology: Topology) -> list[str]:
    mark = _MARKS.get(one.mark, "") + (" [ends]" if one.once else "")
    lines = [f"  {one.name}  {mark}".rstrip() + (f"  {one.title}" if one.title else "")]
    links = [link for link in topology.links if link.source == one.name and link.kind == TRAFFIC]
    facts = (
        ("image", one.image),
        ("holds", ", ".join(one.parts)),
        ("listens", ", ".join(one.listens)),
        ("ports", ", ".join(port.words for port in one.ports)),
        ("networks", ", ".join(one.networks)),
        ("speaks to", ", ".join(link.target + "".join(f":{port}" for port in link.ports[:1]) for link in links)),
        ("waits for", ", ".join(one.waits_for)),
    )
    return [*lines, *(f"    {name:<10}{value}" for name, value in facts if value)]
