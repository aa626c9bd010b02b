"""A branch and HEAD moved while their locks are held, which git itself would want to take."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from difykit import files

Place = Callable[[str], Path]
"""Where git keeps a file of a repository."""

_NONE = "0" * 40


def has_files(place: Place) -> bool:
    """Whether the repository keeps its references as files. The other format has locks that only git can take."""
    return not place("reftable").is_dir()


def set_branch(place: Place, ref: str, old: str, new: str, who: str, why: str) -> None:
    """Let a branch be at `new`, and note in its log that it was at `old`, "" for nowhere."""
    target = place(ref)
    if target.is_dir():
        _remove_empty(target)
    files.write(target, f"{new}\n")
    _note(place, ref, old, new, who, why)


def set_head(place: Place, ref: str, old: str, new: str, who: str, why: str) -> None:
    """Let HEAD name a branch, or with "" the commit `new` itself."""
    files.write(place("HEAD"), f"ref: {ref}\n" if ref else f"{new}\n")
    _note(place, "HEAD", old, new, who, why)


def drop_branch(place: Place, ref: str) -> bool:
    """Take away a branch that has a file of its own; False where git has to, since it has packed it."""
    packed = place("packed-refs")
    if packed.is_file() and any(line.endswith(f" {ref}") for line in packed.read_text("utf-8", "replace").splitlines()):
        return False
    place(f"logs/{ref}").unlink(missing_ok=True)
    place(ref).unlink(missing_ok=True)
    return True


def _note(place: Place, ref: str, old: str, new: str, who: str, why: str) -> None:
    if old == new or not new:
        return
    log, logs = place(f"logs/{ref}"), place("logs/HEAD")
    if not log.is_file() and not logs.is_file() and ref != "HEAD":
        return  # this repository keeps no logs
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("a", encoding="utf-8") as file:
        file.write(f"{old or _NONE} {new} {who} {int(time.time())} +0000\t{why}\n")


def _remove_empty(folder: Path) -> None:
    """Git leaves the folders behind in which branches were."""
    for path in sorted(folder.rglob("*"), reverse=True):
        with suppress(OSError):
            path.rmdir()
    with suppress(OSError):
        folder.rmdir()
