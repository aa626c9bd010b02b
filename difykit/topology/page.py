"""The picture as one self-contained page: what to point at, and the same in words below.

Nothing in it comes from elsewhere, and its own policy forbids the browser to ask; only this room's own script and
style run, by their digests.
"""

from __future__ import annotations

from html import escape
from pathlib import Path

from difykit.core import files, redact
from difykit.core.sheet import sheet
from difykit.topology.layout import PictureLayout
from difykit.topology.model import CUSTOM, EXTERNAL, FOLDER, OWN, TRAFFIC, ServiceBox, Topology
from difykit.topology.svg import look, svg

_HERE = Path(__file__).resolve().parent
_WORDS = {CUSTOM: "custom", OWN: "yours", EXTERNAL: "outside", FOLDER: "folder"}

_HINT = (
    '<p class="hint">Point at a service, or move to it with Tab, to see only what it speaks to. Click or press Enter'
    " to keep it, Escape to let go.</p>"
)
_FOOT = (
    "<footer>Made by difykit topology. This page holds everything it shows and asks nothing of the network.</footer>"
)


def page(layout: PictureLayout) -> str:
    """The whole page."""
    style = look() + files.read_text(_HERE / "page.css")
    script = files.read_text(_HERE / "page.js")
    topology = layout.topology
    cards = "\n".join(_card(service, topology) for service in topology.services)
    body = [
        '<main><div class="frame" tabindex="0" role="region" aria-label="The picture">',
        svg(layout, alone=False),
        "</div>",
        _HINT,
        f'<section class="cards" aria-label="Services in words">{cards}</section></main>',
        _FOOT,
    ]
    title = _e(f"Dify {topology.release} · project {topology.project}")
    return sheet(title, style, body, script, kind="topo")


def _e(text: str) -> str:
    shown = "".join(char if char.isprintable() else "\ufffd" for char in redact.text(text))
    return escape(shown, quote=True)


def _card(service: ServiceBox, topology: Topology) -> str:
    out = [link for link in topology.links if link.source == service.name and link.kind == TRAFFIC]
    into = [link for link in topology.links if link.target == service.name and link.kind == TRAFFIC]
    rows = (
        ("Image", service.image_words),
        ("Holds", ", ".join(service.parts)),
        ("Listens on", ", ".join(service.listens)),
        ("Published", ", ".join(port.words for port in service.ports)),
        ("Networks", ", ".join(service.networks)),
        ("Speaks to", ", ".join(f"{link.target} ({', '.join(link.why)})" for link in out)),
        ("Reached by", ", ".join(link.source for link in into)),
        ("Waits for", ", ".join(service.waits_for)),
    )
    shown = "".join(f"<dt>{name}</dt><dd>{_e(value)}</dd>" for name, value in rows if value)
    word = _WORDS.get(service.mark, "")
    mark = f'<span class="mark">{word}</span>' if word else ""
    return (
        f'<article class="s-{service.mark}" data-card="{_e(service.name)}"><h2>{_e(service.name)}{mark}</h2>'
        f"<p>{_e(service.title)}</p><dl>{shown}</dl></article>"
    )
