"""Changing the text of `patches/series` by single lines: comments, blank lines and line ends stay as they are."""

from __future__ import annotations

from difykit.core.errors import DifyKitError
from difykit.source.patch.paths import printable
from difykit.source.patch.series import read_series

_BOM = "\ufeff"


def added(text: str, name: str, after: str | None = None) -> str:
    """The series with `name` after the entry `after`, or as its last one.

    Raises DifyKitError when it has `name` already, has no `after`, or cannot hold such a name.
    """
    mark, lines = _split(text)
    _check_new(lines, name)
    index = len(lines) if after is None else _index(lines, after) + 1
    return mark + _joined([*lines[:index], name, *lines[index:]])


def dropped(text: str, name: str) -> str:
    """The series without `name`. Raises DifyKitError when it has none."""
    mark, lines = _split(text)
    del lines[_index(lines, name)]
    return mark + "".join(lines)


def moved(text: str, name: str, position: int) -> str:
    """The series with `name` as its entry number `position`, counted from 1; what its line says behind it moves too.

    Raises DifyKitError when it has no `name`, or no such place.
    """
    mark, lines = _split(text)
    index, names = _index(lines, name), [entry for entry, _ in read_series("".join(lines))]
    if not 1 <= position <= len(names):
        raise DifyKitError(
            f"patches/series has no place {position}",
            hint=f"give a number from 1 to {len(names)}: difykit patch.list shows them",
        )
    if names.index(name) + 1 == position:
        return text
    line = lines.pop(index)
    names.remove(name)
    to = _index(lines, names[position - 1]) if position <= len(names) else _index(lines, names[-1]) + 1
    return mark + _joined([*lines[:to], line, *lines[to:]])


def _split(text: str) -> tuple[str, list[str]]:
    """A byte order mark, if there is one, and the lines: by the rule of `read_series`, which is not `splitlines`'."""
    mark = _BOM if text.startswith(_BOM) else ""
    *lines, last = text.removeprefix(mark).split("\n")
    return mark, [*(f"{line}\n" for line in lines), *([last] if last else [])]


def _index(lines: list[str], name: str) -> int:
    number = dict(read_series("".join(lines))).get(name)
    if number is None:
        raise DifyKitError(f"patches/series has no {printable(name)}", hint="see the series: difykit patch.list")
    return number - 1


def _check_new(lines: list[str], name: str) -> None:
    if name in dict(read_series("".join(lines))):
        raise DifyKitError(f"{printable(name)} is in patches/series already", hint="see the series: difykit patch.list")
    if read_series(name) != ((name, 1),):
        raise DifyKitError(f"{printable(name)!r} cannot be a name in patches/series", hint="such as add-a-button.patch")


def _joined(lines: list[str]) -> str:
    """Lines of which one may have no end: the new one, or the one that was the last."""
    end = "\r\n" if any(line.endswith("\r\n") for line in lines) else "\n"
    return "".join(line if line.endswith("\n") else line + end for line in lines)
