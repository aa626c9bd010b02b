"""`difykit.yaml`: what this workspace customises, and where it runs."""

from __future__ import annotations

import re
from collections import Counter
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, WithJsonSchema

from difykit.core import image_reference
from difykit.core.errors import shortened
from difykit.workspace.manifest.base import Env, Model, Name, Pattern, Version
from difykit.workspace.manifest.credentials import GIT_LOGS_IN
from difykit.workspace.manifest.target import TARGETS, target_name
from difykit.workspace.manifest.toolkit import exact_toolkit

_SHORT_SSH = re.compile(r"[^\s/:@-][^\s/:@]*@[^\s/:@-][^\s/:@]*:[^\x00-\x1f\x7f]+")
"""Git's short form of ssh: user@host:path."""
_BARE_LOGIN = re.compile(r"[^\s/:@]+:[^\s/@]+@")
"""What nobody's URL begins with, but who leaves the scheme out: user:password@."""


def _upstream_url(value: str) -> str:
    """Https, ssh and file only: git's other transports run programs, as does ssh when a host starts with -."""
    wrong = f"{shortened(value)!r} is not an https, ssh or file URL"
    try:
        parts = urlsplit(value)
        host, password = parts.hostname or "", parts.password
    except ValueError as error:
        raise ValueError(wrong) from error
    if password or _BARE_LOGIN.match(value):
        raise ValueError(f"holds a password; {GIT_LOGS_IN}")
    plain = value.startswith(f"{parts.scheme}://") and not re.search(r"[\s\x00-\x1f\x7f]", value)
    if plain and parts.scheme in {"https", "ssh"} and host and not parts.netloc.startswith("-") and host[0] != "-":
        return value
    if (plain and parts.scheme == "file" and parts.path) or _SHORT_SSH.fullmatch(value):
        return value
    raise ValueError(wrong)


def _each_once(names: tuple[str, ...]) -> tuple[str, ...]:
    if twice := sorted(name for name, times in Counter(names).items() if times > 1):
        raise ValueError(f"{shortened(', '.join(twice))} is given twice")
    return names


# What git takes for the name of a ref, less what a name of a release never has.
_REF = r"(?=.{1,200}$)(?!.*(?:\.\.|//|/\.))[A-Za-z0-9][A-Za-z0-9._/+-]*(?<![/.])(?<!\.lock)"
Url = Annotated[str, Pattern(r"(?:https?://[^\s@\x00-\x1f\x7f]+)?", "an http or https URL without a password")]


class Upstream(Model):
    """The pin: which Dify, from where."""

    url: Annotated[str, AfterValidator(_upstream_url)] = Field(
        default="https://github.com/langgenius/dify.git",
        description="Dify's repository, by https, ssh or file; git's own credential helpers log in.",
    )
    ref: Annotated[str, Pattern(_REF, "a tag, a branch or a full commit id")] = Field(
        description="A release tag such as 1.15.0, a branch, or a full commit id."
    )


class Images(Model):
    """How the custom images are called."""

    prefix: Annotated[str, Pattern(f"(?:{image_reference.PREFIX})?", "empty, or a registry path that ends in '/'")] = (
        Field(default="", description="A registry path that ends in '/', to publish there; empty for local images.")
    )
    platforms: tuple[
        Annotated[str, Pattern(r"[a-z0-9]+/[a-z0-9]+(?:/v[0-9]+)?", "a platform such as linux/arm64")], ...
    ] = Field(
        default=(),
        description="What publish puts into the registry, such as linux/amd64 and linux/arm64, and what builds from"
        " source are made for where the engine can; empty for the platform of the engine alone.",
    )
    reuse: Annotated[
        str, Pattern(f"(?:none|{image_reference.PREFIX})?", "none, empty, or a registry path that ends in '/'")
    ] = Field(
        default="",
        description="Where build looks for an image that was published from the same inputs, before it makes it: a"
        " registry path that ends in '/'; empty for prefix, where that names a registry; none for nowhere. The variable"
        " DIFYKIT_REUSE goes before it.",
    )
    cache: Annotated[
        str,
        Pattern(
            f"(?:none|{image_reference.NAME}(?::{image_reference.TAG})?)?", "none, empty, or a repository in a registry"
        ),
    ] = Field(
        default="",
        description="A repository in a registry, such as registry.example.com/team/cache, where builds from source find"
        " the steps that other machines have done, and leave theirs. The variable DIFYKIT_CACHE goes before it.",
    )


