"""What a patch that does not fit tells its owner."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from difykit.source.patch.model import FileChange, Hunk, Patch
from difykit.source.patch.paths import printable

UPSTREAM_TOOK = "already applied: upstream may have taken this change"
_END = "(end of file)"
_ROWS = 8  # lines shown of one hunk
_WIDTH = 48  # of one column
_SHOWN = 5  # files shown of one patch


class Misfit(Exception):
    """One change that does not fit; `where` names the hunk, `rows` show both sides."""

    def __init__(self, change: FileChange, text: str, *, rows: Sequence[str] = ()) -> None:
        super().__init__(text)
        self.change = change
        self.text = text
        self.rows = tuple(rows)


def describe(patch: Patch, misfits: Sequence[Misfit]) -> tuple[str, str]:
    """Give the message and the hint for everything in the patch that does not fit."""
    lines: list[str] = []
    name = printable(patch.name)
    for misfit in misfits[:_SHOWN]:
        path = misfit.change.old_path if misfit.change.old_path is not None else misfit.change.path
        lines.append(f"patches/{name}: {printable(path)}: {misfit.text}")
        lines += [f"  {row}".rstrip() for row in misfit.rows]
    if len(misfits) > _SHOWN:
        lines.append(f"  and {len(misfits) - _SHOWN} more files of this patch do not fit")
    if why := patch.trailer("Why"):
        lines.append(f"  Why: {printable(why)}")
    hint = (
        f"refresh the patch for this release: `difykit patch.show {name}` shows it; "
        "if upstream took the change, remove it from patches/series"
    )
    return "\n".join(lines), hint


def hunk_misfit(change: FileChange, number: int, lines: Sequence[bytes], data: bytes) -> Misfit:
    """Give the finding for hunk `number` (from 1) of a change to a file with these lines."""
    hunk = change.hunks[number - 1]
    hunk_label = f"hunk {number} (patch line {hunk.patch_line})"
    begin = hunk.old_index
    if lines[begin : begin + len(hunk.old)] == hunk.old:
        rows = _table(hunk, lines)
        if lines[hunk.new_index :] == hunk.new:
            rows.append(_made_at(hunk.new_index + 1))
        return Misfit(
            change, f"{hunk_label} must end the file at line {begin + len(hunk.old)}, the file goes on", rows=rows
        )
    text = f"{hunk_label} does not fit at line {begin + 1}"
    rows = [*_table(hunk, lines), _elsewhere(hunk, data)]
    return Misfit(change, text, rows=rows)


def _elsewhere(hunk: Hunk, data: bytes) -> str:
    old, new = (list(islice(_occurrences(data, side), 4)) for side in (hunk.old, hunk.new))
    # A hunk that only adds lines at one end leaves its old lines in place: what the file has now decides.
    if new and (not old or any(line in new for line in (hunk.old_index + 1, hunk.new_index + 1))):
        return _made_at(new[0])
    if not old:
        return "The same lines occur nowhere in this file."
    lines = f"line {old[0]}" if len(old) == 1 else "lines " + ", ".join(map(str, old[:3]))
    remainder = " and more" if len(old) > 3 else ""
    return f"The same lines occur at {lines}{remainder}: upstream moved them."


def _made_at(line: int) -> str:
    return f"The lines are there as the patch makes them, at line {line}: {UPSTREAM_TOOK}"


def _occurrences(data: bytes, side: Sequence[bytes]) -> Iterator[int]:
    """Give the lines (from 1) at which these lines occur; by one search in the bytes, so long files cost little."""
    needle, hay = b"\n" + b"".join(side), b"\n" + data
    if not side:
        return
    if not needle.endswith(b"\n"):  # these lines can only be the last ones
        if hay.endswith(needle):
            yield hay.count(b"\n") - len(side) + 1
        return
    position, line, counted = hay.find(needle), 1, 0
    while position >= 0:
        line += hay.count(b"\n", counted, position)
        counted = position
        yield line
        position = hay.find(needle, position + 1)


def _table(hunk: Hunk, lines: Sequence[bytes]) -> list[str]:
    """Show both sides from just before the first line that differs, or where the file should end but does not."""
    begin, old = hunk.old_index, hunk.old
    differs = (number for number, line in enumerate(old) if lines[begin + number : begin + number + 1] != [line])
    wrong = next(differs, len(old))
    first = max(wrong - 1, 0)
    last = min(first + _ROWS, max(len(old), wrong + 1))
    pairs = [
        _pair(old[number : number + 1], lines[begin + number : begin + number + 1]) for number in range(first, last)
    ]
    digits = len(str(begin + last))
    cells = [f"{number:>{digits}} | {expected}" for number, (expected, _) in enumerate(pairs, begin + first + 1)]
    head = "the patch expects"
    width = max(len(head), *map(len, cells))
    rows = [f"{head:<{width}}   the release has"]
    for number, (cell, (_, actual)) in enumerate(zip(cells, pairs, strict=True), begin + first + 1):
        rows.append(f"{cell:<{width}} | {number:>{digits}} | {actual}")
    return rows if last >= len(old) else [*rows, "..."]


def _pair(old: Sequence[bytes], new: Sequence[bytes]) -> tuple[str, str]:
    """Give both lines, cut so that a difference far to the right still shows."""
    expected, actual = (_line(side[0]) if side else _END for side in (old, new))
    if max(len(expected), len(actual)) <= _WIDTH:
        return expected, actual
    same = next((column for column, (a, b) in enumerate(zip(expected, actual, strict=False)) if a != b), _WIDTH)
    skip = max(0, same - _WIDTH // 2) if expected != actual and same > _WIDTH - 10 else 0
    return _cut(expected, skip if old else 0), _cut(actual, skip if new else 0)


def _cut(text: str, skip: int) -> str:
    text = "…" + text[skip + 1 :] if skip else text
    return text if len(text) <= _WIDTH else text[: _WIDTH - 1] + "…"


def _line(line: bytes) -> str:
    """Give the line as text in which blanks at its end, tabs, CRs and a missing newline can be seen."""
    text = line.removesuffix(b"\n").decode("utf-8", "backslashreplace")
    blanks = len(text) - len(text.rstrip(" "))
    return printable(text.rstrip(" ")) + "·" * blanks + ("" if line.endswith(b"\n") else " (no newline)")
