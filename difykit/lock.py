"""`difykit.lock`: what the pin resolved to, written by machine, reviewed in diffs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from difykit import files, yamlio
from difykit.manifest.base import Model, Pattern, Reference, Version
from difykit.manifest.load import read_manifest

ObjectId = Annotated[str, Pattern(r"[0-9a-f]{40}", "a full commit or tree id")]
Digest = Annotated[str, Pattern(r"sha256:[0-9a-f]{64}", "a digest, sha256: and 64 hex digits")]

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
    """The lock, or None where none was written yet. Raises ConfigError for a broken one."""
    return read_manifest(Lock, path, path.name) if files.present(path) else None


def write_lock(path: Path, lock: Lock) -> bool:
    """Write the lock; True if it changed."""
    return files.write(path, _HEAD + yamlio.dump(lock.model_dump()))
