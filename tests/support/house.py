"""difykit's own files as the tests of the house read them: modules, rooms, doors, and who imports what.

A *room* is a package with an `__all__`, or a module that stands in none: a room's `__init__` is its door, and who is
not in the room comes in by it. A folder without `__all__` only holds rooms.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from tests.support.sources import ROOT, nodes, sources, tree


@cache
def module_of(path: Path) -> str:
    """A file as a dotted name below difykit; "" for difykit itself."""
    parts = path.relative_to(ROOT / "difykit").with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def parsed(path: Path) -> ast.Module:
    (module,) = tree(path)[ast.Module]
    assert isinstance(module, ast.Module)
    return module


@cache
def modules() -> Mapping[str, Path]:
    return {module_of(path): path for path in sources() if module_of(path)}


@cache
def doors() -> Mapping[str, frozenset[str]]:
    """What each room that is a package hands on."""
    return {
        module: frozenset(ast.literal_eval(node.value))
        for module, path in modules().items()
        if path.name == "__init__.py"
        for node in parsed(path).body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
    }


def upwards(module: str) -> Iterator[str]:
    """A module, the package it is in, and so on."""
    parts = module.split(".")
    return (".".join(parts[:length]) for length in range(len(parts), 0, -1))


@cache
def room_of(module: str) -> str:
    return next((name for name in upwards(module) if name in doors()), module)


def top_of(path: Path) -> str:
    return path.relative_to(ROOT / "difykit").parts[0].removesuffix(".py")


@cache
def imports(path: Path) -> tuple[tuple[int, str], ...]:
    """Every module that a file imports, at any depth in it, as (line, dotted name)."""
    result: list[tuple[int, str]] = []
    for node in nodes(path, ast.Import, ast.ImportFrom):
        if isinstance(node, ast.Import):
            result += ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: imports are absolute"
            result.append((node.lineno, node.module or ""))
    return tuple(result)


@cache
def own_imports(path: Path) -> tuple[tuple[int, str, str, str], ...]:
    """What a file imports of difykit: line, from where, which name, and the module that this reaches."""
    result = []
    for node in nodes(path, ast.ImportFrom):
        if (node.module or "").split(".")[0] == "difykit":
            origin = (node.module or "").removeprefix("difykit").lstrip(".")
            for alias in node.names:
                whole = f"{origin}.{alias.name}".lstrip(".")
                result.append((node.lineno, origin, alias.name, whole if whole in modules() else origin))
    return tuple(result)


def at(path: Path, line: int) -> str:
    return f"{path.relative_to(ROOT)}:{line}"
