"""Git's conflict markers read back: the sides of each conflict, and the file with one side taken."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO

_LINES = 40  # of each side of a hunk that is shown
_WIDTH = 300


@dataclass(frozen=True)
class ConflictHunk:
    """A place where both sides changed the same lines: upstream's, those that both began with, and yours."""

    line: int
    upstream: str
    base: str
    yours: str


def conflict_hunks(content: bytes, ours: str, theirs: str) -> Iterator[ConflictHunk]:
    """The conflicts that git marked in a file, each with the line (from 1) that it starts at in upstream's file."""
    line = 1
    for part in _parts(content, ours, theirs):
        if isinstance(part, _Conflict):
            yield ConflictHunk(line, _shown(part.ours), _shown(part.base), _shown(part.theirs))
            line += len(part.ours)
        else:
            line += 1


def take_theirs(content: bytes, ours: str, theirs: str) -> bytes:
    """A file in which git marked conflicts, with each of them resolved for theirs."""
    parts = _parts(content, ours, theirs)
    return b"".join(b"".join(part.theirs) if isinstance(part, _Conflict) else part for part in parts)


@dataclass
class _Conflict:
    ours: list[bytes]
    base: list[bytes]
    theirs: list[bytes]


_BASE = re.compile(rb"\|{7} [0-9a-f]")
_ANCESTOR = re.compile(rb"^\|{7} [0-9a-f]{4,40}(:.*)?$")


def _parts(content: bytes, ours: str, theirs: str) -> Iterator[bytes | _Conflict]:
    """The lines of a file, and the conflicts between them; markers are told by the ids that no file holds."""
    start, end = b"<<<<<<< " + ours.encode(), b">>>>>>> " + theirs.encode()
    conflict: _Conflict | None = None
    side: list[bytes] = []
    for text in BytesIO(content).readlines():  # splits at \n only
        if conflict is None and text.startswith(start):
            conflict = _Conflict([], [], [])
            side = conflict.ours
        elif conflict is None:
            yield text
        elif side is conflict.ours and _BASE.match(text):
            side = conflict.base
        elif side is not conflict.theirs and text.rstrip(b"\r\n") == b"=======":
            side = conflict.theirs
        elif text.startswith(end):
            yield conflict
            conflict = None
        else:
            side.append(text)


def _shown(lines: Sequence[bytes]) -> str:
    texts = [line.decode("utf-8", "replace").rstrip("\r\n") for line in lines[:_LINES]]
    texts = [text if len(text) <= _WIDTH else text[:_WIDTH] + "…" for text in texts]
    more = len(lines) - _LINES
    return "\n".join([*texts, f"… and {more} more lines"] if more > 0 else texts)


def relabelled(content: bytes, old: tuple[str, str], new: tuple[str, str]) -> bytes:
    """The same file with markers that name the sides in words."""
    lines = content.split(b"\n")
    starts = [b"<<<<<<< " + old[0].encode(), b">>>>>>> " + old[1].encode()]
    words = [b"<<<<<<< " + new[0].encode(), b">>>>>>> " + new[1].encode()]
    for at, line in enumerate(lines):
        for start, word in zip(starts, words, strict=True):
            if line.startswith(start):
                lines[at] = word + line[len(start) :]
        if _ANCESTOR.match(line):
            lines[at] = b"||||||| base"
    return b"\n".join(lines)
