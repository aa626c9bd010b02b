"""The layout as an SVG that stands alone: its own style, light and dark, and nothing from elsewhere."""

from __future__ import annotations

import json
from html import escape
from pathlib import Path

from difykit.core import files, redact
from difykit.topology.edges import DrawnNet
from difykit.topology.labels import PAD, LabelLine
from difykit.topology.layout import MARGIN, Box, NetworkRegion, PictureLayout
from difykit.topology.measure import fitted, width
from difykit.topology.model import EXTERNAL, TRAFFIC
from difykit.topology.paths import paths_of

_HERE = Path(__file__).resolve().parent
_COLOURS, _NETWORKS = 8, 6
_LEGEND = (
    ("s-custom", "custom image"),
    ("s-own", "service of an overlay"),
    ("s-stock", "as Dify ships it"),
    ("s-external", "outside the deployment"),
)


def look() -> str:
    """The style of the picture, for a page that holds it."""
    return files.read_text(_HERE / "look.css")


def svg(layout: PictureLayout, *, alone: bool = True) -> str:
    """The picture; without `alone` its style is left to the page around it, whose policy forbids it here."""
    title = f"Dify {layout.topology.release} · project {layout.topology.project}"
    colour = {network.name: number % _NETWORKS for number, network in enumerate(layout.topology.networks)}
    # Traffic is drawn over what merely waits.
    wires = sorted(layout.wires, key=lambda wire: wire.net.kind == TRAFFIC)
    targets = list(dict.fromkeys(wire.net.target for wire in layout.wires if wire.net.kind == TRAFFIC))
    frame = (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="topo" role="img" aria-label="{_e(title)}"'
        f' viewBox="0 0 {layout.width} {layout.height}" width="{layout.width}" height="{layout.height}">'
    )
    parts = [
        frame,
        f"<title>{_e(title)}</title>" if alone else "",
        f"<style>{look()}</style>" if alone else "",
        f'<rect class="paper" width="{layout.width}" height="{layout.height}"/>',
        f'<text class="title" x="{MARGIN}" y="58">{_e(title)}</text>',
        f'<text class="facts" x="{MARGIN}" y="86">{_e(layout.topology.facts)}</text>',
        *(_region(region, colour[region.name]) for region in layout.regions),
        *(_wire(wire, targets) for wire in wires),
        *(_box(box, colour) for box in layout.boxes),
        _legend(layout, colour),
        "</svg>\n",
    ]
    return "\n".join(part for part in parts if part)


def _e(text: str) -> str:
    # XML knows no control characters, not even escaped ones.
    shown = "".join(char if char.isprintable() else "\ufffd" for char in redact.text(text))
    return escape(shown.encode("utf-8", "replace").decode(), quote=True)


def _region(region: NetworkRegion, colour: int) -> str:
    y = region.y + region.h - 12 if region.label == "below" else region.y + 25
    words = f"network {region.name}" + (" · internal: no way out but the proxy" if region.internal else "")
    if width(words, 14, bold=True) > region.w - 32:
        words = f"{region.name} · internal" if region.internal else region.name
    words = fitted(words, region.w - 32, 14, bold=True)
    name = f'<text class="region-name n{colour}" x="{region.x + 18}" y="{y}">{_e(words)}</text>'
    position = f'x="{region.x}" y="{region.y}" width="{region.w}" height="{region.h}"'
    return f'<rect class="region n{colour}" {position} rx="18"/>{name if region.label else ""}'


def _wire(wire: DrawnNet, targets: list[str]) -> str:
    traffic = wire.net.kind == TRAFFIC
    colour = f"w{targets.index(wire.net.target) % _COLOURS}" if traffic else "wx"
    style, joint, end = ("traffic", 4, 3) if traffic else ("waits", 2, 2)
    x, y, direction = wire.arrow
    paths = paths_of(wire)
    outline = paths.shared + "".join(paths.branches.values())
    own = "".join(f'<path class="{style}" data-of="{_e(name)}" d="{d}"/>' for name, d in paths.branches.items())
    dots = [f'<circle cx="{x}" cy="{level}" r="{joint}"/>' for x, level in paths.joints]
    dots += [f'<circle cx="{x}" cy="{level}" r="{end}"/>' for x, level in wire.ends]
    tip = f"M{x} {y}l{-11 * direction} -6v12z" if traffic else f"M{x} {y}l{-7 * direction} -4v8z"
    names, why = _e(json.dumps(wire.net.sources)), ", ".join(wire.net.why)
    words = _e(f"{', '.join(wire.net.sources)} → {wire.net.target}{': ' if why else ''}{why}")
    return (
        f'<g class="wire {colour}" data-to="{_e(wire.net.target)}" data-from="{names}"><title>{words}</title>'
        + (f'<path class="halo" d="{outline}"/>' if traffic else "")
        + f'<path class="{style}" d="{paths.shared}"/>{own}<path class="tip" d="{tip}"/>{"".join(dots)}</g>'
    )


