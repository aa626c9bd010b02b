"""What an image is called, and what it says about itself."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from difykit.core import redact

INPUTS_LABEL = "io.difykit.inputs"
# Raised when difykit makes other images from the same inputs.
_RECIPE = 1


def inputs_id(inputs: Mapping[str, Any]) -> str:
    """12 hex digits that stand for everything an image is made from."""
    text = json.dumps({"recipe": _RECIPE, **inputs}, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:12]


def custom_name(prefix: str, replaces: str) -> str:
    """`langgenius/dify-api` → `<prefix>dify-api-custom`."""
    return f"{prefix}{replaces.rpartition('/')[2]}-custom"


def own_name(prefix: str, name: str) -> str:
    """`patroni`, which replaces no image → `<prefix>dify-patroni-custom`."""
    return f"{prefix}dify-{name}-custom"


def tag_of(release: str, inputs: str) -> str:
    """The tag; what a tag cannot hold, as in a branch's name, becomes `-`."""
    plain = "".join(char if char.isalnum() or char in "._-" else "-" for char in release)
    return f"{plain[:100]}-{inputs}"


def official_image(replaces: str, ref: str) -> str:
    """The image that upstream publishes for a release."""
    return f"{replaces}:{ref.removeprefix('v')}"


def own_labels(release: str, inputs: str) -> dict[str, str]:
    """The labels of an image that replaces none: there is no Dify in it."""
    return {"org.opencontainers.image.version": release, "io.difykit.strategy": "own", INPUTS_LABEL: inputs}


def labels(
    *,
    strategy: str,
    inputs: str,
    official: str,
    digest: str = "",
    url: str,
    ref: str,
    base: str,
    patches: Sequence[str],
    overlays: Sequence[str],
) -> dict[str, str]:
    """The OCI labels, and difykit's own: which Dify, and which of the workspace's patches and overlays are in it.

    None says more than the image's own inputs do: the same inputs give the same image, whatever else is in the source.
    """
    values = {
        "org.opencontainers.image.source": redact.without_logins(url),
        "org.opencontainers.image.version": ref,
        "org.opencontainers.image.revision": base,
        "io.difykit.upstream.ref": ref,
        "io.difykit.upstream.commit": base,
        "io.difykit.patches": ",".join(patches),
        "io.difykit.overlays": ",".join(overlays),
        "io.difykit.strategy": strategy,
        INPUTS_LABEL: inputs,
    }
    if strategy == "layer":
        values["org.opencontainers.image.base.name"] = official
        if digest:
            values["org.opencontainers.image.base.digest"] = digest
    return values


@dataclass(frozen=True)
class ImageLabels:
    """What an image's labels say, "" or () where they say nothing: what `labels` and `own_labels` write, read."""

    source: str
    """The repository that its Dify is from."""
    ref: str
    commit: str
    strategy: str
    patches: tuple[str, ...]
    overlays: tuple[str, ...]
    base: str
    """The name of the official image below it."""
    base_digest: str
    inputs: str

    @classmethod
    def of(cls, labels: Mapping[str, Any]) -> ImageLabels:
        """As a registry or an engine has them."""

        def label(key: str) -> str:
            return str(labels.get(key) or "")

        def listed(key: str) -> tuple[str, ...]:
            return tuple(filter(None, label(key).split(",")))

        return cls(
            source=label("org.opencontainers.image.source"),
            ref=label("org.opencontainers.image.version"),
            commit=label("io.difykit.upstream.commit"),
            strategy=label("io.difykit.strategy"),
            patches=listed("io.difykit.patches"),
            overlays=listed("io.difykit.overlays"),
            base=label("org.opencontainers.image.base.name"),
            base_digest=label("org.opencontainers.image.base.digest"),
            inputs=label(INPUTS_LABEL),
        )
