"""What the commits of an upgrade say: one for each phase; what was merged beyond git is told from git's merges."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from difykit.porting.apply.journal import AS_RELEASED, NOT_RELEASED, NOTHING_LEFT, JournalLayer, Phase, UpgradeJournal
from difykit.porting.beyond import to_review
from difykit.porting.mergelist import LayerMerges


def messages(journal: UpgradeJournal, beyond: Mapping[str, LayerMerges]) -> dict[Phase, str]:
    """The message of each phase, in the order of the commits; `beyond` has what was merged beyond git, by layer."""
    states: dict[str, list[JournalLayer]] = {}
    for layer in journal.layers:
        states.setdefault(layer.state, []).append(layer)
    ported, dropped, left_out = (states.get(state, []) for state in ("ported", "dropped", "left out"))
    out = [layer for layer in left_out if layer.kind == "overlay"]
    texts: dict[Phase, str] = {
        "pin": _text(f"Pin Dify {journal.to}", f"It was {journal.old}.", "Left out:", out),
        "ported": _text(f"Port to Dify {journal.to}", "", "", ported),
        "dropped": _text(f"Drop {_dropped(journal.to, dropped or ported)}", "", "", dropped or ported),
        "lock": _text(f"Lock Dify {journal.to}", f"Commit {journal.commit}.", "", []),
    }
    labels = {"ported": [layer.label for layer in ported], "dropped": [layer.label for layer in dropped or ported]}
    elsewhere = beyond.keys() - {label for phase in labels.values() for label in phase}
    paragraphs = {
        phase: _beyond([beyond[label] for label in names if label in beyond]) for phase, names in labels.items()
    }
    # This commit is always there, and the first that a reader of the branch sees.
    paragraphs["lock"] = _beyond(list(beyond.values()), shown=elsewhere)
    return {phase: text + paragraphs.get(phase, "") for phase, text in texts.items()}


def _beyond(layers: Sequence[LayerMerges], shown: Collection[str] | None = None) -> str:
    """The paragraph that says what of these layers was merged beyond git, and of which file; "" for nothing."""
    count = sum(len(layer.merges) for layer in layers)
    named = [layer for layer in layers if shown is None or layer.label in shown]
    rows = [f"- {layer.label}: {merge.label}" for layer in named for merge in layer.merges]
    return "\n".join(["", to_review(count), *rows, ""]) if count else ""


def _dropped(release: str, layers: list[JournalLayer]) -> str:
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


def _text(subject: str, body: str, head: str, layers: list[JournalLayer]) -> str:
    lines = [f"- {layer.label}" + (f": {layer.note}" if layer.note else "") for layer in layers]
    paragraphs = [subject, body, "\n".join([*([head] if head and lines else []), *lines])]
    return "\n\n".join(filter(None, paragraphs)) + "\n"
