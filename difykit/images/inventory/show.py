"""Which Dify is in an image, which patches and overlays, built from which base; wherever the image is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from difykit import docker
from difykit.core import image_reference
from difykit.core.errors import CommandFailed, DifyKitError
from difykit.images.definition import ImageLabels
from difykit.registry import Registry, platform_of, split

_ID = re.compile(r"(?:sha256:)?[0-9a-f]{4,64}")


@dataclass(frozen=True)
class ImageReport:
    """What an image's labels say, and where it was found."""

    where: str
    """engine, container or registry."""
    id: str
    digests: tuple[str, ...]
    dify: str
    commit: str
    source: str
    strategy: str
    patches: tuple[str, ...]
    overlays: tuple[str, ...]
    base: str
    inputs: str
    platforms: tuple[str, ...] = ()

    def describe(self) -> dict[str, object]:
        return asdict(self)

    def lines(self) -> list[str]:
        """The answer in words; each is one line, whatever a label holds."""
        dify = f"Dify {self.dify}" + (f", commit {self.commit} of {self.source}" if self.commit else "")
        rows = [f"{self.id[:19]} ({self.where})", dify, f"strategy: {self.strategy}"]
        rows += [f"base: {self.base}"] if self.base else []
        rows += [f"patches: {', '.join(self.patches) or 'none'}", f"overlays: {', '.join(self.overlays) or 'none'}"]
        rows += [f"platforms: {', '.join(self.platforms)}", f"inputs: {self.inputs}"]
        return [_in_one_line(line) for line in (*rows, *(f"digest: {digest}" for digest in self.digests))]


def _in_one_line(text: str) -> str:
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)


def show(name: str) -> ImageReport:
    """The image `name`: a running or stopped container, an image of the engine, or one in a registry.

    Raises DifyKitError when there is none, or difykit did not make it.
    """
    reason = docker.available()  # without an engine a registry can still be asked
    if local := None if reason else _in_engine(name):
        where, info = local
        return replace(_shown(name, where, info.id, info.digests, info.labels), platforms=(info.platform,))
    if "/" not in name:
        if reason:
            raise DifyKitError(f"{name} is to be looked for in the engine: {reason}", hint="difykit doctor")
        raise DifyKitError(
            f"the engine has no container and no image {name}",
            hint="difykit status and docker image ls show those there are; a registry's begins with its host",
        )
    image_reference.read(name)
    host = docker.registry_of(name)
    registry = Registry(host, docker.credentials(host))
    repository, tag_or_digest = split(name, host)
    manifest = registry.manifest(repository, tag_or_digest)
    if manifest is None:
        raise DifyKitError(f"neither the engine nor the registry {host} has {name}", hint="are its name and tag right?")
    digest, config = registry.config(repository, manifest)
    labels = (config.get("config") or {}).get("Labels") or {}
    named = (
        [platform for platform, _ in registry.entries(repository, manifest)]
        if manifest.is_index
        else [platform_of(config)]
    )
    platforms = tuple(sorted(filter(None, named)))
    shown = _shown(name, "registry", digest, (f"{host}/{repository}@{manifest.digest}",), labels)
    return replace(shown, platforms=platforms)


def _in_engine(name: str) -> tuple[str, docker.ImageInfo] | None:
    try:
        used = docker.image_of_container(name)
    except CommandFailed:
        used = ""
    if used and (info := docker.inspect(used)):
        return "container", info
    # What is no name of an image is not asked for: the engine would refuse the words of it.
    info = docker.inspect(name) if not image_reference.fault(name) or _ID.fullmatch(name) else None
    return ("engine", info) if info else None


def _shown(name: str, where: str, image_id: str, digests: tuple[str, ...], labels: Mapping[str, Any]) -> ImageReport:
    origin = ImageLabels.of(labels)
    if not origin.inputs:
        official = "; an official image under a custom name says nothing of itself" if "-custom" in name else ""
        raise DifyKitError(f"difykit did not make {name}{official}", hint="difykit build --check lists what it makes")

    return ImageReport(
        where=where,
        id=image_id,
        digests=digests,
        dify=origin.ref,
        commit=origin.commit,
        source=origin.source,
        strategy=origin.strategy,
        patches=origin.patches,
        overlays=origin.overlays,
        base=f"{origin.base}@{origin.base_digest}" if origin.base and origin.base_digest else origin.base,
        inputs=origin.inputs,
    )
