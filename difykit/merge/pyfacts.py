"""The facts of a Python module."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import lru_cache

from difykit.merge.facts import Call, Definition, Facts, Signature
from difykit.merge.pytree import module

_Function = ast.FunctionDef | ast.AsyncFunctionDef
_FREE = {"staticmethod", "property"}


@lru_cache(maxsize=64)  # a forecast asks the same of one side for every release
def facts(text: str) -> Facts:
    """The facts of a module. Raises NotPython."""
    top = module(text)
    nodes = list(ast.walk(top))
    classes = [node for node in nodes if isinstance(node, ast.ClassDef)]
    return Facts(
        _alone([*_functions(top, ""), *(pair for node in classes for pair in _functions(node, "."))]),
        [_call(node) for node in nodes if isinstance(node, ast.Call)],
        frozenset(_members(nodes)),
        [(node.attr, node.lineno) for node in nodes if isinstance(node, ast.Attribute) and _is_own(node)],
        list(_definitions(top)),
        frozenset(_used(nodes)),
    )


def _alone(pairs: list[tuple[str, Signature]]) -> dict[str, Signature]:
    """Those whose name is not another one's as well."""
    names = [name for name, _ in pairs]
    return {name: signature for name, signature in pairs if names.count(name) == 1}


def _functions(holder: ast.Module | ast.ClassDef, lead: str) -> Iterator[tuple[str, Signature]]:
    for node in holder.body:
        if isinstance(node, _Function):
            marks = {ast.unparse(mark) for mark in node.decorator_list}
            yield lead + node.name, _signature(node.args, bound=bool(lead) and not marks & _FREE, wrapped=bool(marks))


def _signature(args: ast.arguments, *, bound: bool, wrapped: bool) -> Signature:
    places = [arg.arg for arg in (*args.posonlyargs, *args.args)]
    optional = set(places[len(places) - len(args.defaults) :]) if args.defaults else set()
    needed = {arg.arg for arg, value in zip(args.kwonlyargs, args.kw_defaults, strict=True) if value is None}
    places = places[1:] if bound else places
    names = frozenset(arg.arg for arg in args.kwonlyargs)
    needed |= set(places) - optional
    return Signature(tuple(places), names, frozenset(needed), bool(args.vararg), bool(args.kwarg), wrapped)


def _call(node: ast.Call) -> Call:
    of = node.func
    owner = of.value.id if isinstance(of, ast.Attribute) and isinstance(of.value, ast.Name) else ""
    picked = f".{of.attr}" if isinstance(of, ast.Attribute) else ""
    name = of.id if isinstance(of, ast.Name) else picked if owner in {"self", "cls"} else f"{owner or '?'}{picked}"
    opened = any(isinstance(arg, ast.Starred) for arg in node.args) or any(not word.arg for word in node.keywords)
    places = sum(not isinstance(arg, ast.Starred) for arg in node.args)
    return Call(name, node.lineno, places, tuple(word.arg for word in node.keywords if word.arg), opened)


def _members(nodes: list[ast.AST]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, _Function):
            yield node.name
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.attr
        elif isinstance(node, ast.ClassDef):
            targets = [target for part in node.body if isinstance(part, ast.Assign) for target in part.targets]
            targets += [part.target for part in node.body if isinstance(part, ast.AnnAssign)]
            yield from (target.id for target in targets if isinstance(target, ast.Name))


def _is_own(node: ast.Attribute) -> bool:
    owner = node.value
    return isinstance(node.ctx, ast.Load) and isinstance(owner, ast.Name) and owner.id in {"self", "cls"}


def _definitions(top: ast.Module) -> Iterator[Definition]:
    """What no decorator hands to somebody else; what classes define has a dot before its name."""
    holders = [("", top.body), *((".", node.body) for node in top.body if isinstance(node, ast.ClassDef))]
    for lead, body in holders:
        for node in body:
            if isinstance(node, _Function | ast.ClassDef) and not node.decorator_list:
                yield Definition(lead + node.name, node.lineno, node.end_lineno or node.lineno)
            elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                yield Definition(lead + node.targets[0].id, node.lineno, node.end_lineno or node.lineno)


def _used(nodes: list[ast.AST]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.Attribute) and _is_own(node):
            yield f".{node.attr}"
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.isidentifier():
            yield from (node.value, f".{node.value}")  # as `__all__` and `getattr` name it
