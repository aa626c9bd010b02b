"""`difykit.yaml`: what this workspace customises, and where it runs."""

from __future__ import annotations

from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from difykit.manifest.base import Env, Model, Name, Version, _pattern


def _upstream_url(value: str) -> str:
    """Https, ssh and file only: git's other transports run programs."""
    if value.startswith("-") or "::" in value.split("/", 1)[0]:
        raise ValueError(f"{value!r} is not an https, ssh or file URL")
    parts = urlsplit(value)
    if parts.password:
        raise ValueError("holds a password; leave that to git's credential helpers")
    if parts.scheme in {"https", "ssh", "file"}:
        return value
    if not parts.scheme and ":" in value and "@" in value.split(":", 1)[0]:
        return value  # git's short form of ssh, user@host:path
    raise ValueError(f"{value!r} is not an https, ssh or file URL")


class Upstream(Model):
    """The pin: which Dify, from where."""

    url: Annotated[str, AfterValidator(_upstream_url)] = "https://github.com/langgenius/dify.git"
    ref: Annotated[str, _pattern(r"[A-Za-z0-9][A-Za-z0-9._/+-]*", "a tag, a branch or a full commit id")] = Field(
        description="A release tag such as 1.15.0, a branch, or a full commit id."
    )


class Images(Model):
    """How the custom images are called."""

    prefix: Annotated[str, _pattern(r"(?:[a-z0-9][a-z0-9._:/-]*/)?", "empty, or a registry path that ends in '/'")] = ""


class Deploy(Model):
    """Where it runs."""

    target: Literal["compose", "process"] = "compose"
    project: Annotated[str, _pattern(r"[a-z0-9][a-z0-9_-]*", "a Compose project name")] = "dify"
    data: Annotated[str, _pattern(r"[^:$\0\n]+", "a folder name without ':' and '$'")] = "data"


class Settings(Model):
    """The whole of `difykit.yaml`."""

    version: Version
    upstream: Upstream
    overlays: tuple[Name, ...] = ()
    images: Images = Images()
    env: Env
    deploy: Deploy = Deploy()
