"""The facts of a Python module."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import lru_cache

from difykit.porting.strategies.facts import Call, Definition, ModuleFacts, Named, Signature
from difykit.porting.strategies.pytree import module

_Function = ast.FunctionDef | ast.AsyncFunctionDef
_FREE = {"staticmethod", "property"}
_THROUGH = {"items", "keys", "values", "get"}


@lru_cache(maxsize=64)  # a forecast asks the same of one side for every release
def facts(text: str) -> ModuleFacts:
    """The facts of a module. Raises NotPython."""
    top = module(text)
    nodes = list(ast.walk(top))
    containers = set(_collections(top))
    classes = [node for node in nodes if isinstance(node, ast.ClassDef)]
    return ModuleFacts(
        _alone([*_functions(top, ""), *(pair for node in classes for pair in _functions(node, "."))]),
        [_call(node) for node in nodes if isinstance(node, ast.Call)],
        frozenset(_members(nodes)),
        [(node.attr, node.lineno) for node in nodes if isinstance(node, ast.Attribute) and _is_own(node)],
        list(_definitions(top)),
        frozenset(_used(nodes)),
        [use for node in nodes if isinstance(node, ast.Call) and (use := _named(node)).of],
        [of for of in _definitions(top) if of.name in containers],
        frozenset(_iterated(nodes)),
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


def _named(node: ast.Call) -> Named:
    """A call with arguments by name."""
    names = frozenset(word.arg for word in node.keywords if word.arg)
    opened = any(not word.arg for word in node.keywords)
    return Named(_dotted(node.func), names, node.lineno, opened)


def _dotted(node: ast.expr) -> str:
    """A name with what is picked out of it; "" for what is made on the spot."""
    if isinstance(node, ast.Name):
        return node.id
    inner = _dotted(node.value) if isinstance(node, ast.Attribute) else ""
    return f"{inner}.{node.attr}" if inner and isinstance(node, ast.Attribute) else ""


def _collections(top: ast.Module) -> Iterator[str]:
    for node in top.body:
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        value = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
        if isinstance(value, ast.Dict | ast.List | ast.Set | ast.Tuple):
            yield from (target.id for target in targets if isinstance(target, ast.Name))


def _iterated(nodes: list[ast.AST]) -> Iterator[str]:
    """Names that are handed on, unpacked or gone through."""
    for node in nodes:
        parts: list[ast.expr] = []
        if isinstance(node, ast.Call):
            parts = [*node.args, *(word.value for word in node.keywords)]
            if isinstance(node.func, ast.Attribute) and node.func.attr in _THROUGH:
                parts.append(node.func.value)
        elif isinstance(node, ast.For | ast.AsyncFor | ast.comprehension):
            parts = [node.iter]
        elif isinstance(node, ast.Starred):
            parts = [node.value]
        elif isinstance(node, ast.Compare):
            parts = node.comparators
        elif isinstance(node, ast.Dict):
            parts = [value for key, value in zip(node.keys, node.values, strict=True) if key is None]
        yield from (part.id for part in parts if isinstance(part, ast.Name))
