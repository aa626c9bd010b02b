"""What newer Pythons brought to the language, and whether a text is code of an older one."""

from __future__ import annotations

import ast
import sys
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

from difykit.core import python_source
from difykit.core.syntax_tree import Node, parsed, said, walk

PythonVersion = tuple[int, int]
_REWRITTEN = (3, 12)
"""What `older_python` writes for a host that is older."""


@dataclass(frozen=True)
class NewerSyntax:
    """A place that no Python before `since` reads; `line` counts from 1."""

    line: int
    since: PythonVersion
    name: str


def newer_syntax(text: str) -> list[NewerSyntax]:
    """What in a text came with Python 3.12 or a later one, in its order."""
    return sorted(_newer(parsed(text, "python")), key=lambda syntax: syntax.line)


def fault_in(text: str, version: PythonVersion) -> tuple[int, str] | None:
    """The line and the reason why a text is no code of this Python; None where it is.

    What a Python newer than the host's brought is told from what no Python reads; the line is 0 where none applies.
    """
    newer = newer_syntax(text)
    try:
        python_source.compiled(text)
    except python_source.NotPython as error:
        readable = max(sys.version_info[:2], _REWRITTEN)
        if any(readable < syntax.since <= version for syntax in newer):
            return None  # this host cannot judge it
        if not any(version < syntax.since and syntax.line == error.line for syntax in newer):
            return error.line, error.reason
    for syntax in newer:
        if syntax.since > version:
            return syntax.line, f"{syntax.name} came with Python {shown(syntax.since)}"
    return _by_host(text, version)


def shown(version: PythonVersion) -> str:
    return ".".join(map(str, version))


def _by_host(text: str, version: PythonVersion) -> tuple[int, str] | None:
    """What the host's own Python, a newer one, knows that the older one does not."""
    if sys.version_info[:2] <= version:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(text, feature_version=version)
    except SyntaxError as error:
        return error.lineno or 0, error.msg
    except (ValueError, RecursionError, MemoryError):
        return None  # `compiled` has read it
    return None


def _newer(root: Node) -> Iterator[NewerSyntax]:
    for node in walk(root):
        line = node.start_point.row + 1
        if node.type == "type_alias_statement":
            yield NewerSyntax(line, (3, 12), "a `type` statement")
        elif node.type == "type_parameter" and node.parent and node.parent.type.endswith("_definition"):
            yield NewerSyntax(line, (3, 12), "a list of type parameters")
            if "=" in said(node):
                yield NewerSyntax(line, (3, 13), "a default of a type parameter")
        elif node.type == "except_clause" and len(node.children_by_field_name("value")) > 1:
            yield NewerSyntax(line, (3, 14), "`except` with several types and no parentheses")
        elif node.type == "string":
            yield from _newer_string(node, line)


def _newer_string(node: Node, line: int) -> Iterator[NewerSyntax]:
    start = said(node.children[0]) if node.children else ""
    prefix = start.rstrip("\"'").lower()
    delimiter = start[len(prefix) :]
    if "t" in prefix:
        yield NewerSyntax(line, (3, 14), "a template string")
    elif "f" in prefix:
        for part in (part for part in node.children if part.type == "interpolation"):
            expression = said(part.child_by_field_name("expression"))
            inside = "\\" in expression or "#" in expression or delimiter in expression
            open_line = len(delimiter) == 1 and "\n" in said(part)
            if inside or open_line or any(child.type == "comment" for child in part.children):
                yield NewerSyntax(line, (3, 12), "an f-string with its own quotes, a backslash or a `#` in its braces")
