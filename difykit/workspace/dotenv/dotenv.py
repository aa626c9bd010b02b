"""Env files line by line: comments, blank lines and order are the user's and stay.

The grammar is compose-go's: `export `, single quotes (literal), double quotes (escapes, `$`), values of several lines.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from difykit.core.errors import Problem

_LINE = re.compile(r"\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_.-]*)\s*(?:=|:\s)\s*(.*)", re.DOTALL)
_NAME_ONLY = re.compile(r"\s*(?:export\s+)?[A-Za-z_][A-Za-z0-9_.-]*\s*")
_BARE = re.compile(r"[A-Za-z0-9_@%+=:,./-]+")
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t"}


@dataclass(frozen=True)
class Assignment:
    """One `KEY=raw`, which takes the lines from `start` to before `end`, counted from 0; `raw` keeps its quotes."""

    key: str
    raw: str
    start: int
    end: int


def _lines(text: str) -> list[str]:
    return [line.removesuffix("\r") for line in text.split("\n")]


def _closed(raw: str) -> bool:
    """Whether a value ends on this line: it has no opening quote, or the closing one too."""
    if raw[:1] not in {"'", '"'}:
        return True
    return re.match(rf"{raw[0]}(?:\\.|[^{raw[0]}\\])*{raw[0]}", raw, re.DOTALL) is not None


def _scan(text: str) -> Iterator[Assignment | Problem]:
    lines = _lines(text)
    index = 0
    while index < len(lines):
        start, index = index, index + 1
        line = lines[start]
        if not line.strip() or line.lstrip().startswith("#") or _NAME_ONLY.fullmatch(line):
            continue
        match = _LINE.fullmatch(line)
        if match is None:
            yield Problem("", start + 1, "is not KEY=value")
            continue
        raw = match[2]
        while not _closed(raw) and index < len(lines):
            raw, index = f"{raw}\n{lines[index]}", index + 1
        if _closed(raw):
            yield Assignment(match[1], raw.rstrip(), start, index)
        else:
            index = start + 1
            yield Problem("", start + 1, f"the quote that opens the value of {match[1]} is not closed")


def assignments(text: str) -> list[Assignment]:
    """The assignments of an env file in their order; lines that are none are left out."""
    return [item for item in _scan(text) if isinstance(item, Assignment)]


def faults(name: str, text: str) -> list[Problem]:
    """The lines of the env file `name` that Compose would not read. No value is shown: it may be a secret."""
    problems = [Problem(name, item.line, item.text) for item in _scan(text) if isinstance(item, Problem)]
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        problems.append(Problem(name, line, "holds a NUL character, which no setting can have"))
    return problems


def decode(raw: str) -> str | None:
    """The value that `raw` stands for; None when it depends on other variables."""
    if raw.startswith("'"):
        return raw[1 : raw.index("'", 1)]
    if raw.startswith('"'):
        inner = re.match(r'"((?:\\.|[^"\\])*)"', raw, re.DOTALL)
        assert inner is not None
        if "$" in re.sub(r"\\.", "", inner[1], flags=re.DOTALL):
            return None
        return re.sub(r"\\(.)", lambda escape: _ESCAPES.get(escape[1], escape[1]), inner[1], flags=re.DOTALL)
    bare = re.split(r"(?:^|\s)#", raw, maxsplit=1)[0].rstrip()
    return None if "$" in bare else bare


def template(raw: str) -> str:
    """What `raw` stands for with its variables still in it; a dollar sign that is meant as one is doubled."""
    value = decode(raw)
    if value is not None:
        return value.replace("$", "$$")
    if not raw.startswith('"'):
        return re.split(r"(?:^|\s)#", raw, maxsplit=1)[0].rstrip()
    escapes = {**_ESCAPES, "$": "$$"}
    inner = raw[1 : raw.rindex('"')]
    return re.sub(r"\\(.)", lambda escape: escapes.get(escape[1], escape[1]), inner, flags=re.DOTALL)


def quote(value: str) -> str:
    """`value` so that Compose reads it back as it is, by interpolation and `env_file` (310 tried, Compose 2.26)."""
    if not value or _BARE.fullmatch(value):
        return value
    if not set("'\\\n\r") & set(value):
        return f"'{value}'"
    escaped = re.sub(r'([\\"$])', r"\\\1", value)
    return '"' + escaped.replace("\n", "\\n").replace("\r", "\\r") + '"'


def set_raw(text: str, values: Mapping[str, str]) -> str:
    """`text` with each key set to its raw value, quotes and all: in place where the key stands, else at the end.

    In place, since a value may name only variables above it: Dify's COMPOSE_PROFILES names VECTOR_STORE.
    """
    lines = text.split("\n")
    existing = assignments(text)
    for assignment in reversed(existing):
        if assignment.key in values:
            lines[assignment.start : assignment.end] = [f"{assignment.key}={values[assignment.key]}"]
    new = {key: raw for key, raw in values.items() if key not in {assignment.key for assignment in existing}}
    if new and lines[-1]:
        lines.append("")
    return "\n".join(lines[:-1] + [f"{key}={raw}" for key, raw in new.items()] + lines[-1:])


def without(text: str, keys: Collection[str]) -> str:
    """`text` without the assignments of these keys."""
    lines = text.split("\n")
    for assignment in reversed(assignments(text)):
        if assignment.key in keys:
            del lines[assignment.start : assignment.end]
    return "\n".join(lines)


def set_values(text: str, values: Mapping[str, str]) -> str:
    """`text` with each key set to its value, quoted as it needs."""
    return set_raw(text, {key: quote(value) for key, value in values.items()})
