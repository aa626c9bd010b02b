"""Settings that only the user knows, which an overlay asks for and nobody has set."""

from __future__ import annotations

from collections.abc import Iterator

from difykit.checks import Finding, Severity
from difykit.checks.settings.configured import Look
from difykit.workspace.manifest import EnvChoice


def unset(look: Look) -> Iterator[Finding]:
    """What `requires.env` of an overlay asks for, as `render` will refuse it."""
    for part in look.inputs.overlays:
        file, line = f"overlays/{part.name}/overlay.yaml", part.line(("requires", "env"))
        for need in part.manifest.requires.settings:
            if not look.is_set(need.key):
                text = f"is not set, and the overlay {part.name} cannot do without it"
                hint = f"difykit env.set {need.key}=VALUE, or {need.key}=- for a secret from standard input"
                yield Finding(Severity.ERROR, text, hint, need.key, file, line)


def consequences(look: Look) -> frozenset[str]:
    """The settings that are wrong as long as `unset` ones are: these, and those that overlays make from them."""
    missing = {finding.subject for finding in unset(look)}
    made = {
        key
        for part in look.inputs.overlays
        for key, entry in part.manifest.env.items()
        if isinstance(entry, EnvChoice) and entry.names & missing
    }
    return frozenset(missing | made)
