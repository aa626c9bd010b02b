"""What is written in a box, cut to its width."""

from __future__ import annotations

from dataclasses import dataclass

from difykit.topology.measure import fitted, width
from difykit.topology.model import CUSTOM, FOLDER, NOT_BUILT, OWN, ServiceBox

PAD = 16
_BADGES = {CUSTOM: "CUSTOM", OWN: "YOURS", FOLDER: "FOLDER"}


@dataclass(frozen=True)
class LabelLine:
    """One line of a box: its style's name, its text, its size."""

    style: str
    text: str
    size: int


@dataclass(frozen=True)
class Face:
    badge: str
    lines: tuple[LabelLine, ...]

    @property
    def height(self) -> int:
        return 24 + sum(line.size + 6 for line in self.lines)


def face_of(service: ServiceBox, room: int, *, parts: bool = True) -> Face:
    """Nothing in it is wider than the box; without `parts` it does not say again what is in its image."""
    inner = room - 2 * PAD
    name = "Clients" if service.tier == "clients" else service.name
    badge = "ONCE" if service.once and service.mark not in {CUSTOM, OWN} else _BADGES.get(service.mark, "")
    size = 14 if service.once else 17
    occupied = (width(badge, 10, bold=True) + 24 if badge else 0) + 12 * len(service.networks)
    lines = [LabelLine("name", fitted(name, inner - occupied, size, bold=True), size)]
    role = " · ".join([*([service.title] if service.title else []), *(f":{port}" for port in service.listens[:2])])
    lines += [LabelLine("role", fitted(role, inner, 13), 13)] if role else []
    if service.image and not (service.once and service.mark not in {CUSTOM, OWN}):
        style = "tag" if service.mark == CUSTOM else "image"
        lines += [LabelLine(style, fitted(_without_digest(service.image), inner, 12, bold=style == "tag"), 12)]
    lines += [LabelLine("role", NOT_BUILT, 12)] if not service.built else []
    if service.tier == "clients":
        lines += [LabelLine("port", fitted(part, inner - 18, 12, bold=True), 12) for part in _few(service.parts, 8)]
    elif parts:
        lines += [LabelLine("part", fitted(f"+ {part}", inner, 12, bold=True), 12) for part in _few(service.parts, 3)]
    lines += [LabelLine("port", fitted(port.words, inner - 18, 12, bold=True), 12) for port in service.ports]
    return Face(badge, tuple(lines))


def _few(parts: tuple[str, ...], most: int) -> tuple[str, ...]:
    return parts if len(parts) <= most else (*parts[: most - 1], f"{len(parts) - most + 1} more")


def _without_digest(reference: str) -> str:
    plain, _, digest = reference.partition("@")
    return plain if ":" in plain.rpartition("/")[2] else f"{plain}@{digest[:19]}"
