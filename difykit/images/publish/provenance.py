"""Where an image comes from, in SLSA's words.

It says what the image's own labels say, and nothing of the machine and the day: the same image, the same bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from difykit.images.definition import ImageLabels


def provenance(labels: Mapping[str, str]) -> dict[str, Any]:
    """What an image was made from, by its labels."""
    origin = ImageLabels.of(labels)
    made_from: list[dict[str, Any]] = []
    if origin.commit:
        made_from.append({"uri": f"git+{origin.source}@{origin.ref}", "digest": {"gitCommit": origin.commit}})
    if origin.base:
        kind, _, value = origin.base_digest.partition(":")
        made_from.append({"uri": f"pkg:docker/{origin.base}", **({"digest": {kind: value}} if value else {})})
    parts = {"patches": list(origin.patches), "overlays": list(origin.overlays)}
    return {
        "buildDefinition": {
            "buildType": "urn:difykit:image",
            "externalParameters": {"strategy": origin.strategy, **parts, "inputs": origin.inputs},
            "resolvedDependencies": made_from,
        },
        "runDetails": {"builder": {"id": "urn:difykit"}},
    }
