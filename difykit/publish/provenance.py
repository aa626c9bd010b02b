"""Where an image comes from, in SLSA's words.

It says what the image's own labels say, and nothing of the machine and the day: the same image, the same bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from difykit.image import INPUTS_LABEL

_OCI = "org.opencontainers.image."
_OWN = "io.difykit."


def provenance(labels: Mapping[str, str]) -> dict[str, Any]:
    """What an image was made from, by its labels."""

    def label(key: str) -> str:
        return str(labels.get(key) or "")

    made_from: list[dict[str, Any]] = []
    if commit := label(f"{_OWN}upstream.commit"):
        uri = f"git+{label(f'{_OCI}source')}@{label(f'{_OWN}upstream.ref')}"
        made_from.append({"uri": uri, "digest": {"gitCommit": commit}})
    if base := label(f"{_OCI}base.name"):
        kind, _, value = label(f"{_OCI}base.digest").partition(":")
        made_from.append({"uri": f"pkg:docker/{base}", **({"digest": {kind: value}} if value else {})})
    parts = {key: [each for each in label(f"{_OWN}{key}").split(",") if each] for key in ("patches", "overlays")}
    return {
        "buildDefinition": {
            "buildType": "urn:difykit:image",
            "externalParameters": {"strategy": label(f"{_OWN}strategy"), **parts, "inputs": label(INPUTS_LABEL)},
            "resolvedDependencies": made_from,
        },
        "runDetails": {"builder": {"id": "urn:difykit"}},
    }
