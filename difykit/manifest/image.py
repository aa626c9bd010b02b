"""`image.yaml`: one custom image."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from difykit.manifest.base import Distribution, EnvName, EnvValue, Model, Pattern, Version, not_yet

_LATER = "Not acted on by this version of difykit: leave it out."


def _given(value: str) -> str:
    if not value:
        raise ValueError("is missing; this difykit does not build images that replace none yet")
    return value


Package = Annotated[str, Pattern(r"[a-z0-9][a-z0-9+.:-]+(?:=\S+)?", "the name of a Debian package")]


class ImageManifest(Model):
    """An image of one's own: which of Dify's it replaces, and how it is made."""

    version: Version
    replaces: Annotated[
        str,
        Pattern(r"(?:[a-z0-9][a-z0-9._/-]*)?", "an image name without a tag"),
        AfterValidator(_given),
        Field(
            validate_default=True,
            description="The upstream image whose place it takes, such as langgenius/dify-api; without a tag.",
        ),
    ] = ""
    strategy: Literal["auto", "layer", "source"] = Field(
        default="auto",
        description="How it is made: a layer on the official image, a build by Dify's own Dockerfile (source), or what"
        " the changes need (auto).",
    )
    apt: Annotated[tuple[Package, ...], not_yet()] = Field(
        default=(), description=f"Debian packages to install. {_LATER} Say it in the image's Dockerfile."
    )
    python: Annotated[tuple[Distribution, ...], not_yet()] = Field(
        default=(), description=f"Python distributions to install. {_LATER} Say it in the image's Dockerfile."
    )
    build_args: Annotated[dict[EnvName, EnvValue], not_yet()] = Field(
        default_factory=dict, description=f"Build arguments for Dify's own Dockerfile. {_LATER}"
    )
    memory: Annotated[str, Pattern(r"(?:[1-9][0-9]*[kmg])?", "an amount of memory such as 6g"), not_yet()] = Field(
        default="", description=f"What its build may use, such as 6g. {_LATER}"
    )
    dockerfile: Annotated[str, Pattern(r"[A-Za-z0-9_.-]+", "a file name"), not_yet("Dockerfile")] = Field(
        default="Dockerfile",
        description="The template of the layer, beside this file. Another name is not acted on by this version.",
    )
