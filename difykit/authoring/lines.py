"""Which lines of a file changed: exact, quick on long files, and by lines that occur once where there are such."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from typing import NamedTuple

from difykit.core.line_diff import differing

_SNIFFED = 8000  # bytes in which a NUL makes a file binary, as git has it
_LONG = 2000  # lines; a longer stretch without any line that occurs once is taken as changed whole


class LineEdit(NamedTuple):
    """Lines `start` up to `end` of the old file give way to `new`."""

    start: int
    end: int
    new: tuple[bytes, ...]


def is_opaque(mode: str, content: bytes) -> bool:
    """Whether a file has no lines: a symlink, or a binary."""
    return mode == "120000" or b"\0" in content[:_SNIFFED]


def split(content: bytes, *, opaque: bool) -> list[bytes]:
    """The lines with their ends; an opaque file is one line."""
    if opaque:
        return [content] if content else []
    return BytesIO(content).readlines()


def hunks(old: Sequence[bytes], new: Sequence[bytes]) -> list[LineEdit]:
    """What turns `old` into `new`, from top to bottom; between two hunks there is at least one line that stays."""
    edits: list[LineEdit] = []
    for start, end, first, last in differing(old, new, longest=_LONG):
        if edits and edits[-1].end == start:
            edits[-1] = LineEdit(edits[-1].start, end, (*edits[-1].new, *new[first:last]))
        else:
            edits.append(LineEdit(start, end, tuple(new[first:last])))
    return edits