class Proxy(Model):
    """The way out, for builds and for the services that go out."""

    http: Url = Field(default="", description="The proxy for http.")
    https: Url = Field(default="", description="The proxy for https.")
    no_proxy: Annotated[str, Pattern(r"[^\x00-\x1f\x7f]*", "a list of hosts in a line")] = Field(
        default="", description="Hosts to reach without it, separated by commas."
    )


class Mirrors(Model):
    """Where builds download from instead of the public places."""

    registry: Annotated[str, Pattern(f"(?:{image_reference.MIRROR})?", "a registry such as mirror.example.com")] = (
        Field(default="", description="A mirror of Docker Hub: for the images that builds stand on.")
    )
    apt: Url = Field(
        default="",
        description="A mirror of Debian's archive, such as http://mirror.example.com/debian; its security"
        " archive is beside it, with -security after the name.",
    )
    apk: Url = Field(default="", description="A mirror of Alpine's archive, such as http://mirror.example.com/alpine.")
    pypi: Url = Field(default="", description="A mirror of PyPI: its simple index.")
    npm: Url = Field(default="", description="A mirror of the npm registry.")
    fonts: Annotated[
        str, Pattern(r"(?:none|https?://[^\s@\x00-\x1f\x7f]+)?", "none, or an http or https URL without a password")
    ] = Field(default="", description="A mirror of Google Fonts; none for the visitor's own fonts, and nobody asked.")


class Deploy(Model):
    """Where it runs."""

    target: Annotated[str, AfterValidator(target_name), WithJsonSchema({"enum": list(TARGETS), "type": "string"})] = (
        Field(
            default="compose",
            description="compose runs containers; process runs the demo's miniature Dify without them.",
        )
    )
    project: Annotated[str, Pattern(r"[a-z0-9][a-z0-9_-]*", "a Compose project name")] = Field(
        default="dify", description="The Compose project, which names containers and networks."
    )
    # Compose cuts a path off at `:` and `$`; an env file ends a line at what controls a terminal.
    data: Annotated[str, Pattern(r"[^:$\x00-\x1f\x7f-\x9f]+", "a folder name without ':' and '$'")] = Field(
        default="data",
        description="The folder of volumes, backups and release folders, for them alone; no verb deletes it. ~ is the"
        " home folder.",
    )


class Settings(Model):
    """A workspace: the Dify it is pinned to, what it puts on it, and where that runs."""

    version: Version
    upstream: Upstream = Field(description="The pin: which Dify, from where.")
    overlays: Annotated[tuple[Name, ...], AfterValidator(_each_once)] = Field(
        default=(), description="The enabled overlays, in the order in which they are laid on."
    )
    images: Images = Field(default=Images(), description="How the custom images are called.")
    env: Env = Field(description="Settings of Dify that are not secret; secrets live in .env.")
    proxy: Proxy = Field(
        default=Proxy(), description="The way out: for builds, and for api, its workers and the plugin daemon."
    )
    mirrors: Mirrors = Field(default=Mirrors(), description="Where builds download from instead of the public places.")
    toolkit: Annotated[str, AfterValidator(exact_toolkit)] = Field(
        default="",
        description="Which difykit, exactly: git+https://HOST/OWNER/difykit.git@ and a full commit, or a wheel's URL or"
        " path in the workspace with #sha256= and its hash. CI installs just that.",
    )
    deploy: Deploy = Field(default=Deploy(), description="Where it runs.")
