"""How a file of the data folder is now, or what stands in its place."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from difykit.core import files
from difykit.core.errors import NotThere, Unreadable
from difykit.git import blob_id


@dataclass(frozen=True)
class CurrentFile:
    """What is at a path: a regular file with its content, or an obstacle in words; neither where nothing is."""

    content: bytes | None = None
    mode: int = 0
    obstacle: str = ""

    @property
    def absent(self) -> bool:
        return self.content is None and not self.obstacle

    @property
    def digest(self) -> str:
        return "" if self.content is None else blob_id(self.content)

    @property
    def executable(self) -> bool:
        return bool(self.mode & 0o100)


def current_file(path: Path) -> CurrentFile:
    """What is at `path` now. A link is an obstacle; the content of the file that it leads to counts all the same."""
    try:
        linked = stat.S_ISLNK(path.lstat().st_mode)
        content = files.read_bytes(path, limit=files.TREE)
        mode = path.stat().st_mode
    except Unreadable as error:
        return CurrentFile() if isinstance(error, NotThere) else CurrentFile(obstacle=str(error.strerror))
    except (FileNotFoundError, NotADirectoryError):
        return CurrentFile()
    except OSError as error:
        return CurrentFile(obstacle=f"it cannot be looked at: {error.strerror}")
    return CurrentFile(content, mode, "it is a link" if linked else "")


def writable(path: Path) -> bool:
    """Whether a file may be put at `path`: in its folder, or in the nearest one that is there."""
    folder = next(folder for folder in path.parents if folder.exists())
    return os.access(folder, os.W_OK | os.X_OK)
