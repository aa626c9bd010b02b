"""The names that a module has once it is loaded, as far as its text says."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

# What gives a module names that its text does not show, or takes them.
_OPEN = frozenset({"globals", "vars", "locals", "exec", "eval", "setattr", "delattr"})


@dataclass
class ModuleNames:
    """The names that a module binds, each with the statement that does."""

    bound: dict[str, ast.AST] = field(default_factory=dict)
    stars: list[ast.ImportFrom] = field(default_factory=list)
    """Its `from … import *`."""
    open: bool = False
    """Whether it may have names that its text does not show."""


def module_names(module: ast.Module) -> ModuleNames:
    """The names that a module has; what is bound in one branch alone counts."""
    names = ModuleNames()
    for node in _outer(module.body):
        _add(node, names)
    shared = {name for node in ast.walk(module) if isinstance(node, ast.Global) for name in node.names}
    for name in shared:
        names.bound.setdefault(name, module)
    names.open |= "__getattr__" in names.bound
    return names


def _outer(statements: list[ast.stmt]) -> Iterator[ast.AST]:
    """What runs when the module is loaded: functions and classes themselves, but not what is in them."""
    pending: list[ast.AST] = [*reversed(statements)]
    while pending:
        node = pending.pop()
        yield node
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            pending += node.decorator_list
        elif isinstance(node, ast.AnnAssign) and node.value is None:
            pending.append(node.annotation)  # it says a type and binds nothing
        elif not isinstance(node, ast.Lambda):
            pending += ast.iter_child_nodes(node)


def _add(node: ast.AST, names: ModuleNames) -> None:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        names.bound[node.name] = node
    elif isinstance(node, ast.Assign | ast.AnnAssign):
        # The value says what a name is; the name itself comes as a node of its own.
        targets = node.targets if isinstance(node, ast.Assign) else [node.target] if node.value else []
        names.bound |= {target.id: node for target in targets if isinstance(target, ast.Name)}
    elif isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names):
        names.stars.append(node)
    elif isinstance(node, ast.Import | ast.ImportFrom):
        names.bound |= {alias.asname or alias.name.partition(".")[0]: node for alias in node.names}
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _OPEN:
        names.open = True
    elif isinstance(node, ast.Attribute) and node.attr in {"modules", "__dict__"}:
        names.open = True  # sys.modules[__name__] takes names too
    elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        names.bound.setdefault(node.id, node)
    elif isinstance(node, ast.MatchAs | ast.MatchStar) and node.name:
        names.bound.setdefault(node.name, node)


def text_members(node: ast.ClassDef) -> dict[str, str]:
    """The names that a class gives texts to, such as the members of an enumeration."""
    return {
        statement.targets[0].id: statement.value.value
        for statement in node.body
        if isinstance(statement, ast.Assign)
        and isinstance(statement.targets[0], ast.Name)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    }
