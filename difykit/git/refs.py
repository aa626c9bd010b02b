"""A branch and HEAD moved while their locks are held, which git itself would want to take."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from difykit.core import files

Place = Callable[[str], Path]
"""Where git keeps a file of a repository."""

_NONE = "0" * 40


def has_files(path_of: Place) -> bool:
    """Whether the repository keeps its references as files. The other format has locks that only git can take."""
    return not path_of("reftable").is_dir()


@dataclass(frozen=True)
class RefUpdate:
    """From one commit ("" for none) to another, by whom and why, as the log of a reference has it."""

    old: str
    new: str
    who: str
    why: str


def set_branch(path_of: Place, ref: str, step: RefUpdate) -> None:
    """Let a branch be at the new commit."""
    target = path_of(ref)
    if target.is_dir():
        _remove_empty(target)
    files.write(target, f"{step.new}\n")
    _note(path_of, ref, step)


def set_head(path_of: Place, ref: str, step: RefUpdate) -> None:
    """Let HEAD name a branch, or with "" the new commit itself."""
    files.write(path_of("HEAD"), os.fsencode(f"ref: {ref}\n" if ref else f"{step.new}\n"))
    _note(path_of, "HEAD", step)


def drop_branch(path_of: Place, ref: str) -> None:
    """Take a branch away. One that git has packed since stays where it is packed."""
    path_of(f"logs/{ref}").unlink(missing_ok=True)
    path_of(ref).unlink(missing_ok=True)


def _note(path_of: Place, ref: str, step: RefUpdate) -> None:
    if step.old == step.new:
        return
    log, logs = path_of(f"logs/{ref}"), path_of("logs/HEAD")
    if not log.is_file() and not logs.is_file() and ref != "HEAD":
        return  # this repository keeps no logs
    log.parent.mkdir(parents=True, exist_ok=True)
    files.append(log, f"{step.old or _NONE} {step.new} {step.who} {int(time.time())} +0000\t{step.why}\n")


def _remove_empty(folder: Path) -> None:
    """Git leaves the folders behind in which branches were."""
    for path in sorted(folder.rglob("*"), reverse=True):
        with suppress(OSError):
            path.rmdir()
    with suppress(OSError):
        folder.rmdir()