def _box(box: Box, colour: dict[str, int]) -> str:
    service = box.service
    kind = f"svc s-{service.mark}" + (" once" if service.once else "")
    corner = 26 if service.mark == EXTERNAL else 12
    lines, y = [], box.y + 14
    for line in box.face.lines:
        y += line.size + (6 if line is not box.face.lines[0] else 4)
        lines.append(_line(line, box.x + PAD, y))
    words = _e(about(box))
    return (
        f'<g class="{kind}" tabindex="0" role="img" aria-label="{words}"'
        f' data-name="{_e(service.name)}"><title>{words}</title>'
        f'<rect class="box" x="{box.x}" y="{box.y}" width="{box.w}" height="{box.h}" rx="{corner}"/>'
        f"{''.join(lines)}{_corner(box, colour)}</g>"
    )


def about(box: Box) -> str:
    """All of a service in one line, for those who point at it or hear it."""
    service = box.service
    facts = [
        service.name,
        service.title,
        service.image_words,
        service.mark if service.mark != "stock" else "",
        f"listens on {', '.join(service.listens)}" if service.listens else "",
        f"published: {', '.join(port.words for port in service.ports)}" if service.ports else "",
        f"networks: {', '.join(service.networks)}" if service.networks else "",
        f"holds: {', '.join(service.parts)}" if service.parts else "",
        f"waits for: {', '.join(service.waits_for)}" if service.waits_for else "",
    ]
    return "; ".join(part for part in facts if part)


def _line(line: LabelLine, x: int, y: int) -> str:
    text = f"⇥ {line.text}" if line.style == "port" else line.text
    return f'<text class="{line.style}" x="{x}" y="{y}" font-size="{line.size}">{_e(text)}</text>'


def _corner(box: Box, colour: dict[str, int]) -> str:
    """The badge, and a dot for each network."""
    right, y = box.x + box.w - 12, box.y + 22
    dots = []
    for name in reversed(box.service.networks):
        if name in colour:
            dots.append(f'<circle class="dot n{colour[name]}" cx="{right - 4}" cy="{y}" r="4"/>')
            right -= 12
    if badge := box.face.badge:
        wide = int(width(badge, 10, bold=True)) + 14
        badge_x = right - wide - (2 if dots else 0)
        dots.append(f'<rect class="badge" x="{badge_x}" y="{y - 9}" width="{wide}" height="18" rx="9"/>')
        dots.append(
            f'<text class="badge-text" x="{badge_x + wide / 2:g}" y="{y + 4}" text-anchor="middle">{_e(badge)}</text>'
        )
    return "".join(dots)


def _legend(layout: PictureLayout, colour: dict[str, int]) -> str:
    x, y = MARGIN, layout.foot + 20
    parts = [f'<line x1="{MARGIN}" y1="{layout.foot}" x2="{layout.width - MARGIN}" y2="{layout.foot}" class="rule"/>']
    for kind, words in _LEGEND:
        parts.append(f'<g class="{kind}"><rect class="box" x="{x}" y="{y}" width="26" height="18" rx="5"/></g>')
        x = _words(parts, x + 36, y + 14, words)
    for kind, words in (("traffic", "requests"), ("waits", "waits for it to start")):
        c = "w0" if kind == "traffic" else "wx"
        parts.append(f'<g class="wire {c}"><path class="{kind}" d="M{x} {y + 9}H{x + 30}"/></g>')
        x = _words(parts, x + 40, y + 14, words)
    x, y = MARGIN, y + 32
    for network in layout.topology.networks:
        words = f"network {network.name}" + (" (internal)" if network.internal else "")
        if x + width(words, 13) + 24 > layout.width - MARGIN:
            x, y = MARGIN, y + 24
        parts.append(f'<circle class="dot n{colour[network.name]}" cx="{x + 6}" cy="{y + 9}" r="5"/>')
        x = _words(parts, x + 20, y + 14, words)
    if any(service.ports for service in layout.topology.services):
        _words(parts, x, y + 14, "⇥ port of the host → port of the container")
    return "".join(parts)


def _words(parts: list[str], x: int, y: int, words: str) -> int:
    parts.append(f'<text class="legend" x="{x}" y="{y}">{_e(words)}</text>')
    return x + int(width(words, 13)) + 22
