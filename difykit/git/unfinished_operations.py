"""What somebody's git has begun in a repository and not ended: a rebase, a merge, a message that waits in an editor."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

from difykit.core import process

_BUSY = ("rebase-merge", "rebase-apply", "MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD")
_EDITED = ("COMMIT_EDITMSG", "MERGE_MSG", "rebase-merge/git-rebase-todo", "addp-hunk-edit.diff")


def operation(git_dir: Path) -> str:
    """What git is in the middle of, such as "merge"; "" for nothing."""
    busy = next((name for name in _BUSY if (git_dir / name).exists()), "")
    return (
        busy.replace("CHERRY_PICK", "cherry-pick")
        .removesuffix("_HEAD")
        .removesuffix("-merge")
        .removesuffix("-apply")
        .lower()
    )


def open_message(git_dir: Path) -> Path | None:
    """The file of git's for which an editor is open: git holds no lock then where it has nothing to write yet.

    Git gives its editor the whole path, which is what tells one from those of other repositories.
    """
    paths = [git_dir.resolve() / name for name in _EDITED]
    if not any(path.exists() for path in paths):
        return None
    lines = list(_commands())
    return next((path for path in paths if any(os.fsencode(path) in line for line in lines)), None)


def _commands() -> Iterator[list[bytes] | bytes]:
    """The command line of each process: its words, or, where the system does not say those apart, all of it."""
    if not sys.platform.startswith("linux"):
        yield from process.run(["/bin/ps", "-axo", "command="], check=False).stdout.splitlines()
        return
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            yield (folder / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue  # it has ended
