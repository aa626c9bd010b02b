"""`image.yaml`: one custom image."""

from __future__ import annotations

from typing import Annotated, Literal

from difykit.manifest.base import Model, Version, _pattern


class ImageManifest(Model):
    """The whole of `image.yaml`."""

    version: Version
    replaces: Annotated[str, _pattern(r"[a-z0-9][a-z0-9._/-]*", "an image name without a tag")]
    strategy: Literal["auto", "layer", "source"] = "auto"
    dockerfile: Literal["Dockerfile"] = "Dockerfile"
