"""`image.yaml`: one custom image."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from difykit.workspace.manifest.base import Distribution, EnvName, EnvValue, ImageName, Model, Pattern, Version

# apt-get takes `name-` as: remove it.
_PACKAGE = r"[a-z0-9][a-z0-9+.-]*[a-z0-9+](?::[a-z0-9]+)?(?:=[A-Za-z0-9.+:~-]+)?"

Package = Annotated[str, Pattern(_PACKAGE, "the name of a Debian package")]


class ImageManifest(Model):
    """An image of one's own: which of Dify's it replaces, and how it is made."""

    version: Version
    replaces: Annotated[
        ImageName,
        Field(
            description="The upstream image whose place it takes, such as langgenius/dify-api; without a tag."
            " Left out, it replaces none: it is built from its own Dockerfile when an enabled overlay names it.",
        ),
    ] = ""
    strategy: Literal["auto", "layer", "source"] = Field(
        default="auto",
        description="How it is made: a layer on the official image, a build by Dify's own Dockerfile (source), or what"
        " the changes need (auto).",
    )
    apt: tuple[Package, ...] = Field(
        default=(), description="Debian packages to install. An image without apt-get needs RUN in its Dockerfile."
    )
    python: tuple[Distribution, ...] = Field(
        default=(),
        description="Python distributions to install; what the image has already keeps its version.",
    )
    build_args: dict[EnvName, EnvValue] = Field(
        default_factory=dict,
        description="Build arguments for Dify's own Dockerfile, which then makes the image (strategy source), or for"
        " the own Dockerfile of an image that replaces none.",
    )
    memory: Annotated[str, Pattern(r"(?:[1-9][0-9]*[kmg])?", "an amount of memory such as 6g")] = Field(
        default="",
        description="What its build may use, such as 6g: an engine with less refuses, and node's heap follows it."
        " Empty for what Dify's own Dockerfile says.",
    )
    dockerfile: Annotated[str, Pattern(r"[A-Za-z0-9_][A-Za-z0-9_.-]*", "a file name")] = Field(
        default="Dockerfile",
        description="The file beside this one that says what is put on the official image, or, for an image that"
        " replaces none, how it is built.",
    )
