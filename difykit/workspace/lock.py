"""`difykit.lock`: what the pin resolved to, written by machine, reviewed in diffs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from difykit.core import files, yaml
from difykit.core.errors import ConfigError, Problem
from difykit.workspace.manifest import Model, Pattern, Reference, Version, read_manifest, read_text

ObjectId = Annotated[str, Pattern(r"[0-9a-f]{40}", "a full commit or tree id")]
Digest = Annotated[str, Pattern(r"sha256:[0-9a-f]{64}", "a digest, sha256: and 64 hex digits")]

ENGINE = 1
"""Raised whenever the same inputs would give other commits; written into the lock."""

_UPDATE = "update difykit to the version that wrote difykit.lock, or a newer one; nothing was written"
_HEAD = "# Written by difykit; commit it. It makes every machine use the same Dify.\n"


class UpstreamLock(Model):
    """The pinned release, resolved."""

    ref: str
    commit: ObjectId
    tree: ObjectId


class Lock(Model):
    """The whole of `difykit.lock`."""

    version: Version = 1
    engine: int
    upstream: UpstreamLock
    replaced: dict[str, str] = {}  # noqa: RUF012 - pydantic copies it
    """For each whole file that an overlay replaces, the upstream blob it was made from."""
    images: dict[Reference, Digest] = {}  # noqa: RUF012 - pydantic copies it
    """For each official image that was seen in a registry, as name:tag, its digest there."""


def read_lock(path: Path) -> Lock | None:
    """The lock, or None where none was written yet.

    Raises ConfigError for a broken one, and for one of a newer difykit: what that knows must not be written over.
    """
    if not files.present(path):
        return None
    try:
        lock = read_manifest(Lock, path, path.name)
    except ConfigError as error:
        newer = any(
            ": unknown key" in problem.text or "this difykit reads version" in problem.text
            for problem in error.problems
        )
        raise ConfigError(error.problems, hint=_UPDATE if newer else error.hint) from error
    if lock.engine > ENGINE:
        line = yaml.load(path.name, read_text(path, path.name)).line(("engine",))
        text = f"engine: is {lock.engine}, written by a newer difykit; this one makes sources of engine {ENGINE}"
        raise ConfigError([Problem(path.name, line, text)], hint=_UPDATE)
    return lock


def write_lock(path: Path, lock: Lock) -> bool:
    """Write the lock; True if it changed."""
    return files.write(path, _HEAD + yaml.dump(lock.model_dump()))
