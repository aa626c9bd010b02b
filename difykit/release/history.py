"""The numbered release folders in the data folder, and `current`, the one that is live."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from difykit.core import files
from difykit.core.errors import DifyKitError
from difykit.core.files import append, copy_tree, fresh_folder, same, write

KEPT = 5
_HISTORY = "history"
_GOOD = "good"
# The engine may be on another machine.
_CLOCKS = timedelta(minutes=5)


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


def numbered(data: Path) -> list[Path]:
    """The release folders, the newest last."""
    root = data / "releases"
    folders = (
        [folder for folder in root.iterdir() if folder.name.isdigit() and folder.is_dir()] if root.is_dir() else []
    )
    return sorted(folders, key=lambda folder: int(folder.name))


def came_up(data: Path, folder: Path) -> None:
    """Remember that the release in `folder` came up whole: it is the one to go back to."""
    write(data / "releases" / _GOOD, f"{folder.name}\n")


def good(data: Path) -> Path | None:
    """The last release that came up whole; while none is known the live one, None before the first deployment."""
    try:
        folder = data / "releases" / files.read_text(data / "releases" / _GOOD).strip()
    except FileNotFoundError:
        return current(data)
    return folder.resolve() if folder.name.isdigit() and folder.is_dir() else current(data)


def folder_for(data: Path, rendered: Path) -> Path:
    """The numbered folder that holds what was rendered: the live one or the newest if it does, else a new one."""
    folders, live = numbered(data), current(data)
    for folder in (live, *folders[-1:]):
        if folder and holds(folder, rendered):
            return folder
    number = int(folders[-1].name) + 1 if folders else 1
    new = data / "releases" / f"{number:04d}"
    with fresh_folder(new) as scratch:
        copy_tree(rendered, scratch)
    return new


def prune(data: Path, running: Iterable[str]) -> list[Path]:
    """Remove the oldest release folders, but for the last five and those that something still uses; what was removed.

    `running` are the times at which containers that mount files of a release folder were started. A mount follows
    `current` at that moment and stays there, so the folder that was live then must not go.
    """
    used = {name for moment in running for name in live_at(data, moment)}
    needed = {current(data), good(data)}
    old = [folder for folder in numbered(data)[:-KEPT] if folder.resolve() not in needed and folder.name not in used]
    for folder in old:
        # Containers may have written into it as other users; what cannot be removed is no reason to fail.
        shutil.rmtree(folder, ignore_errors=True)
    return [folder for folder in old if not folder.exists()]


def live_at(data: Path, moment: str) -> set[str]:
    """The release folders that were live at a time as the engine tells it, give or take what clocks may differ."""
    history = _history(data)
    started = datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", moment))
    before = [name for time, name in history if time <= started - _CLOCKS]
    return {*before[-1:], *(name for time, name in history if abs(time - started) < _CLOCKS)}


def _history(data: Path) -> list[tuple[datetime, str]]:
    try:
        lines = files.read_text(data / "releases" / _HISTORY, limit=files.STATE).splitlines()
    except FileNotFoundError:
        return []
    words = [line.split() for line in lines if len(line.split()) == 2]  # a killed difykit may leave half a line
    return [(datetime.fromisoformat(time), name) for time, name in words]


def switch(data: Path, folder: Path) -> None:
    """Make `folder` the live one, in one step."""
    if current(data) == folder.resolve():
        return
    link = live_folder(data)
    append(link.parent / _HISTORY, f"{datetime.now(UTC).isoformat()} {folder.name}\n")
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
        and same(live / name, rendered / name)
        for name in (path.relative_to(rendered) for path in rendered.rglob("*") if path.is_file())
    )
