"""The pieces that a patch can be taken apart into: files, and hunks of a file."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO

from difykit.core.errors import DifyKitError
from difykit.source.patch.model import FileChange, Patch
from difykit.source.patch.paths import printable
from difykit.source.patch.trim import trim

_HUNK = re.compile(r"(.+):(\d+)")


@dataclass(frozen=True, order=True)
class Piece:
    """One hunk of one change of a patch; what cannot be taken apart is one piece."""

    change: int
    hunk: int


def pieces(patch: Patch) -> list[Piece]:
    """All pieces, in the patch's order: a file that is only changed has one for each hunk."""
    return [Piece(number, hunk) for number, change in enumerate(patch.changes) for hunk in range(_count(change))]


def _count(change: FileChange) -> int:
    return len(change.hunks) if _is_divisible(change) else 1


def _is_divisible(change: FileChange) -> bool:
    return change.kind == "modify" and change.old_mode == change.new_mode and len(change.hunks) > 1


def chosen(patch: Patch, paths: Sequence[str], hunks: Sequence[str]) -> frozenset[Piece]:
    """The pieces of these files, and these hunks, each as PATH:NUMBER counted from 1.

    Raises DifyKitError for one that the patch does not have.
    """
    goes = set(trim(patch, paths).goes) if paths else set()
    own = [number for number, change in enumerate(patch.changes) if change.path in goes]
    found = {piece for piece in pieces(patch) if piece.change in own}
    return frozenset(found | {_hunk(patch, text) for text in hunks})


def _hunk(patch: Patch, text: str) -> Piece:
    match = _HUNK.fullmatch(text)
    path, number = (match[1], int(match[2])) if match else (text, 0)
    for index, change in enumerate(patch.changes):
        if change.path == path and 1 <= number <= _count(change):
            return Piece(index, number - 1)
    raise DifyKitError(
        f"nothing was changed: patches/{patch.name} has no hunk {printable(text)}; it has:\n"
        + "\n".join(f"  {line}" for line in listed(patch)),
        hint="name one as PATH:NUMBER, the first of a file is 1",
    )


def listed(patch: Patch) -> Iterator[str]:
    """The files of a patch with the number of hunks that can be taken from each, a line each."""
    for change in patch.changes:
        count = _count(change)
        yield f"{printable(change.path)}: {f'{count} hunks' if count > 1 else 'one piece'}"


def title(patch: Patch, piece: Piece) -> str:
    """What a piece is called: its file, and the line where a hunk of several begins."""
    change = patch.changes[piece.change]
    return change.path + (f":{change.hunks[piece.hunk].new_start}" if _is_divisible(change) else "")


def partly(change: FileChange, number: int, included: Collection[Piece], before: bytes) -> bytes | None:
    """A changed file with only the included hunks; None where all of it or nothing is included, or it is one piece."""
    hunks = [hunk for index, hunk in enumerate(change.hunks) if Piece(number, index) in included]
    if not _is_divisible(change) or len(hunks) in {0, len(change.hunks)}:
        return None
    lines = BytesIO(before).readlines()
    result: list[bytes] = []
    position = 0
    for hunk in hunks:
        result += [*lines[position : hunk.old_index], *hunk.new]
        position = hunk.old_index + len(hunk.old)
    return b"".join([*result, *lines[position:]])
