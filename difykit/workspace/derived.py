"""`.difykit/` itself: whether it can be worked in, what was put aside in it, journals in it that cannot be read."""

from __future__ import annotations

import os
import time
from pathlib import Path

from difykit.core import files
from difykit.core.errors import Damaged

ASIDE = "aside"
"""The folder, below `.difykit`, of what was put aside since it may hold work of the user's."""


def check_derived(derived: Path) -> None:
    """Raises Damaged when `.difykit` cannot be the folder that every verb works in."""
    if os.path.lexists(derived) and not derived.is_dir():
        raise Damaged(
            f"{derived} is not a folder, and difykit keeps what it makes in a folder of this name",
            hint=f"move it away: mv {derived} {derived}-before; then: difykit sync",
        )
    if (derived / "lock").is_dir():
        raise Damaged(
            f"{derived / 'lock'} is a folder, and difykit locks a file of this name",
            hint=f"move it away: mv {derived / 'lock'} {derived / 'lock-before'}; then: difykit sync",
        )


def put_aside(path: Path, derived: Path, why: str) -> Path:
    """Move something whole to where nothing but its user removes it; where that is. Raises OSError if it cannot move.

    It is one rename: a kill leaves it at the old path or at the new one.
    """
    day, number = time.strftime("%Y-%m-%d"), 1
    while os.path.lexists(derived / ASIDE / f"{day}-{number}"):
        number += 1
    folder = derived / ASIDE / f"{day}-{number}"
    files.write(
        folder / "about.txt", f"{path.name}: {why}.\nIt was {path}. Remove this folder when you need it no more.\n"
    )
    path.rename(folder / path.name)
    return folder / path.name


def asides(derived: Path) -> tuple[Path, ...]:
    """What was put aside and is still there; folders in which nothing came to be are left out."""
    top = derived / ASIDE
    folders = sorted(top.iterdir()) if top.is_dir() else []
    return tuple(
        path for path in folders if not path.is_dir() or {"about.txt"} != {item.name for item in path.iterdir()}
    )
