"""The `@@` blocks of one file's change."""

from __future__ import annotations

import re
from collections.abc import Sequence

from difykit.source.patch.model import Hunk, Kind, Malformed

_HEAD = re.compile(rb"@@ -(\d{1,9})(?:,(\d{1,9}))? \+(\d{1,9})(?:,(\d{1,9}))? @@(?![^ \r\n])")
_EXPORT = "export it again with `git format-patch -U3`"
_TAKES = {b" ": (1, 1), b"-": (1, 0), b"+": (0, 1)}


def parse_hunks(lines: Sequence[bytes], at: int, first: int) -> tuple[tuple[Hunk, ...], int]:
    """Read the hunks that start at `lines[at]`, give them and the index after them; raises Malformed."""
    hunks: list[Hunk] = []
    grown = end = 0
    while at < len(lines) and lines[at].startswith(b"@@"):
        hunk, at = _hunk(lines, at, first)
        if hunks and not all(line.endswith(b"\n") for line in hunks[-1].lines):
            raise Malformed(hunk.patch_line, "a hunk follows the one that ended the file without a newline")
        if hunk.old_index < end:
            raise Malformed(hunk.patch_line, "this hunk starts before the end of the one before it")
        if hunk.new_index != hunk.old_index + grown:
            raise Malformed(
                hunk.patch_line,
                f"the old and new lines of this hunk do not agree (was a hunk edited or removed by hand?): {_EXPORT}",
            )
        end = hunk.old_index + hunk.old_count
        grown += hunk.new_count - hunk.old_count
        hunks.append(hunk)
    return tuple(hunks), at


def _hunk(lines: Sequence[bytes], at: int, first: int) -> tuple[Hunk, int]:
    number = first + at
    head = _HEAD.match(lines[at])
    if head is None:
        problem = "combined diffs cannot be applied" if lines[at].startswith(b"@@@") else "this is no hunk header"
        raise Malformed(number, f"{problem}: {_EXPORT}")
    old_start, new_start = int(head[1]), int(head[3])
    old_count, new_count = (int(head[group] or b"1") for group in (2, 4))
    if (old_count and not old_start) or (new_count and not new_start):
        raise Malformed(number, "lines are counted from 1, this hunk starts at line 0")
    body, at = _body(lines, at + 1, first, (old_count, new_count))
    hunk = Hunk(old_start, old_count, new_start, new_count, tuple(body), number)
    if all(line[0] == 0x20 for line in body):
        raise Malformed(number, "this hunk changes nothing")
    if not all(line.endswith(b"\n") for side in (hunk.old, hunk.new) for line in side[:-1]):
        raise Malformed(number, "only the last line of a file can be without a newline")
    return hunk, at


def _body(lines: Sequence[bytes], at: int, first: int, counts: tuple[int, int]) -> tuple[list[bytes], int]:
    """Take lines until both counts are used up; what the header says is never trusted beyond what is there."""
    old, new = counts
    body: list[bytes] = []
    header = first + at - 1
    while old or new or (at < len(lines) and lines[at].startswith(b"\\ ")):
        if at == len(lines):
            raise Malformed(header, "this hunk ends before all the lines that its header counts")
        # Some editors strip the blank of an empty context line; git takes it as one, too.
        line = b" \n" if lines[at] == b"\n" else lines[at]
        mark = line[:1]
        if mark == b"\\":
            _mark_no_newline(body, first + at)
        elif mark not in _TAKES:
            raise Malformed(first + at, f"not a line of a hunk, but the hunk of line {header} counts more lines")
        elif not line.endswith(b"\n"):
            raise Malformed(first + at, "the patch file ends inside this line")
        else:
            old, new = old - _TAKES[mark][0], new - _TAKES[mark][1]
            if old < 0 or new < 0:
                raise Malformed(first + at, f"the hunk of line {header} has more lines than its header counts")
            body.append(line)
        at += 1
    return body, at


def _mark_no_newline(body: list[bytes], number: int) -> None:
    if not body or not body[-1].endswith(b"\n"):
        raise Malformed(number, "this line says `no newline` of nothing")
    body[-1] = body[-1][:-1]


def check_context(kind: Kind, hunks: Sequence[Hunk], *, identified: bool) -> None:
    """Refuse hunks that could land in a wrong place unseen; raises Malformed."""
    if kind in ("add", "delete"):
        for hunk in hunks[1:] or [h for h in hunks if (h.old_count if kind == "add" else h.new_count)]:
            verb = "adds" if kind == "add" else "deletes"
            raise Malformed(hunk.patch_line, f"a patch that {verb} a file has one hunk that {verb} all its lines")
        return
    for hunk in hunks:
        before, after = hunk.context
        # Without context only a hunk that replaces the whole file says where it belongs; `apply` checks that it does.
        if not any(line[0] == 0x20 for line in hunk.lines) and (hunk.old_index or len(hunks) > 1):
            raise Malformed(hunk.patch_line, f"a hunk without context lines fits anywhere: {_EXPORT}")
        # `git diff -W` has uneven context; then the ids of the index line vouch for the place.
        if hunk.old_index and (not before or (before < after and not identified)):
            raise Malformed(hunk.patch_line, f"this hunk has too few context lines before its first change: {_EXPORT}")
