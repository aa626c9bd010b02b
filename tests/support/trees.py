"""File trees as dicts: a test shows its world, and compares it whole."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Link:
    """A symlink to `target`."""

    target: str


@dataclass(frozen=True)
class Script:
    """A file that can be executed."""

    text: str


Content = str | bytes | Link | Script | None
"""What stands at a path; None takes it away."""


def write_tree(root: Path, tree: Mapping[str, Content]) -> Path:
    """Write each path of `tree` below `root`; the root."""
    root.mkdir(parents=True, exist_ok=True)
    for path, content in tree.items():
        place = root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        if place.is_symlink() or content is None:
            place.unlink(missing_ok=content is not None)
        if isinstance(content, Link):
            place.symlink_to(content.target)
        elif isinstance(content, Script):
            place.write_text(content.text)
            place.chmod(0o755)
        elif isinstance(content, bytes):
            place.write_bytes(content)
        elif content is not None:
            place.write_bytes(content.encode())
    return root


def read_tree(root: Path, *, skip: tuple[str, ...] = (".git",)) -> dict[str, str]:
    """Every file below `root` as text by path; `skip` names files and folders at the top to leave out."""
    return {path: place.read_bytes().decode("utf-8", "backslashreplace") for path, place in _places(root, skip)}


def snapshot(root: Path, *, skip: tuple[str, ...] = ()) -> dict[str, tuple[int, int, int, bytes]]:
    """Everything that a write would change: inode, mode, modification time and content of each file."""
    return {
        path: (place.lstat().st_ino, place.lstat().st_mode, place.lstat().st_mtime_ns, _raw(place))
        for path, place in _places(root, skip)
    }


def _places(root: Path, skip: tuple[str, ...]) -> list[tuple[str, Path]]:
    found = [(path.relative_to(root).as_posix(), path) for path in sorted(root.rglob("*"))]
    return [
        (name, path) for name, path in found if (path.is_symlink() or path.is_file()) and name.split("/")[0] not in skip
    ]


def _raw(place: Path) -> bytes:
    return os.fsencode(place.readlink()) if place.is_symlink() else place.read_bytes()
