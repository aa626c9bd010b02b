"""Where files are written before they take their names."""

from __future__ import annotations

import shutil
import time
from contextlib import suppress
from pathlib import Path

_HOUR = 3600


def folder_for(path: Path) -> Path:
    """The folder in which `path` is written before it takes its name, on the same file system.

    That is `.difykit/new` of the workspace that `path` belongs to: what a killed run leaves, perhaps with secrets in
    it, must not lie among the user's files or in the source, where git would see it, and is forgotten there.
    """
    root = _workspace(path)
    if root is None:
        return path.parent
    folder = root / ".difykit" / "new"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if folder.stat().st_dev != path.parent.stat().st_dev:
            return path.parent
        _forget_old(folder)
    except OSError:
        return path.parent
    return folder


def parent_of(path: Path) -> Path:
    """The folder in which the folder `path` is made before it takes its name.

    What is derived is made where it stays: who holds its lock forgets there what a kill left, however large it is.
    """
    root = _workspace(path)
    is_derived = root is not None and path.absolute().is_relative_to(root / ".difykit")
    return path.parent if is_derived else folder_for(path)


def _workspace(path: Path) -> Path | None:
    return next((root for root in path.absolute().parents if (root / "difykit.yaml").is_file()), None)


def remove(path: Path) -> None:
    """Take away whatever stands at a path, if there is anything."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        with suppress(FileNotFoundError, NotADirectoryError):  # a file may stand where its folder was
            path.unlink()


def _forget_old(folder: Path) -> None:
    """Remove what runs that were killed have left: nobody writes one file for an hour."""
    for path in folder.iterdir():
        with suppress(OSError):
            if time.time() - path.lstat().st_mtime > _HOUR:
                remove(path)
