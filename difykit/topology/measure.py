"""How wide a text is at most, in any of the fonts that it may be shown in: never too little."""

from __future__ import annotations

import unicodedata

_NARROW = frozenset("iljI|.,:;'!()[]/ft· ")
_BROAD = frozenset("mwMWQO@%→—…")


def width(text: str, size: float, *, bold: bool = False) -> float:
    """The width of `text` in pixels; whatever is not plain Latin counts as a full square."""
    return sum(map(_share, text)) * size * (1.07 if bold else 1.0)


def _share(char: str) -> float:
    if char in _NARROW:
        return 0.4
    if char in _BROAD:
        return 1.0
    if not char.isascii():
        return 1.1 if unicodedata.east_asian_width(char) in "WFA" or ord(char) > 0x2FF else 0.75
    return 0.72 if char.isupper() else 0.62


def fitted(text: str, room: float, size: float, *, bold: bool = False) -> str:
    """`text`, or as much of its beginning and end as there is room for: the end of an image is its tag."""
    if width(text, size, bold=bold) <= room:
        return text
    for kept_length in range(len(text) - 1, 0, -1):
        head, tail = text[: (kept_length + 1) // 2], text[len(text) - kept_length // 2 :] if kept_length > 1 else ""
        if width(short := f"{head}…{tail}", size, bold=bold) <= room:
            return short
    return "…"
