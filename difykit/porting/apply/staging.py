"""The staged workspace: a copy of everything that the source is made from, in which the new one comes about."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Mapping
from pathlib import Path

from difykit.core import files
from difykit.core.errors import DifyKitError
from difykit.git import Blob
from difykit.workspace.workspace import Workspace

PATHS = ("difykit.yaml", "difykit.lock", "patches", "overlays")
"""What an upgrade may change in a workspace."""


def stage(workspace: Workspace, folder: Path) -> None:
    """Copy `PATHS` into `folder`, which is made anew. Raises DifyKitError for what is neither file nor link."""
    with files.fresh_folder(folder) as new:
        for path, source in listed(workspace.root).items():
            target = new / path
            target.parent.mkdir(parents=True, exist_ok=True)
            files.copy(source, target)


def listed(root: Path) -> dict[str, Path]:
    """The files of `PATHS` below `root` by path; links are files. Raises DifyKitError for what cannot be moved."""
    paths: dict[str, Path] = {}
    for name in PATHS:
        item = root / name
        if item.is_symlink():
            raise DifyKitError(
                f"{name} is a symlink: an upgrade would change files outside the workspace",
                hint=f"put the thing itself in its place, then start again: {item}",
            )
        if item.is_dir():
            paths |= {f"{name}/{path}": file for path, file in files.tree_files(item)}
        elif item.exists():
            paths[name] = item
    return paths


def read_blob(path: Path) -> Blob | None:
    """A file as git has it; None where there is none."""
    if path.is_symlink():
        return "120000", os.fsencode(path.readlink())
    if not path.is_file():
        return None
    return ("100755" if path.stat().st_mode & stat.S_IXUSR else "100644"), files.read_bytes(path, limit=files.TREE)


def write_blob(path: Path, blob: Blob, *, like: Path | None = None) -> None:
    """Write a file as git has it; whoever may read it, as at `like`."""
    mode, content = blob
    bits = _bits(mode, like)
    if path.is_symlink():
        path.unlink()
    if mode == "120000":
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        path.symlink_to(os.fsdecode(content))
    else:
        files.write(path, content, mode=bits)


def _bits(mode: str, like: Path | None) -> int:
    bits = stat.S_IMODE(like.stat().st_mode) if like and like.is_file() and not like.is_symlink() else 0o644
    readable = bits & 0o444
    return bits & ~0o111 | (readable >> 2 if mode == "100755" else 0)


def digest(blobs: Mapping[str, Path]) -> str:
    """One digest of these files: names, modes and contents."""
    sha = hashlib.sha256()
    for path, file in sorted(blobs.items()):
        blob = read_blob(file)
        mode, content = blob or ("", b"")
        bits = 0 if file.is_symlink() else stat.S_IMODE(file.stat().st_mode)
        head = f"{path}\0{mode}\0{bits:o}\0{len(content)}\0"
        sha.update(head.encode("utf-8", "surrogateescape") + content)
    return sha.hexdigest()
