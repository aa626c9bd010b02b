"""What a patch says, as frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

Kind = Literal["modify", "add", "delete", "rename", "copy"]


class Malformed(Exception):
    """One thing wrong with a patch file; `line` counts from 1."""

    def __init__(self, line: int, text: str) -> None:
        super().__init__(text)
        self.line = line
        self.text = text


@dataclass(frozen=True)
class Hunk:
    """One `@@` block; each line keeps its ` `, `+` or `-` and its line end, if it has one."""

    old_start: int
    old_count: int
    new_start: int
    new_count: int
    lines: tuple[bytes, ...]
    patch_line: int

    @cached_property
    def old(self) -> list[bytes]:
        return [line[1:] for line in self.lines if line[0] != 0x2B]

    @cached_property
    def new(self) -> list[bytes]:
        return [line[1:] for line in self.lines if line[0] != 0x2D]

    @property
    def old_index(self) -> int:
        """How many lines come before the hunk in the old file (an empty range names the line before it)."""
        return self.old_start - 1 if self.old_count else self.old_start

    @property
    def new_index(self) -> int:
        return self.new_start - 1 if self.new_count else self.new_start

    @cached_property
    def context(self) -> tuple[int, int]:
        """How many unchanged lines the hunk begins and ends with."""
        changed = [number for number, line in enumerate(self.lines) if line[0] != 0x20]
        return (changed[0], len(self.lines) - 1 - changed[-1]) if changed else (len(self.lines), 0)


@dataclass(frozen=True)
class BinaryHunk:
    """One half of a `GIT binary patch`, kept deflated: a few bytes can stand for many megabytes."""

    method: Literal["literal", "delta"]
    size: int
    deflated: bytes
    patch_line: int


@dataclass(frozen=True)
class FileChange:
    """What a patch does to one file; an id is None where the patch gives none or the file does not exist."""

    kind: Kind
    old_path: str | None
    new_path: str | None
    old_mode: str | None
    new_mode: str | None
    old_id: str | None
    new_id: str | None
    hunks: tuple[Hunk, ...]
    binary: tuple[BinaryHunk, BinaryHunk | None] | None
    patch_line: int

    @property
    def path(self) -> str:
        """The path after the change, or of the deleted file."""
        path = self.new_path if self.new_path is not None else self.old_path
        assert path is not None
        return path


@dataclass(frozen=True)
class Patch:
    """One `git format-patch` file; `date` is the raw RFC 2822 text, `body` holds the trailers too."""

    name: str
    subject: str
    author: str
    email: str
    date: str
    body: str
    trailers: tuple[tuple[str, str], ...]
    changes: tuple[FileChange, ...]

    def trailer(self, key: str) -> str:
        """The first trailer of that name in any case, or an empty text."""
        return next((value for name, value in self.trailers if name.lower() == key.lower()), "")


FILL_IN = "(fill in"
"""How the value of a trailer begins that a person is still to write."""
STAY_DELETED = "Stay-deleted"
"""The trailer of a patch whose deletions are meant for every release; its value is `yes`."""


def stays_deleted(patch: Patch) -> bool:
    """Whether the files that a patch takes away go in every release, whatever the release changed in them."""
    return patch.trailer(STAY_DELETED).strip().lower() == "yes"
