"""The numbered release folders in the data folder, and `current`, the one that is live."""

from __future__ import annotations

import filecmp
import shutil
from pathlib import Path

from difykit.errors import DifyKitError
from difykit.files import fresh_folder


def current(data: Path) -> Path | None:
    """The live release folder, or None before the first deployment."""
    link = data / "releases" / "current"
    return link.resolve() if link.is_dir() else None


def need_current(data: Path) -> Path:
    """The live release folder. Raises DifyKitError when nothing was deployed."""
    if folder := current(data):
        return folder
    raise DifyKitError("nothing is deployed from this workspace", hint="deploy it: invoke sync build deploy")


def place(data: Path, rendered: Path) -> Path:
    """The numbered folder that holds what was rendered: the live one if it is the same, else a new one."""
    live = current(data)
    if live and same(live, rendered):
        return live
    root = data / "releases"
    root.mkdir(parents=True, exist_ok=True)
    numbers = [int(each.name) for each in root.iterdir() if each.name.isdigit()]
    new = root / f"{max(numbers, default=0) + 1:04d}"
    with fresh_folder(new) as scratch:
        shutil.copytree(rendered, scratch, symlinks=True, dirs_exist_ok=True)
    return new


def switch(data: Path, folder: Path) -> None:
    """Make `folder` the live one, in one step."""
    link = data / "releases" / "current"
    if current(data) == folder.resolve():
        return
    new = link.with_name(".current.new")
    new.unlink(missing_ok=True)
    new.symlink_to(folder.name)
    new.replace(link)


def same(left: Path, right: Path) -> bool:
    """Whether two folders hold the same files with the same content and permissions."""
    names = _names(left)
    if names != _names(right):
        return False
    return all(
        (left / name).stat().st_mode == (right / name).stat().st_mode
        and filecmp.cmp(left / name, right / name, shallow=False)
        for name in names
    )


def _names(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
