"""Python's import statements: one unit each, read and written for `imports`."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence

from difykit.core.python_source import parse
from difykit.porting.strategies.imports import Key, Parsed, Statement, read_imports
from difykit.porting.strategies.regions import lines_of

_WIDTH = 120
_START = re.compile(r"\s*(from\s+\S+\s+import\b|import\s)")


def units(text: str) -> list[str]:
    """The lines of a Python file, an import that goes over several of them as one unit; lines alone if it is none."""
    lines = lines_of(text)
    try:
        module = parse(text)
    except ValueError:
        return lines
    spans = {
        node.lineno - 1: node.end_lineno
        for node in ast.walk(module)
        if isinstance(node, ast.Import | ast.ImportFrom) and node.end_lineno and node.end_lineno > node.lineno
    }
    if len(lines) != text.count("\n") + (not text.endswith("\n")):
        return lines
    rows: list[str] = []
    at = 0
    while at < len(lines):
        end = spans.get(at) or at + 1
        rows.append("".join(lines[at:end]))
        at = end
    return rows


def read(rows: Sequence[str]) -> Parsed | None:
    """The imports that `rows` begin with, and what follows them; None where they cannot be told apart."""
    return read_imports(rows, _START, _statement, says_nothing=lambda row: row.lstrip().startswith("#"))


def write(statement: Statement, keys: tuple[Key, ...]) -> str | None:
    """A statement for these keys, in one line if it fits, else in brackets with a line for each name."""
    margin = statement.head[0] if isinstance(statement.head, tuple) else ""
    module = statement.head[1] if isinstance(statement.head, tuple) else ""
    behind = f"  {statement.behind}" if statement.behind else ""
    if module is None:
        return "".join(f"{margin}import {_name(key)}{behind}\n" for key in keys)
    names = {
        _name(key): "".join(f"  {text}" for of, text in statement.notes if of == key)
        for key in sorted(keys, key=_order)
    }
    line = f"{margin}from {module} import {', '.join(names)}"
    if (len(line) + len(behind) <= _WIDTH and not any(names.values())) or list(names) == ["*"]:
        return f"{line}{behind}\n"
    rows = [f"{margin}    {name},{note}\n" for name, note in names.items()]
    return f"{margin}from {module} import ({behind}\n{''.join(rows)}{margin})\n"


def _order(key: Key) -> tuple[int, str, str]:
    """As isort and ruff sort them: constants, classes, the rest."""
    name = key[0]
    kind = 0 if name.isupper() and len(name) > 1 else 1 if name[:1].isupper() else 2
    return kind, name.casefold(), name


def _name(key: Key) -> str:
    name, local = key
    return name if local == name else f"{name} as {local}"


def _statement(row: str, above: tuple[str, ...]) -> Statement | None:
    margin = row[: len(row) - len(row.lstrip())]
    try:
        body = parse(row.strip()).body
    except ValueError:
        return None
    if len(body) != 1:
        return None
    node = body[0]
    lines = row.split("\n")
    inner = {at: comment[0].rstrip() for at, line in enumerate(lines) if (comment := re.findall(r"#.*", line))}
    behind = inner.pop(0, "")
    if isinstance(node, ast.Import):
        keys = tuple((alias.name, alias.asname or alias.name) for alias in node.names)
        head: tuple[str, str | None, str] = (margin, None, node.names[0].name)
        return Statement(head, keys, row, above, behind)
    if isinstance(node, ast.ImportFrom):
        keys = tuple((alias.name, alias.asname or alias.name) for alias in node.names)
        places = {alias.lineno - 1: key for alias, key in zip(node.names, keys, strict=True)}
        if inner.keys() - places.keys():
            return None  # a comment of no name: only as written
        notes = tuple((places[at], text) for at, text in inner.items())
        return Statement((margin, "." * node.level + (node.module or ""), ""), keys, row, above, behind, notes)
    return None
