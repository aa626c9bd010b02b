"""What the commits of an upgrade say: one for each phase."""

from __future__ import annotations

from difykit.upgrade.journal import AS_RELEASED, NOT_RELEASED, NOTHING_LEFT, Journal, Layer, Phase


def messages(journal: Journal) -> dict[Phase, str]:
    """The message of each phase, in the order of the commits."""
    states: dict[str, list[Layer]] = {}
    for layer in journal.layers:
        states.setdefault(layer.state, []).append(layer)
    ported, dropped, left = (states.get(state, []) for state in ("ported", "dropped", "left out"))
    out = [layer for layer in left if layer.kind == "overlay"]
    return {
        "pin": _text(f"Pin Dify {journal.to}", f"It was {journal.old}.", "Left out:", out),
        "ported": _text(f"Port to Dify {journal.to}", "", "", ported),
        "dropped": _text(f"Drop {_dropped(journal.to, dropped or ported)}", "", "", dropped or ported),
        "lock": _text(f"Lock Dify {journal.to}", f"Commit {journal.commit}.", "", []),
    }


def _dropped(release: str, layers: list[Layer]) -> str:
    """What goes, and why it does."""
    nothing = [layer for layer in layers if NOTHING_LEFT in layer.note]
    gone = [layer for layer in layers if NOT_RELEASED in layer.note]
    other = [layer for layer in layers if layer.state == "dropped" and layer not in nothing]
    whys = [
        f"what Dify {release} has" if other or any(AS_RELEASED in layer.note for layer in layers) else "",
        "what was resolved to nothing" if nothing else "",
        f"what Dify {release} has no file for" if gone else "",
    ]
    return ", and ".join(filter(None, whys)) or f"what Dify {release} has"


def _text(subject: str, body: str, head: str, layers: list[Layer]) -> str:
    lines = [f"- {layer.label}" + (f": {layer.note}" if layer.note else "") for layer in layers]
    paragraphs = [subject, body, "\n".join([*([head] if head and lines else []), *lines])]
    return "\n\n".join(filter(None, paragraphs)) + "\n"
