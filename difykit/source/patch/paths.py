"""Paths as patches write them: C-quoted, prefixed with `a/` and `b/`, and not to be trusted."""

from __future__ import annotations

import posixpath
import re

from difykit.core.files import path_fault
from difykit.source.patch.model import Malformed

_QUOTED = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)
_ESCAPE = re.compile(rb"\\([0-3][0-7]{2}|.)", re.DOTALL)
_LETTERS = {
    b"a": b"\a",
    b"b": b"\b",
    b"t": b"\t",
    b"n": b"\n",
    b"v": b"\v",
    b"f": b"\f",
    b"r": b"\r",
    b'"': b'"',
    b"\\": b"\\",
}
_LONGEST = 4096
_PREFIXES = "write it with `git format-patch --src-prefix=a/ --dst-prefix=b/`"


def unquote(text: bytes, line: int) -> bytes:
    """Give the name that git wrote, quoted or plain; raises Malformed on a broken quote."""
    if not text.startswith(b'"'):
        return text
    if not _QUOTED.fullmatch(text):
        raise Malformed(line, f"this quoted name does not end as it should: {_show(text)}")

    def plain(match: re.Match[bytes]) -> bytes:
        code = match[1]
        if len(code) == 3:
            return bytes([int(code, 8)])
        if code not in _LETTERS:
            raise Malformed(line, f"unknown escape \\{_show(code)} in a quoted name")
        return _LETTERS[code]

    return _ESCAPE.sub(plain, text[1:-1])


def checked(path: bytes, line: int) -> str:
    """Give the path as text; raises Malformed when it leaves the tree or reaches into `.git`."""
    if len(path) > _LONGEST:
        raise Malformed(line, f"this path is longer than {_LONGEST} bytes")
    text = path.decode("utf-8", "surrogateescape")
    if path_fault(text):
        raise Malformed(line, f"this path leaves the tree or is not one: {_show(path)!r}")
    return text


def link_fault(path: str, target: bytes) -> str:
    """Why a symlink at `path` may not point to `target`, or "" when it may."""
    text = target.decode("utf-8", "surrogateescape")
    end = posixpath.normpath(posixpath.join(posixpath.dirname(path), text))
    if text.startswith("/") or end == ".." or end.startswith("../"):
        return f"the link to {printable(text)!r} leaves the tree"
    return f"the link to {printable(text)!r} {fault}" if end != "." and (fault := path_fault(end)) else ""


def from_header(header: bytes, line: int) -> str:
    """Give the one path that `diff --git` names twice; raises Malformed where it names two or none."""
    old, new = (unquote(name, line) for name in _halves(header, line))
    if not (old.startswith(b"a/") and new.startswith(b"b/")):
        raise Malformed(line, f"paths must start with a/ and b/: {_PREFIXES}")
    if old[2:] != new[2:]:
        raise Malformed(line, "this change names two files but has no `rename` or `copy` lines")
    return checked(old[2:], line)


def _halves(header: bytes, line: int) -> tuple[bytes, bytes]:
    if match := _QUOTED.match(header):
        cut = match.end()
    elif header.endswith(b'"'):
        cut = header.find(b' "')  # a plain name holds no quote, or git would have quoted it
    else:
        cut = len(header) // 2  # both names are the same, so the space between them is the middle
    if header[cut : cut + 1] != b" ":
        raise Malformed(line, f"cannot tell the two paths apart in {_show(header)!r}: {_PREFIXES}")
    return header[:cut], header[cut + 1 :]


def same_name(text: bytes, path: str | None, prefix: str, line: int) -> None:
    """Check the name of a `---` or `+++` line; raises Malformed when it is not `path` (None is /dev/null)."""
    text = unquote(text.split(b"\t", 1)[0], line)  # git ends names that hold a space with a tab
    expected = "/dev/null" if path is None else prefix + path
    if text != expected.encode("utf-8", "surrogateescape"):
        raise Malformed(line, f"this line should name {printable(expected)}, not {_show(text)}")


def printable(text: str) -> str:
    """Give the text with every character that a terminal could obey or choke on escaped."""
    text = text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


def _show(text: bytes) -> str:
    return printable(text[:200].decode("utf-8", "backslashreplace"))
