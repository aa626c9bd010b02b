"""The numbered release folders in the data folder, and `current`, the one that is live."""

from __future__ import annotations

import filecmp
import shutil
from pathlib import Path

from difykit.errors import DifyKitError
from difykit.files import fresh_folder


def live_folder(data: Path) -> Path:
    """The path that always leads to the live release folder.

    Containers mount through it: a new folder with the same content then changes nothing for them.
    """
    return data / "releases" / "current"


def current(data: Path) -> Path | None:
    """The live release folder by its number, or None before the first deployment."""
    link = live_folder(data)
    return link.resolve() if link.is_dir() else None


def need_live(data: Path) -> Path:
    """The path to the live release folder. Raises DifyKitError when nothing was deployed."""
    if current(data):
        return live_folder(data)
    raise DifyKitError("nothing is deployed from this workspace", hint="deploy it: invoke sync build deploy")


def place(data: Path, rendered: Path) -> Path:
    """The numbered folder that holds what was rendered: the live one if it does, else a new one."""
    live = current(data)
    if live and holds(live, rendered):
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
    if current(data) == folder.resolve():
        return
    link = live_folder(data)
    new = link.with_name(".current.new")
    new.unlink(missing_ok=True)
    new.symlink_to(folder.name)
    new.replace(link)


def holds(live: Path, rendered: Path) -> bool:
    """Whether the live folder has every file of the rendered one, alike; services write files of their own beside them.

    A file that is no longer rendered shows in the manifest, which lists them all.
    """
    return all(
        (live / name).is_file()
        and (live / name).stat().st_mode == (rendered / name).stat().st_mode
        and filecmp.cmp(live / name, rendered / name, shallow=False)
        for name in (path.relative_to(rendered) for path in rendered.rglob("*") if path.is_file())
    )
