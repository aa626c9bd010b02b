"""What Python statements read and change, to tell whether the order of two groups of them can matter."""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from difykit.core.python_source import parse

Path = tuple[object, ...]
_LEAVES = (ast.Return, ast.Raise, ast.Break, ast.Continue, ast.Yield, ast.YieldFrom, ast.Await, ast.Delete,
           ast.Global, ast.Nonlocal, ast.Assert)  # fmt: skip
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_ADD = {"append", "add"}
_ASK = {"query", "get", "items", "keys", "values"}
_LOGS = {"logger", "logging"}
_TEXT = 5  # words that make a text
_SAME = 0.75  # of the words of the shorter text


@dataclass
class Effects:
    """The things that statements read, set, and only add to; each as a name and what was picked out of it."""

    reads: set[Path] = field(default_factory=set)
    writes: set[Path] = field(default_factory=set)
    adds: set[Path] = field(default_factory=set)


def parsed(rows: Sequence[str]) -> list[ast.stmt] | None:
    """The statements that these lines are on their own, whatever their margin, or None."""
    try:
        return parse(textwrap.dedent("".join(rows))).body
    except ValueError:
        return None


def independent(first: Sequence[ast.stmt], second: Sequence[ast.stmt]) -> bool:
    """Whether two groups of statements come to the same in either order, as far as names tell."""
    if any(leaves(node) for node in (*first, *second)):
        return False
    a, b = _effects(first), _effects(second)
    if _meet(a.writes, b.writes | b.reads | b.adds) or _meet(b.writes, a.reads | a.adds):
        return False
    return not _meet(a.adds, b.reads) and not _meet(b.adds, a.reads)


def alike(first: Sequence[ast.stmt], second: Sequence[ast.stmt]) -> bool:
    """Whether both groups say one text, each in its own way: two versions of one thing, that would be done twice."""
    rows = [[_words(node) for node in group] for group in (first, second)]
    return any(
        min(len(mine), len(theirs)) >= _TEXT and len(mine & theirs) >= _SAME * min(len(mine), len(theirs))
        for mine in rows[0]
        for theirs in rows[1]
    )


def _words(node: ast.stmt) -> set[str]:
    """The words of the texts in a statement."""
    texts = [part.value for part in ast.walk(node) if isinstance(part, ast.Constant) and isinstance(part.value, str)]
    return {word.lower() for text in texts for word in re.findall(r"\w\w+", text)}


def leaves(node: ast.AST) -> bool:
    """Whether a statement may end its function or loop, outside of the functions that it defines."""
    if isinstance(node, _LEAVES):
        return True
    return not isinstance(node, _SCOPES) and any(leaves(child) for child in ast.iter_child_nodes(node))


def names(nodes: Sequence[ast.stmt]) -> list[str] | None:
    """What a group of definitions, plain assignments and texts is called; None where it holds anything else."""
    labels: list[str] = []
    for node in nodes:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            labels.append(node.name)
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            labels.append(node.target.id)
        elif isinstance(node, ast.Assign) and all(isinstance(target, ast.Name) for target in node.targets):
            labels += [target.id for target in node.targets if isinstance(target, ast.Name)]
        else:
            return None
    return labels


def _effects(nodes: Sequence[ast.stmt]) -> Effects:
    effects = Effects()
    for node in nodes:
        _collect(node, effects)
    return effects


def _collect(node: ast.AST, effects: Effects) -> None:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        effects.writes.add((node.name,))
    elif isinstance(node, ast.Import | ast.ImportFrom):
        effects.writes |= {(alias.asname or alias.name.split(".")[0],) for alias in node.names}
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        path = _path(node.func.value)
        if path and path[0] not in _LOGS:
            kind = (
                effects.adds if node.func.attr in _ADD else effects.reads if node.func.attr in _ASK else effects.writes
            )
            kind.add(path)
        for child in (*([] if path else [node.func]), *node.args, *node.keywords):
            _collect(child, effects)
        return
    elif isinstance(node, ast.Name | ast.Attribute | ast.Subscript) and (path := _path(node)):
        stored = isinstance(node.ctx, ast.Store)
        (effects.writes if stored else effects.reads).add(path)
        for inner in _inside(node):
            _collect(inner, effects)
        return
    elif isinstance(node, ast.AugAssign) and (path := _path(node.target)):
        effects.writes.add(path)
    for child in ast.iter_child_nodes(node):
        _collect(child, effects)


def _inside(node: ast.AST) -> Iterator[ast.AST]:
    """The keys of what is picked out, which may be names too."""
    while isinstance(node, ast.Attribute | ast.Subscript):
        if isinstance(node, ast.Subscript):
            yield node.slice
        node = node.value


def _path(node: ast.AST) -> Path | None:
    if isinstance(node, ast.Name):
        return (node.id,)
    if isinstance(node, ast.Attribute):
        inner = _path(node.value)
        return (*inner, node.attr) if inner else None
    if isinstance(node, ast.Subscript):
        inner = _path(node.value)
        if inner is None:
            return None
        return (*inner, node.slice.value) if isinstance(node.slice, ast.Constant) else inner
    return None


def _meet(some: set[Path], more: set[Path]) -> bool:
    return any(a[: len(b)] == b or b[: len(a)] == a for a in some for b in more)
