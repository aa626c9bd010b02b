"""Fetching images: the registry is asked first for what it would send, within bounds that an engine does not have."""

from __future__ import annotations

import shutil
from pathlib import Path

from difykit import docker
from difykit.core import image_reference
from difykit.core.errors import DifyKitError
from difykit.core.progress import Progress
from difykit.registry import BadAnswer, Held, Registry, RegistryLost, split

_PATIENCE = 5
_DOCKER_HUB = "docker.io"


def pull(name: str, progress: Progress, *, doing: str = "") -> docker.ImageInfo:
    """Fetch an image, or what of it the engine does not have.

    Raises DifyKitError when it is not to be had, when its registry sends what is no image, or when it is larger than
    the engine's disk has room for.
    """
    with progress.step(doing or f"pull {name}"):
        ask_first(name)
        return docker.pull(name, progress.line)


def ask_first(name: str) -> None:
    """See that a registry has a manifest of that name, and that there is room for the image.

    A registry that does not answer here may answer the engine, which has mirrors, proxies and certificates of its own;
    so may Docker Hub, by the engine's mirrors. Raises DifyKitError for what is no image, and for what has no room.
    """
    parts = image_reference.read(name)
    if parts.host == _DOCKER_HUB:
        return
    repository, tag_or_digest = split(name, parts.host)
    try:
        registry = Registry(parts.host, docker.credentials(parts.host), patience=_PATIENCE)
        manifest = registry.manifest(repository, tag_or_digest)
        if manifest and manifest.is_index:
            platform = docker.engine_facts().platform
            named = [
                str(entry["digest"])
                for entry_platform, entry in registry.entries(repository, manifest)
                if entry_platform == platform
            ]
            manifest = registry.manifest(repository, named[0]) if named else None
    except BadAnswer:
        raise
    except RegistryLost:
        return
    except DifyKitError:
        return  # a refusal, which the engine tells in its own words
    if manifest:
        check_room(name, manifest)


def check_room(name: str, manifest: Held) -> None:
    """Raises DifyKitError when the engine's disk, where it can be seen, has less room than the packed layers take."""
    facts = docker.engine_facts()
    if facts.local and facts.root and Path(facts.root).is_dir():
        free = shutil.disk_usage(facts.root).free
        if manifest.size > free:
            raise DifyKitError(
                f"the image {name} has {manifest.size / 1e6:.0f} MB, and the disk of the engine {free / 1e6:.0f} MB",
                hint=f"make room in {facts.root}: docker system df",
            )
