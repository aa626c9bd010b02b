"""Literal edits of a text: a passage replaced, lines inserted. The line ends of the file stay what they are."""

from __future__ import annotations

import difflib
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from difykit.core.errors import shortened
from difykit.workspace.manifest import Insert, Replace

_THERE = "already there: upstream may have made this change"
_MAX_LINES = 20_000
_MAX_WIDTH = 400


class TextFault(ValueError):
    """The edit does not fit the text."""


class AlreadyThere(TextFault):
    """What the edit would make is in the text."""


@dataclass(frozen=True)
class Cut:
    """A span of the plain text, and what takes its place."""

    start: int
    end: int
    text: str


@dataclass(frozen=True)
class EditableText:
    """A text that is searched as if its lines ended the Unix way, and changed with its own line ends."""

    raw: str

    @cached_property
    def plain(self) -> str:
        """The text as it is searched."""
        return _plain(self.raw)

    @cached_property
    def _windows(self) -> list[int]:
        """The places in the plain text of the line ends that are of the Windows way."""
        return [position - number for number, position in enumerate(_places("\r\n", self.raw))]

    def changed(self, cuts: Sequence[Cut]) -> str:
        """The text with the cuts made, which are in order; new lines end as most of the file's do."""
        end = "\r\n" if len(self._windows) * 2 > self.plain.count("\n") else "\n"
        parts: list[str] = []
        copied_until = 0
        for cut in cuts:
            parts += [self.raw[copied_until : self._raw(cut.start)], cut.text.replace("\n", end)]
            copied_until = self._raw(cut.end)
        return "".join([*parts, self.raw[copied_until:]])

    def _raw(self, position: int) -> int:
        return position + bisect_left(self._windows, position)


def replace(text: str, edit: Replace) -> str:
    """The text after the replacement. Raises TextFault when `find` is not there as often as it says."""
    source, find, new = EditableText(text), _plain(edit.find), _plain(edit.text)
    positions = list(_places(find, source.plain))
    applied = bool(new) and source.plain.count(new) == edit.count
    if (not positions and applied) or (len(positions) == edit.count and applied and new.count(find) == 1):
        raise AlreadyThere(f"the text under `with` is {_THERE}:\n{_shown(new)}")
    if len(positions) != edit.count:
        raise _not_so_often("text to find", find, source.plain, len(positions), edit.count)
    return source.changed([Cut(position, position + len(find), new) for position in positions])


def insert(text: str, edit: Insert) -> str:
    """The text with the lines inserted. Raises TextFault when the anchor is not there as often as it says."""
    source = EditableText(text)
    plain, anchor, after = source.plain, edit.anchor, edit.after is not None
    new = _plain(edit.text)
    new += "" if new.endswith("\n") else "\n"
    anchors = _places(anchor, plain)
    spots = sorted(
        {_line_end(plain, position + len(anchor)) if after else _line_start(plain, position) for position in anchors}
    )
    inserted = [plain.startswith(new, spot) if after else plain.endswith(new, 0, spot) for spot in spots]
    if (inserted and all(inserted)) or (not spots and plain.count(new) == edit.count):
        raise AlreadyThere(f"the lines to insert are {_THERE}:\n{_shown(new)}")
    if len(spots) != edit.count:
        raise _not_so_often("anchor", anchor, plain, len(spots), edit.count)
    # A last line without its end keeps the file without one.
    open_end = after and not plain.endswith("\n")
    return source.changed(
        [Cut(spot, spot, "\n" + new[:-1] if open_end and spot == len(plain) else new) for spot in spots]
    )


def _places(find: str, text: str) -> Iterator[int]:
    position = text.find(find)
    while position >= 0:
        yield position
        position = text.find(find, position + len(find))


def _line_end(text: str, position: int) -> int:
    """The start of the line after the one that the character before `position` is in."""
    newline = text.find("\n", position)
    return len(text) if newline < 0 else newline + 1


def _line_start(text: str, position: int) -> int:
    return text.rfind("\n", 0, position) + 1


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n")


def _not_so_often(label: str, find: str, text: str, times: int, expected: int) -> TextFault:
    often = "once" if times == 1 else f"{times} times"
    return TextFault(f"has the {label} {often}, not {expected}:\n{_shown(find)}" + ("" if times else _near(find, text)))


def _shown(text: str) -> str:
    return "\n".join(f"  {line}" for line in shortened(text.strip()).split("\n"))


def _near(find: str, text: str) -> str:
    """What the file has instead of a passage."""
    passage = [line.strip() for line in find.strip("\n").split("\n")]
    lines = text.split("\n")[:_MAX_LINES]
    return (_first_other(passage, lines) if len(passage) > 1 else "") or _nearest(passage, lines)


def _first_other(passage: Sequence[str], lines: Sequence[str]) -> str:
    """Where the file has the beginning of a passage: the first line that is another."""
    have = [line.strip() for line in lines]
    longest, best = 0, 0
    for start, line in enumerate(have):
        if not line or not line.endswith(passage[0]):
            continue
        same = 1
        while same < len(passage) and start + same < len(have) and have[start + same] == passage[same]:
            same += 1
        if same > longest:
            longest, best = same, start
    if not longest or longest == len(passage) or best + longest >= len(have):
        return ""
    return (
        f"\n  it begins at line {best + 1}, but line {best + longest + 1} has:\n  {shortened(have[best + longest])}"
        f"\n  where the edit has:\n  {shortened(passage[longest])}"
    )


def _nearest(passage: Sequence[str], lines: Sequence[str]) -> str:
    """The line most like the first that is looked for."""
    first = next((line for line in passage if line), "")[:_MAX_WIDTH]
    close = difflib.get_close_matches(first, {line.strip() for line in lines if len(line) < _MAX_WIDTH}, n=1)
    if not close:
        return ""
    number, line = next((number, line) for number, line in enumerate(lines, 1) if line.strip() == close[0])
    only = " (only its white space differs)" if line.strip() == first else ""
    return f"\n  the nearest that it has, at line {number}{only}:\n  {shortened(line.strip())}"
