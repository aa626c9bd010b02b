"""The package's own Python files and the nodes of their trees: parsed and walked once for all rules about them."""

from __future__ import annotations

import ast
import gc
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cache
from itertools import chain
from pathlib import Path
from typing import TypeVar, cast

ROOT = Path(__file__).resolve().parents[2]

Node = TypeVar("Node", bound=ast.AST)
Nodes = Mapping[type[ast.AST], tuple[ast.AST, ...]]
"""The nodes of a tree by their kind."""


@cache
def sources() -> tuple[Path, ...]:
    """The package's own Python files; the miniature Dify is data."""
    paths = sorted((ROOT / "difykit").rglob("*.py"))
    return tuple(path for path in paths if "demo/dify" not in path.as_posix())


def by_kind(source: str) -> Nodes:
    """Every node of a Python text."""
    kinds: dict[type[ast.AST], list[ast.AST]] = defaultdict(list)
    for node in ast.walk(ast.parse(source)):
        kinds[type(node)].append(node)
    return {kind: tuple(nodes) for kind, nodes in kinds.items()}


@cache
def _all() -> Mapping[Path, Nodes]:
    gc.disable()
    try:
        return {path: by_kind(path.read_text("utf-8")) for path in sources()}
    finally:
        gc.freeze()  # they stay to the end, and are so many that each later collection would take as long as ten tests
        gc.enable()


def tree(path: Path) -> Nodes:
    """The nodes of one of the package's files."""
    return _all()[path]


def nodes(path: Path, *kinds: type[Node]) -> Iterable[Node]:
    """The nodes of these kinds in one of the package's files."""
    return chain.from_iterable(cast("tuple[Node, ...]", tree(path).get(kind, ())) for kind in kinds)
