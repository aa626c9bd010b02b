"""Compose's interpolation: `$NAME`, `${NAME}`, and its six operators, which nest; `$$` is a dollar sign."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from difykit.core.errors import DifyKitError, shortened

_START = re.compile(r"\$(?:\$|(?P<plain>[A-Za-z_][A-Za-z0-9_]*)|\{(?P<name>[A-Za-z_][A-Za-z0-9_]*))")
DEEPEST = 50
"""How many variables in each other: Dify's files have two."""
_OPERATORS = (":-", ":?", ":+", "-", "?", "+")


@dataclass(frozen=True)
class _Variable:
    name: str
    operator: str
    word: str
    """What follows the operator: a default, a replacement or a message."""


def literal(text: str) -> str:
    """`text` as it is written so that Compose reads it letter by letter."""
    return text.replace("$", "$$")


def interpolate(text: str, values: Mapping[str, str]) -> str:
    """`text` as Compose reads it with these values; what nobody sets and has no default is empty."""

    def value_of(variable: _Variable) -> str:
        value = values.get(variable.name)
        is_set = bool(value) if variable.operator.startswith(":") else value is not None
        if variable.operator.endswith("-") and not is_set:
            return interpolate(variable.word, values)
        if variable.operator.endswith("+"):
            return interpolate(variable.word, values) if is_set else ""
        return value or ""

    return _replaced(text, value_of, dollar="$")


def withheld(text: str, names: Collection[str]) -> str:
    """`text` as it is when nobody sets `names`; every other variable stays as it is written."""

    def keep(variable: _Variable) -> str | None:
        inner = withheld(variable.word, names)
        if variable.name in names:
            return inner if variable.operator.endswith("-") else ""
        return f"${{{variable.name}{variable.operator}{inner}}}" if inner != variable.word else None

    return _replaced(text, keep, dollar="$$")


def unset(text: str, values: Collection[str]) -> list[str]:
    """The variables that would be empty without a word said: nobody sets them, and no operator speaks for them."""
    names: list[str] = []

    def look(variable: _Variable) -> str:
        if not variable.operator and variable.name not in values:
            names.append(variable.name)
        if not variable.operator.endswith("?"):
            names.extend(unset(variable.word, values))
        return ""

    _replaced(text, look, dollar="$")
    return names


def refused(text: str, values: Mapping[str, str]) -> list[str]:
    """The variables for which Compose would refuse the file: `${NAME:?}` that nobody sets."""
    names: list[str] = []

    def look(variable: _Variable) -> str:
        value = values.get(variable.name)
        is_set = bool(value) if variable.operator.startswith(":") else value is not None
        if variable.operator.endswith("?") and not is_set:
            names.append(variable.name)
        elif variable.operator.endswith("-" if not is_set else "+"):
            names.extend(refused(variable.word, values))
        return ""

    _replaced(text, look, dollar="$")
    return names


def _replaced(text: str, give: Callable[[_Variable], str | None], *, dollar: str) -> str:
    parts: list[str] = []
    position = 0
    while match := _START.search(text, position):
        parts.append(text[position : match.start()])
        variable, end = _read(text, match)
        value = give(variable) if variable else None
        if match[0] == "$$":
            value = dollar
        parts.append(text[match.start() : end] if value is None else value)
        position = end
    return "".join(parts) + text[position:]


def _read(text: str, match: re.Match[str]) -> tuple[_Variable | None, int]:
    """The variable that begins at `match`, if one does, and where it ends."""
    if match["plain"]:
        return _Variable(match["plain"], "", ""), match.end()
    end = _closing(text, match.end()) if match["name"] else -1
    if end < 0:
        return None, match.end()
    inner = text[match.end() : end]
    operator = next((operator for operator in _OPERATORS if inner.startswith(operator)), "")
    if inner and not operator:
        return None, end + 1  # Compose refuses it
    return _Variable(match["name"], operator, inner[len(operator) :]), end + 1


def _closing(text: str, start: int) -> int:
    """Where the brace closes that was opened before `start`; -1 where none does."""
    depth = 1
    for position in range(start, len(text)):
        if text.startswith("${", position):
            depth += 1
            if depth > DEEPEST:
                text = f"a value has more than {DEEPEST} variables in each other: {shortened(text, 60)}"
                raise DifyKitError(text, hint="write it with fewer: one variable, with one default")
        elif text[position] == "}":
            depth -= 1
            if not depth:
                return position
    return -1
