"""An overlay's whole files against those of upstream that they take the place of."""

from __future__ import annotations

import difflib
from dataclasses import dataclass

from packaging.version import Version

from difykit.git import Blob, Tree
from difykit.source.overlay.changes import whole_files
from difykit.workspace.workspace import Overlay


@dataclass(frozen=True)
class FileDiff:
    """One whole file: how many lines it adds to upstream's file and takes from it; None where it has no lines."""

    path: str
    new: bool
    added: int | None
    removed: int | None
    lines: tuple[str, ...]

    def describe(self) -> dict[str, object]:
        """The numbers, as `--json` prints them."""
        return {"path": self.path, "new": self.new, "added": self.added, "removed": self.removed}


def diff(overlay: Overlay, tree: Tree, release: Version) -> tuple[FileDiff, ...]:
    """Each whole file that the overlay lays on this release, compared with the release's own.

    Raises DifyKitError for a file that may not be in a tree.
    """
    whole_changes = sorted(whole_files(overlay, tree, release).items())
    return tuple(_compare(path, tree.read(path), new) for path, new in whole_changes if new)


def _compare(path: str, old: Blob | None, new: Blob) -> FileDiff:
    names = (f"a/{path}" if old else "/dev/null", f"b/{path}")
    head = [f"diff --git a/{path} b/{path}"]
    if old and old[0] != new[0]:
        head += [f"old mode {old[0]}", f"new mode {new[0]}"]
    before, after = (old[1] if old else b""), new[1]
    if b"\0" in before + after:
        note = [f"Binary files {names[0]} and {names[1]} differ"] if before != after else []
        return FileDiff(path, old is None, None, None, (*head, *note) if note or len(head) > 1 else ())
    old_lines, new_lines = (_lines(content.decode("utf-8", "backslashreplace")) for content in (before, after))
    body = list(difflib.unified_diff(old_lines, new_lines, names[0], names[1], lineterm=""))
    added, removed = (sum(line.startswith(sign) for line in body[2:]) for sign in "+-")
    return FileDiff(path, old is None, added, removed, (*head, *body) if body or len(head) > 1 else ())


def _lines(text: str) -> list[str]:
    *lines, last = text.split("\n")
    return [*lines, f"{last}\n\\ No newline at end of file"] if last else lines
