"""Python's functions as the steps of `flow`."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from itertools import chain

from difykit.porting.strategies import pytree
from difykit.porting.strategies.flow import (
    Bind,
    Block,
    Fork,
    Function,
    FunctionFlow,
    Guard,
    Leave,
    Loop,
    Read,
    Stand,
    Step,
    into,
)
from difykit.porting.strategies.regions import lines_of

_Function = ast.FunctionDef | ast.AsyncFunctionDef
_Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
_OPAQUE = re.compile(r"\b(locals|exec|eval|vars)\(")
"""Whoever calls these may read every name."""


def parts(text: str) -> list[FunctionFlow]:
    """The functions of a module that stand in no other function, and its own statements. Raises NotPython."""
    module = pytree.module(text)
    rows = lines_of(text)
    if _OPAQUE.search(text):
        return [
            part for part in _parts(module, len(rows)) if not _OPAQUE.search("".join(rows[part.first - 1 : part.last]))
        ]
    return _parts(module, len(rows))


def _parts(module: ast.Module, last: int) -> list[FunctionFlow]:
    own = FunctionFlow(1, last, lambda: [_Steps(module).function()])
    return [
        own,
        *(FunctionFlow(_first(node), node.end_lineno or node.lineno, _Inside(node)) for node in _outermost(module)),
    ]


def _outermost(node: ast.AST) -> Iterator[_Function]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, _Function):
            yield child
        elif isinstance(child, ast.stmt | ast.ExceptHandler | ast.match_case):
            yield from _outermost(child)


def _first(node: ast.stmt) -> int:
    marks: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(mark.lineno for mark in marks)])


class _Inside:
    """The steps of a function, and of each that it holds."""

    def __init__(self, node: _Function) -> None:
        self.node = node

    def __call__(self) -> list[Function]:
        functions = [node for node in ast.walk(self.node) if isinstance(node, _Function)]
        return [_Steps(node).function() for node in functions]


class _Steps:
    """Writes the statements of a function, or of a module, as steps."""

    def __init__(self, node: _Function | ast.Module) -> None:
        self.node = node
        self.shared: set[str] = set()

    def function(self) -> Function:
        steps = [*self.heads(), *self.block(self.node.body)]
        return Function(steps, frozenset(map(self.name, self.shared)))

    def heads(self) -> Block:
        if isinstance(self.node, ast.Module):
            return []
        args = self.node.args
        params = [*args.posonlyargs, *args.args, *args.kwonlyargs, *filter(None, [args.vararg, args.kwarg])]
        return [Bind(arg.arg, arg.lineno, arg.end_lineno or arg.lineno, external=True) for arg in params]

    def name(self, written: str) -> object:
        """A name of this function; those of a module are what others may import."""
        return ("", written) if isinstance(self.node, ast.Module) else written

    def block(self, body: Sequence[ast.stmt]) -> Block:
        return [step for node in body for step in (Stand(_first(node)), *self.statement(node))]

    def statement(self, node: ast.stmt) -> Block:  # noqa: PLR0911 - one way for each kind
        if isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign):
            return self.assignment(node)
        if isinstance(node, ast.If):
            return [*self.reads(node.test), Fork((self.block(node.body), self.block(node.orelse)))]
        if isinstance(node, ast.While):
            endless = isinstance(node.test, ast.Constant) and bool(node.test.value)
            return [Loop(self.reads(node.test), self.block(node.body), self.block(node.orelse), endless)]
        if isinstance(node, ast.For | ast.AsyncFor):
            body = [*self.target(node.target, _head(node)), *self.block(node.body)]
            return [*self.reads(node.iter), Loop((), body, self.block(node.orelse))]
        if isinstance(node, ast.With | ast.AsyncWith):
            opened = [
                step
                for item in node.items
                for step in (*self.reads(item.context_expr), *self.target(item.optional_vars, _head(node)))
            ]
            return [*opened, Guard(self.block(node.body), ((),))]  # a manager may swallow what is raised
        if isinstance(node, ast.Try | ast.TryStar):
            handlers = tuple(self.handler(handler) for handler in node.handlers)
            return [Guard(self.block(node.body), handlers, self.block(node.orelse), self.block(node.finalbody))]
        if isinstance(node, ast.Match):
            return [*self.reads(node.subject), Fork((*(self.case(case) for case in node.cases), ()))]
        return self.plain(node)

    def plain(self, node: ast.stmt) -> Block:  # noqa: PLR0911 - one way for each kind
        """A statement that holds no others, or a definition."""
        span = (_first(node), node.end_lineno or node.lineno)
        if isinstance(node, ast.Return | ast.Raise):
            return [*chain.from_iterable(map(self.reads, ast.iter_child_nodes(node))), Leave()]
        if isinstance(node, ast.Break | ast.Continue):
            return [Leave("break" if isinstance(node, ast.Break) else "continue")]
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [(alias.asname or alias.name).split(".")[0] for alias in node.names]
            return [Bind(self.name(name), *span, external=True) for name in names]
        if isinstance(node, ast.Global | ast.Nonlocal):
            self.shared |= set(node.names)
            return []
        if isinstance(node, _Function | ast.ClassDef):
            return [*self.reads(node), Bind(self.name(node.name), *span, external=isinstance(self.node, ast.Module))]
        if isinstance(node, ast.Expr) and (root := _changed(node.value)):
            return [*self.reads(node.value, touching=root), Bind(self.name(root.id), *span, touches=True)]
        return self.reads(node)

    def assignment(self, node: ast.Assign | ast.AnnAssign | ast.AugAssign) -> Block:
        span = (node.lineno, node.end_lineno or node.lineno)
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        if node.value is None:
            return []
        binds = [step for target in targets for step in self.target(target, span)]
        if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
            name = self.name(node.target.id)
            return [*into(binds, [Read(name, node.lineno)], name), *self.reads(node.value), *binds]
        begin = _begin(node.value)
        return [*into(binds, self.reads(node.value), self.name(begin.id) if begin else ""), *binds]

    def target(self, node: ast.expr | None, span: tuple[int, int]) -> Block:
        """What gets a value."""
        if isinstance(node, ast.Name):
            return [Bind(self.name(node.id), *span)]
        if isinstance(node, ast.Tuple | ast.List):
            return [step for item in node.elts for step in self.target(item, span)]
        if isinstance(node, ast.Starred):
            return self.target(node.value, span)
        if node is None:
            return []
        root = _root(node)
        return [*self.reads(node, touching=root), *([Bind(self.name(root.id), *span, touches=True)] if root else [])]

    def handler(self, node: ast.ExceptHandler) -> Block:
        named = [Bind(self.name(node.name), node.lineno, node.lineno)] if node.name else []
        return [*(self.reads(node.type) if node.type else ()), *named, *self.block(node.body)]

    def case(self, case: ast.match_case) -> Block:
        names = [
            Bind(self.name(name), node.lineno, node.end_lineno)
            for node in ast.walk(case.pattern)
            if isinstance(node, ast.MatchAs | ast.MatchStar | ast.MatchMapping)
            and (name := node.rest if isinstance(node, ast.MatchMapping) else node.name)
        ]
        guard = self.reads(case.guard) if case.guard else ()
        return [*self.reads(case.pattern), *names, *guard, *self.block(case.body)]

    def reads(self, node: ast.AST, touching: ast.Name | None = None) -> Block:
        """What an expression takes, in order; a function in it may take it at any time."""
        if isinstance(node, ast.Name):
            return [Read(self.name(node.id), node.lineno, node is touching)] if isinstance(node.ctx, ast.Load) else []
        if isinstance(node, ast.NamedExpr):
            bind = Bind(self.name(node.target.id), node.lineno, node.end_lineno or node.lineno)
            return [*self.reads(node.value), Fork(([bind], ()))]
        if isinstance(node, _Function | ast.Lambda | ast.ClassDef) and not self.is_idle(node):
            self.shared |= {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
            self.shared |= {name for part in ast.walk(node) if isinstance(part, ast.Nonlocal) for name in part.names}
        if isinstance(node, _Function | ast.Lambda | ast.ClassDef):
            outer = [] if isinstance(node, ast.Lambda) else node.decorator_list
            return list(chain.from_iterable(map(self.reads, outer)))
        if isinstance(node, _Comprehension):
            return self.comprehension(node)
        steps: list[Step] = []
        for child in ast.iter_child_nodes(node):
            steps += self.reads(child, touching)
        return steps

    def is_idle(self, node: _Function | ast.Lambda | ast.ClassDef) -> bool:
        """Whether a function stands in this one that nothing but itself names: nobody runs it."""
        if not isinstance(node, _Function) or node.decorator_list or isinstance(self.node, ast.Module):
            return False
        names = [sum(isinstance(part, ast.Name) and part.id == node.name for part in ast.walk(of))
                 for of in (self.node, node)]  # fmt: skip
        return names[0] == names[1]

    def comprehension(self, node: _Comprehension) -> Block:
        targets = [part for loop in node.generators for part in ast.walk(loop.target)]
        own = {self.name(part.id) for part in targets if isinstance(part, ast.Name)}
        inner = [step for child in (*node.generators, *_values(node)) for step in self._inside(child)]
        return [step for step in inner if not isinstance(step, Read) or step.name not in own]

    def _inside(self, node: ast.AST) -> Block:
        if isinstance(node, ast.comprehension):
            return [step for child in (node.iter, *node.ifs) for step in self.reads(child)]
        return self.reads(node)


def _values(node: _Comprehension) -> Sequence[ast.expr]:
    return (node.key, node.value) if isinstance(node, ast.DictComp) else (node.elt,)


def _head(node: ast.For | ast.AsyncFor | ast.With | ast.AsyncWith) -> tuple[int, int]:
    return node.lineno, max(node.lineno, _first(node.body[0]) - 1)


def _root(node: ast.AST) -> ast.Name | None:
    """The name that something is picked out of."""
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return node if isinstance(node, ast.Name) else None


def _begin(node: ast.expr) -> ast.Name | None:
    """The name that a value is made of, step by step, as `q` in `q.where(a).limit(1)` and `q + 1`."""
    while not isinstance(node, ast.Name):
        if isinstance(node, ast.Attribute | ast.Subscript):
            node = node.value
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            node = node.func
        elif isinstance(node, ast.BinOp):
            node = node.left
        else:
            return None
    return node


def _changed(node: ast.expr) -> ast.Name | None:
    """The name whose method is called for its effect alone."""
    if isinstance(node, ast.Await):
        node = node.value
    return _root(node.func) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) else None
