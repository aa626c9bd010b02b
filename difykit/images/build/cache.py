"""BuildKit's cache in a registry, for what is built from a Dockerfile's own steps: where it is, and who may write it.

It is no input of an image: with it and without it the image is the same.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from difykit import docker
from difykit.core.errors import ConfigError, DifyKitError, Problem
from difykit.core.progress import Progress
from difykit.images.definition import BakeTarget
from difykit.registry import Registry, is_path, may_write
from difykit.workspace.workspace import Workspace

VARIABLE = "DIFYKIT_CACHE"
_PATIENCE = 5
_EXPORT = re.compile(r"#(\d+) exporting cache to registry")
_ERROR = re.compile(r"#(\d+) ERROR: (.*)")


@dataclass(frozen=True)
class Cache:
    """A repository of a registry, with a tag for each image; "" for none."""

    repository: str = ""
    writes: bool = False

    def lend(self, target: BakeTarget) -> BakeTarget:
        """The target as it reads, and writes, what its steps made before."""
        if not self.repository:
            return target
        reference = f"type=registry,ref={self.repository}:{target.name.removesuffix('_upstream')}"
        # All steps of all stages, in the form that most registries take; what cannot be written is no fault of a build.
        options = "mode=max,image-manifest=true,oci-mediatypes=true,ignore-error=true"
        written = (f"{reference},{options}",) if self.writes else ()
        return replace(target, cache_from=(reference,), cache_to=written)


def place_of(workspace: Workspace) -> str:
    """The repository that the cache is in; "" for none. Raises ConfigError for what is none."""
    from_environment = os.environ.get(VARIABLE, "")
    repository = from_environment or workspace.settings.images.cache
    if not repository or repository == "none":
        return ""
    if not is_path(f"{repository}/") or "/" not in repository:
        text = f"{repository!r} does not name a repository in a registry, such as registry.example.com/team/cache"
        raise ConfigError([Problem(VARIABLE if from_environment else "difykit.yaml: images.cache", 0, text)])
    return repository


def cache_of(workspace: Workspace, progress: Progress) -> Cache:
    """The cache, and whether it is written too: asks buildx, the engine and the registry. Why not is told once."""
    if not (path := place_of(workspace)):
        return Cache()
    if docker.builder().driver == "docker" and docker.engine_facts().store == "classic":
        progress.skip(
            f"the cache {path} is only read: the engine's image store, the classic one, cannot hand out the steps of"
            ' a build; containerd\'s can ("features": {"containerd-snapshotter": true} in its daemon.json)'
        )
        return Cache(path)
    host, _, repository = path.partition("/")
    try:
        login = docker.credentials(host)
        if may_write(Registry(host, login, patience=_PATIENCE), repository):
            return Cache(path, writes=True)
        reason = "the login that Docker has may not write there" if login else f"Docker has no login for {host}"
        progress.skip(f"the cache {path} is only read: {reason}")
    except DifyKitError as error:
        progress.warn(f"the cache {path} is not written: {error.message}")
    return Cache(path)


def not_written(lines: Iterable[str]) -> str:
    """Why BuildKit could not write the cache, by its output; "" when nothing is said of it."""
    exports: set[str] = set()
    for line in lines:
        if match := _EXPORT.match(line):
            exports.add(match[1])
        elif (match := _ERROR.match(line)) and match[1] in exports:
            return match[2]
    return ""
