"""The data folder: it can be made and written, and has room."""

from __future__ import annotations

import os
import shlex
import shutil
from dataclasses import dataclass
from pathlib import Path

from difykit.checks.finding import Finding, NotJudged, error, ok, warning
from difykit.checks.workspace.space import Space

GIB = 1 << 30
_LITTLE = 5 * GIB
_FULL = GIB


@dataclass(frozen=True)
class DataFolder:
    """The folder, what keeps it from being written, and its free bytes, None where they cannot be seen from here."""

    path: Path
    problem: str = ""
    free: int | None = None


def look_at_data(space: Space) -> DataFolder:
    """Ask the file system. Raises NotJudged without a workspace."""
    path = space.data or space.folder
    return DataFolder(path, _problem(path), free(path))


def size(count: int) -> str:
    """Bytes as GiB."""
    return f"{count / GIB:.1f} GiB"


def nearest(path: Path) -> Path:
    """The folder, or the nearest one above that exists; one that is closed to us counts as such."""
    for folder in (path, *path.parents):
        try:
            folder.stat()
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError:
            return folder
        return folder
    return Path("/")


def free(path: Path) -> int | None:
    """The free bytes of its disk; None where they cannot be seen from here."""
    try:
        return shutil.disk_usage(nearest(path)).free
    except OSError:
        return None


def _problem(data: Path) -> str:
    if bad := sorted(set(str(data)) & set(":$\n\r")):
        return f"{data} has {' '.join(map(repr, bad))} in its path, where Compose would cut it off"
    folder = nearest(data)
    if not folder.is_dir():
        return f"{folder} is not a folder"
    if not os.access(folder, os.W_OK | os.X_OK):
        return f"{folder} cannot be written by this user"
    return ""


def judge_data(data: DataFolder) -> list[Finding]:
    """The data folder can be made and written, and has room."""
    if data.problem:
        hint = f"sudo chown $(id -u) {shlex.quote(str(data.path))}, or set deploy.data in difykit.yaml"
        return [error(data.problem, hint)]
    if data.free is None:
        raise NotJudged(f"{data.path}: its disk cannot be seen from here")
    text = f"{data.path}, {size(data.free)} free"
    hint = "make room, or set deploy.data in difykit.yaml to a folder on another disk before the first deploy"
    if data.free < _FULL:
        return [error(f"{text}: databases stop on a full disk", hint)]
    return [warning(f"{text}: little for databases and uploads", hint) if data.free < _LITTLE else ok(text)]
