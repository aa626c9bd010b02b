"""Files that a developer told git not to look at: `git update-index --assume-unchanged` and `--skip-worktree`.

What is edited in them is an edit like any other, so git is asked, and moves the tree, with an index without the marks.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from difykit.core.process import CompletedProgram

_TAGS = {"assume-unchanged": b"hs", "skip-worktree": b"Ss"}
_WHOLE = ("-c", "core.splitIndex=false")

Marks = Mapping[str, bytes]
"""For each kind of mark the paths that have it, each ended by a NUL."""


class IndexCommand(Protocol):
    """Runs git on an index that is not the developer's."""

    def __call__(self, *words: str, stdin: bytes = b"") -> CompletedProgram: ...


def take_off(git: IndexCommand, folder: Path) -> Marks:
    """Take the marks off the index; which there were. A file that is not there stays out of a sparse check-out."""
    records = git("ls-files", "-v", "-z").stdout.split(b"\0")
    marks: dict[str, bytes] = {}
    for kind, tags in _TAGS.items():
        paths = [record[2:] for record in records if record[:1] and record[:1] in tags]
        if kind == "skip-worktree":
            paths = [path for path in paths if os.path.lexists(os.path.join(os.fsencode(folder), path))]  # noqa: PTH118 - bytes
        if paths:
            marks[kind] = b"".join(path + b"\0" for path in paths)
            git(*_WHOLE, "update-index", "-z", f"--no-{kind}", "--stdin", stdin=marks[kind])
    return marks


def put_on(git: IndexCommand, marks: Marks) -> None:
    """Mark the files again that the index still has."""
    tracked = set(git("ls-files", "-z").stdout.split(b"\0")) if marks else set()
    for kind, paths in marks.items():
        remaining = b"".join(path + b"\0" for path in paths.split(b"\0") if path in tracked and path)
        git(*_WHOLE, "update-index", "-z", f"--{kind}", "--stdin", stdin=remaining)
