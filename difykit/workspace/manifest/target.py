"""What `deploy.target` may be. A new target is a folder below `difykit/targets`, and a line here."""

from __future__ import annotations

TARGETS = {
    "compose": "difykit.targets.compose",
    "process": "difykit.targets.process",
}
"""The name of each target, and the module whose `TARGET` it is."""


def target_name(value: str) -> str:
    """The name, if there is such a target. Raises ValueError."""
    if value not in TARGETS:
        raise ValueError(f"input should be {' or '.join(map(repr, TARGETS))}")
    return value
