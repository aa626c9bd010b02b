"""`manifest.json`: what a release folder is, what it was made from, and what is in it; and the reading of it.

It may be read by everyone, so it holds no digest of anything that holds secrets: a short password could be found by
trying. The user's `.env` is there by its keys alone, and private files by their names.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any

from difykit.core import files
from difykit.release.render.inputs import File, OverlayPart, RenderInputs
from difykit.workspace import dotenv
from difykit.workspace.state import Image


@dataclass(frozen=True)
class Manifest:
    """What a release folder says of itself; empty where it was written before difykit said it."""

    release: str
    source: str
    project: str
    data: str
    """The data folder on the machine that it was made for."""
    migrations: tuple[str, ...]
    """The heads of Dify's Alembic chain: what the database is at once these services have migrated it."""
    images: tuple[tuple[str, str], ...]
    """Each custom image as its reference and its id."""
    files: tuple[str, ...]
    overlay_migrations: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The same for each overlay with tables of its own."""

    @classmethod
    def read(cls, folder: Path) -> Manifest | None:
        """The manifest of the release folder `folder`; None where there is none, or none that difykit wrote."""
        try:
            value = files.read_json(folder / "manifest.json")
        except (OSError, ValueError):
            return None
        if not isinstance(value, dict):
            return None
        images = [image for image in _list(value, "images") if isinstance(image, dict)]
        return cls(
            release=_text(value, "release"),
            source=_text(value, "source"),
            project=_text(value, "project"),
            data=_text(value, "data"),
            migrations=tuple(map(str, _list(value, "migrations"))),
            images=tuple((_text(image, "reference"), _text(image, "id")) for image in images),
            files=tuple(map(str, _list(value, "files"))),
            overlay_migrations={name: tuple(map(str, heads)) for name, heads in _overlays(value).items()},
        )


def _text(value: dict[str, Any], key: str) -> str:
    text = value.get(key)
    return text if isinstance(text, str) else ""


def _list(value: dict[str, Any], key: str) -> list[Any]:
    """A list, or the keys of a mapping: `files` was a list of names before it knew their digests."""
    items = value.get(key)
    return list(items) if isinstance(items, list | dict) else []


def _overlays(value: dict[str, Any]) -> dict[str, list[Any]]:
    migrations = value.get("overlay_migrations")
    return (
        {str(name): heads for name, heads in migrations.items() if isinstance(heads, list)}
        if isinstance(migrations, dict)
        else {}
    )


def describe(inputs: RenderInputs, files: Mapping[str, File]) -> dict[str, Any]:
    """What `manifest.json` says of a folder with these files: the same for the same inputs, wherever and whenever."""
    return {
        "version": 1,
        "difykit": _own_version(),
        "release": inputs.source.release,
        "upstream": inputs.source.base,
        "source": inputs.source.commit,
        "project": inputs.project,
        "data": str(inputs.data),
        "overlays": [part.name for part in inputs.overlays],
        "images": [_image(image) for image in inputs.images],
        "migrations": list(inputs.migrations),
        "overlay_migrations": {name: list(heads) for name, heads in sorted(inputs.overlay_migrations.items())},
        "inputs": {
            "env": _digest(f"{key}={value}".encode() for key, value in sorted(inputs.settings_env.items())),
            ".env keys": _digest(key.encode() for key in sorted(_keys(inputs.user_env))),
            "overlays": {part.name: _of_part(part) for part in inputs.overlays},
        },
        "files": {name: "" if mode == 0o600 else _digest([content]) for name, (mode, content) in sorted(files.items())},
    }


def _image(image: Image) -> dict[str, Any]:
    """An image; that it is not built yet is said where it is so."""
    about = {"name": image.name, "replaces": image.replaces, "reference": image.reference, "id": image.image_id}
    return about if image.built else {**about, "built": False}


def _keys(text: str) -> set[str]:
    return {assignment.key for assignment in dotenv.assignments(text)}


def _of_part(part: OverlayPart) -> str:
    texts = {"overlay.yaml": part.text, **part.compose}
    return _digest(piece.encode() for name in sorted(texts) for piece in (name, texts[name]))


def _digest(pieces: Iterable[bytes]) -> str:
    """64 hex digits for a sequence of texts; of a single one it is what sha256sum prints."""
    contents = list(pieces)
    if len(contents) == 1:
        return hashlib.sha256(contents[0]).hexdigest()
    return hashlib.sha256(b"".join(b"%d:%s," % (len(piece), piece) for piece in contents)).hexdigest()


def _own_version() -> str:
    try:
        return metadata.version("difykit")
    except metadata.PackageNotFoundError:
        return "unknown"
