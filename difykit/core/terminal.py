"""Text that is fit for a terminal: what others wrote is shown, never obeyed.

Two kinds of text, told apart by their type: a plain `str` is a value, of one line, whatever stands in it; `Lines` are
lines that difykit itself put below each other, each of them cleaned when they are made.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from typing import Self

# Controls of both kinds, what turns the direction of text or has no width, line separators, lone surrogates, and what
# no font has. Spaces of all kinds stay: Chinese text has its own.
_ESCAPED = {"Cc", "Cf", "Zl", "Zp", "Cs", "Co", "Cn"}
_BLANK = "\u115f\u1160\u3164\uffa0\u2800\u180e\u034f"
_SEQUENCE = re.compile(r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]")
_COLOUR = re.compile(r"\x1b\[[0-9;]{0,40}m")
_CONCEALS = re.compile(r"(?:\[|;)0*[568](?:;|m)")


def plain(text: str, keep: str = "") -> str:
    """`text` with everything that a terminal could obey, or that nobody could see, written as an escape.

    Line feeds and tabs are among it, but for those named in `keep`.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(char if char in keep or not _is_odd(char) else ascii(char)[1:-1] for char in text)


def _is_odd(char: str) -> bool:
    return char in _BLANK or unicodedata.category(char) in _ESCAPED


class Lines(str):
    """Lines for a result: each is cleaned here, so that none can begin another one, or anything else."""

    __slots__ = ()

    def __new__(cls, lines: Iterable[str] = (), paint: Callable[[str], str] = str) -> Self:
        """Lines, each either a value of one line or `Lines`; `paint` adds colours to a clean one. A tab stays."""
        clean = (paint(line if isinstance(line, Lines) else plain(line, "\t")) for line in lines)
        return super().__new__(cls, "\n".join(clean))


def program_line(text: str) -> str:
    """A line of another program: its colours and movements left out, all else that could be obeyed escaped."""
    return plain(_SEQUENCE.sub("", text).expandtabs(4).rstrip())


def coloured_line(text: str) -> str:
    """The same for a terminal, with the colours that it has: they end with the line, and cannot hide it."""
    colours = [_safe_colour(match[0]) for match in _COLOUR.finditer(text)]
    parts = [plain(_SEQUENCE.sub("", part), "\t") for part in _COLOUR.split(text)]
    mixed = "".join(part + colour for part, colour in zip(parts, [*colours, ""], strict=True))
    return mixed + ("\x1b[m" if any(colours) else "")


def _safe_colour(code: str) -> str:
    return "" if _CONCEALS.search(code) and not re.search("[34]8;", code) else code


def json_safe(document: str) -> str:
    """JSON in which whatever is not printable is escaped, as it may stand only in strings."""
    if document.isascii() and document.isprintable():
        return document
    return "".join(_json_escape(char) if _is_odd(char) else char for char in document)


def _json_escape(char: str) -> str:
    raw = char.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{raw[index] << 8 | raw[index + 1]:04x}" for index in range(0, len(raw), 2))
