"""`difykit/bundle.json`: what a bundle holds, entry by entry, and what may be in one at all."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from difykit.core import image_reference
from difykit.core.errors import DifyKitError
from difykit.core.files import path_fault
from difykit.dify import layout
from difykit.registry import PLATFORM
from difykit.workspace.manifest import Model
from difykit.workspace.state import Image

RECORD = "difykit/bundle.json"
SEAL = "difykit/bundle.json.sha256"
SOURCE = "difykit/source.pack"
WORKSPACE = "difykit/workspace/"
WHEELS = "difykit/wheels/"
BLOBS = "blobs/sha256/"
LAYOUT = ("index.json", "manifest.json", "oci-layout")
_HEX = re.compile(r"[0-9a-f]{64}")
_WHEEL = re.compile(r"[A-Za-z0-9_.+-]+\.whl")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_COMMIT = re.compile(r"[0-9a-f]{40}")
_REF = re.compile(r"(?!.*\.\.)[A-Za-z0-9][A-Za-z0-9._/+-]*")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_FILES = frozenset(
    {"difykit.yaml", "difykit.lock", "tasks.py", "invoke.yaml", ".gitignore", ".gitattributes", "README.md"}
)
_FOLDERS = frozenset({"patches", "overlays", "images"})
_TOOLKIT = re.compile(r"(?!data/|\.difykit/)(?:.+/)?difykit-[^/]+\.whl")


class BundleEntry(Model):
    """One file of a bundle."""

    path: str
    size: int
    sha256: str
    executable: bool = False

    @property
    def mode(self) -> int:
        return 0o755 if self.executable else 0o644


class BundledImage(Model):
    """An image, under the name that the stack runs it by."""

    reference: str
    id: str  # the digest of its configuration
    digest: str  # of its manifest
    size: int  # bytes of its blobs, those that it shares with others too


class Record(Model):
    """The whole of `bundle.json`."""

    version: int = 1
    difykit: str
    engine: int
    """The version of the engine that made the source: another one makes other commits."""
    name: str
    """What the workspace's folder was called."""
    release: str
    base: str
    source: str
    platform: str
    project: str
    images: tuple[BundledImage, ...]
    custom: tuple[Image, ...]
    files: tuple[BundleEntry, ...]
    """Every other entry but the seal, in their order."""

    def below(self, folder: str) -> dict[str, BundleEntry]:
        """The entries below a folder, by their path in it."""
        return {entry.path.removeprefix(folder): entry for entry in self.files if entry.path.startswith(folder)}

    def bytes(self) -> bytes:
        """The record as it is written: the same record, the same bytes."""
        return (json.dumps(self.model_dump(), indent=1, sort_keys=True) + "\n").encode("ascii")


@dataclass(frozen=True)
class Summary:
    """A bundle in a few words."""

    record: Record
    size: int
    seal: str

    def describe(self) -> dict[str, Any]:
        """As `--json` has it."""
        record = self.record
        return {
            "release": record.release,
            "source": record.source,
            "platform": record.platform,
            "difykit": record.difykit,
            "name": record.name,
            "size": self.size,
            "seal": self.seal,
            "images": [image.model_dump() for image in record.images],
            "workspace": list(record.below(WORKSPACE)),
            "wheels": list(record.below(WHEELS)),
        }


def may_travel(path: str) -> bool:
    """Whether a file of a workspace may be in a bundle: one that difykit reads, or a wheel that `toolkit` may name."""
    return is_read(path) or (bool(_TOOLKIT.fullmatch(path)) and not path_fault(path))


def is_read(path: str) -> bool:
    """Whether a file of a workspace is one that difykit reads, so that it goes into a bundle."""
    first, slash, _ = path.partition("/")
    return (path in _FILES or (bool(slash) and first in _FOLDERS)) and not path_fault(path)


def is_secret(path: str) -> bool:
    """Whether a path is called as files with secrets are: `.env`, or `.env.` and anything but `example`."""
    return any(part == ".env" or (part.startswith(".env.") and part != layout.EXAMPLE) for part in path.split("/"))


def read_record(raw: bytes) -> Record:
    """The record of a bundle. Raises DifyKitError for one that difykit does not write, or cannot read."""
    try:
        value = json.loads(raw)
    except ValueError as error:
        raise _foreign("its bundle.json is not JSON") from error
    if not isinstance(value, dict) or value.get("version") != 1:
        version = value.get("version") if isinstance(value, dict) else None
        raise DifyKitError(
            f"the bundle is of version {version}, and this difykit reads version 1",
            hint="install the difykit that is in it: docs/bundle.md says how",
        )
    try:
        record = Record.model_validate(value)
    except ValueError as error:
        raise _foreign(
            f"its bundle.json is not as difykit writes it ({str(error).splitlines()[-2].strip()})"
        ) from error
    if faults := list(_faults(record)):
        raise _foreign("; ".join(faults[:3]))
    return record


def _faults(record: Record) -> Iterator[str]:
    paths = [entry.path for entry in record.files]
    if paths != sorted(set(paths)):
        yield "its entries are not in their order, or one is there twice"
    yield from (f"{entry.path!r} does not belong into a bundle" for entry in record.files if not _allowed(entry))
    folders = {path[:index] for path in paths for index, char in enumerate(path) if char == "/"}
    yield from (f"{path!r} is a file and a folder" for path in sorted(folders & set(paths)))
    yield from (f"{entry.path!r} has no size or digest" for entry in record.files if not _measured(entry))
    if absent := {*LAYOUT, SOURCE, WORKSPACE + "difykit.yaml", WORKSPACE + "difykit.lock"} - set(paths):
        yield f"it lacks {', '.join(sorted(absent))}"
    words = {_NAME: [record.name], _REF: [record.release], PLATFORM: [record.platform]}
    words[_COMMIT] = [record.base, record.source]
    words[_DIGEST] = [word for image in record.images for word in (image.id, image.digest)]
    for form, values in words.items():
        yield from (f"{word!r} is no word of it" for word in values if not form.fullmatch(word))
    names = [image.reference for image in record.images] + [image.reference for image in record.custom]
    yield from (f"{name!r} is no word of it: it {fault}" for name in names if (fault := image_reference.fault(name)))


def _measured(entry: BundleEntry) -> bool:
    return entry.size >= 0 and bool(_HEX.fullmatch(entry.sha256))


def _allowed(entry: BundleEntry) -> bool:
    path = entry.path
    if path.startswith(BLOBS):
        return path == BLOBS + entry.sha256
    if path.startswith(WORKSPACE):
        inner = path.removeprefix(WORKSPACE)
        return may_travel(inner) and not is_secret(inner)
    if path.startswith(WHEELS):
        return bool(_WHEEL.fullmatch(path.removeprefix(WHEELS)))
    return path in {*LAYOUT, SOURCE}


def _foreign(why: str) -> DifyKitError:
    return DifyKitError(
        f"this is not a bundle that difykit wrote: {why}; nothing was touched", hint="carry it over anew"
    )
