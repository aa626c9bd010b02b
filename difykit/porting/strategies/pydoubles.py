"""What a Python module says twice where once is meant: keys, arguments, imports, members, conditions, decorators.

Python itself refuses some of it; the rest runs, and the second silently replaces the first.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeGuard

from difykit.core.python_source import compiled

Names = Iterator[tuple[str, str, int]]
"""Kind, name and line."""
_Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
_LEAVES = (ast.Name, ast.Constant, ast.expr_context, ast.operator, ast.unaryop, ast.cmpop, ast.boolop, ast.alias)
_OVER = {"overload", "register", "setter", "getter", "deleter", "validates"}


@lru_cache(maxsize=64)  # a forecast asks the same of one side for every release
def doubles(text: str) -> dict[tuple[str, str], list[int]]:
    """The lines on which a name stands again, by kind and name. Raises NotPython, also where it does not compile."""
    repeated: dict[tuple[str, str], list[int]] = defaultdict(list)
    for scope, node in _nodes(compiled(text)):
        for names in _groups(node, scope):
            keys: set[tuple[str, str]] = set()
            for kind, name, line in names:
                key = (f"{kind}{scope.words}", name)
                if key in keys:
                    repeated[key].append(line)
                keys.add(key)
    return dict(repeated)


@dataclass(frozen=True)
class _Scope:
    """The definition that a node stands in, by its whole name."""

    path: str = ""
    function: bool = False

    @property
    def words(self) -> str:
        return f" in {self.path}" if self.path else ""

    def into(self, node: _Definition) -> _Scope:
        path = f"{self.path}.{node.name}" if self.path else node.name
        return _Scope(path, not isinstance(node, ast.ClassDef))


def _nodes(top: ast.AST) -> Iterator[tuple[_Scope, ast.AST]]:
    """Every node with the definition that it stands in; without recursion, since expressions can be deep."""
    pending = [(_Scope(), top)]
    while pending:
        scope, node = pending.pop()
        own = scope.into(node) if isinstance(node, _Definition) else scope
        yield own, node
        pending += [(own, child) for child in _children(node)]


def _children(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes below one that can hold a group of names, or a node that does."""
    for name in node._fields:
        value = getattr(node, name, None)
        for child in value if isinstance(value, list) else (value,):
            if isinstance(child, ast.AST) and not isinstance(child, _LEAVES):
                yield child


def _groups(node: ast.AST, scope: _Scope) -> Iterator[Names]:
    """The groups of names below a node, in each of which a name may stand once."""
    if isinstance(node, ast.Dict):
        keys = [key for key in node.keys if key is not None]
        yield (("key", ast.unparse(key), key.lineno) for key in keys if _plain(key))
    elif isinstance(node, ast.Call):
        yield (("argument", word.arg, word.value.lineno) for word in node.keywords if word.arg)
    elif isinstance(node, ast.Set):
        yield (("element", ast.unparse(item), item.lineno) for item in node.elts if _plain(item))
    elif isinstance(node, ast.If) and node.orelse:
        yield (("condition", ast.unparse(test), test.lineno) for test in _tests(node))
    elif isinstance(node, ast.Try):
        yield (("except", ast.unparse(handler.type), handler.lineno) for handler in node.handlers if handler.type)
    elif isinstance(node, ast.Match):
        cases = [case for case in node.cases if case.guard is None]
        yield (("case", ast.unparse(case.pattern), case.pattern.lineno) for case in cases)
    if isinstance(node, ast.ClassDef):
        yield (("base class", ast.unparse(base), base.lineno) for base in node.bases)
    if isinstance(node, _Definition):
        yield (("decorator", ast.unparse(mark), mark.lineno) for mark in node.decorator_list)
    for block in _blocks(node):
        names = [*_imports(block), *_definitions(block), *([] if scope.function else _assigned(block))]
        yield iter(sorted(names, key=lambda item: item[2]))  # what a function sets, it sets again and again
        yield _statements(block)


def _plain(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant | ast.Name | ast.Attribute)


def _tests(node: ast.If) -> Iterator[ast.expr]:
    while True:
        yield node.test
        if len(node.orelse) != 1 or not isinstance(node.orelse[0], ast.If):
            return
        node = node.orelse[0]


def _blocks(node: ast.AST) -> Iterator[list[ast.stmt]]:
    for name in ("body", "orelse", "finalbody"):
        block = getattr(node, name, None)
        if _is_block(block):
            yield block


def _is_block(block: object) -> TypeGuard[list[ast.stmt]]:
    return isinstance(block, list) and bool(block) and isinstance(block[0], ast.stmt)


def _imports(block: Iterable[ast.stmt]) -> Names:
    for node in block:
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield from (("name", alias.asname or alias.name, node.lineno) for alias in node.names if alias.name != "*")


def _statements(block: Iterable[ast.stmt]) -> Names:
    """Calls for their effect alone: the very same one, such as a blueprint that is registered."""
    for node in block:
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            yield "call", ast.unparse(node.value), node.lineno


def _definitions(block: Iterable[ast.stmt]) -> Names:
    for node in block:
        if isinstance(node, _Definition) and not _is_one_of_many(node):
            yield "name", node.name, node.lineno


def _assigned(block: Iterable[ast.stmt]) -> Names:
    """What a module or a class sets, but for what is set from its former self."""
    for node in block:
        if isinstance(node, ast.AnnAssign | ast.Assign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names = [target.id for target in targets if isinstance(target, ast.Name)]
            used = {inner.id for inner in ast.walk(node.value) if isinstance(inner, ast.Name)} if node.value else set()
            yield from (("name", name, node.lineno) for name in names if name not in used)


def _is_one_of_many(node: _Definition) -> bool:
    """Whether others of its name belong to it: overloads, a property's setter, what is registered with a function."""
    marks = [ast.unparse(mark.func if isinstance(mark, ast.Call) else mark) for mark in node.decorator_list]
    return node.name == "_" or any(mark.rpartition(".")[2] in _OVER for mark in marks)
