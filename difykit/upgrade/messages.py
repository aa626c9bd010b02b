"""What the commits of an upgrade say: one for each phase; what was merged beyond git is told from git's merges."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from difykit.upgrade.beyond import to_review
from difykit.upgrade.journal import AS_RELEASED, NOT_RELEASED, NOTHING_LEFT, Journal, Layer, Phase
from difykit.upgrade.mergelist import LayerMerges


def messages(journal: Journal, beyond: Mapping[str, LayerMerges]) -> dict[Phase, str]:
    """The message of each phase, in the order of the commits; `beyond` has what was merged beyond git, by layer."""
    states: dict[str, list[Layer]] = {}
    for layer in journal.layers:
        states.setdefault(layer.state, []).append(layer)
    ported, dropped, left = (states.get(state, []) for state in ("ported", "dropped", "left out"))
    out = [layer for layer in left if layer.kind == "overlay"]
    texts: dict[Phase, str] = {
        "pin": _text(f"Pin Dify {journal.to}", f"It was {journal.old}.", "Left out:", out),
        "ported": _text(f"Port to Dify {journal.to}", "", "", ported),
        "dropped": _text(f"Drop {_dropped(journal.to, dropped or ported)}", "", "", dropped or ported),
        "lock": _text(f"Lock Dify {journal.to}", f"Commit {journal.commit}.", "", []),
    }
    # The last commit has them all: it is the one that is always there, and the first that a reader of the branch sees.
    layers: dict[Phase, Sequence[str]] = {
        "ported": [layer.label for layer in ported],
        "dropped": [layer.label for layer in dropped or ported],
        "lock": list(beyond),
    }
    told = {phase: _beyond([beyond[label] for label in labels if label in beyond]) for phase, labels in layers.items()}
    return {phase: text + told.get(phase, "") for phase, text in texts.items()}


def _beyond(layers: Sequence[LayerMerges]) -> str:
    """The paragraph that says what of these layers was merged beyond git; "" for nothing."""
    rows = [f"- {layer.label}: {merge.label}" for layer in layers for merge in layer.merges]
    return "\n".join(["", f"{to_review(len(rows))}", *rows, ""]) if rows else ""


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
