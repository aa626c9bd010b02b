"""The addresses that api answers, read by `ast` from where it registers blueprints and from its extensions.

Which blueprints there are follows from `init_app` of `layout.BLUEPRINTS`, and each one's prefix from the module that it
is imported from. What has no prefix there, such as `files` up to 1.8.1, has rules of its own below a path of the
gateway's.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from difykit.core import python_source

_RULE = re.compile(r"\.(?:route|get|post|put|patch|delete|add_url_rule)\(")
_METHODS = frozenset({"route", "get", "post", "put", "patch", "delete", "add_url_rule"})

Read = Callable[[str], str | None]
"""The text of a module by its dotted name; None where there is none."""


@dataclass(frozen=True)
class Blueprint:
    """A blueprint that a release registers."""

    name: str
    """How Flask calls it, "" where the code does not say it letter by letter."""
    prefix: str
    """What its addresses begin with, "" where that is not known."""


def registered(init_source: str, read: Read) -> tuple[Blueprint, ...]:
    """The blueprints that the text of `layout.BLUEPRINTS` registers; none of a text that is not Python."""
    try:
        module = python_source.parse(init_source)
    except python_source.NotPython:
        return ()
    origins = {
        alias.asname or alias.name: (node.module or "", alias.name)
        for node in ast.walk(module)
        if isinstance(node, ast.ImportFrom) and not node.level
        for alias in node.names
    }
    blueprints: dict[Blueprint, None] = {}
    for call in _calls(module, "register_blueprint"):
        argument = call.args[0] if call.args else None
        if isinstance(argument, ast.Name) and argument.id in origins:
            origin, name = origins[argument.id]
            made = defined(read(origin) or "").get(name)
            own_prefix = _keyword(call, "url_prefix")
            if made:
                blueprints[Blueprint(made.name, own_prefix or made.prefix)] = None
    return tuple(blueprints)


def defined(text: str) -> dict[str, Blueprint]:
    """The blueprints that a module makes, by the variable that each is in; none of a text that is not Python."""
    try:
        module = python_source.parse(text)
    except python_source.NotPython:
        return {}
    blueprints: dict[str, Blueprint] = {}
    for node in module.body:
        value = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
        if isinstance(value, ast.Call) and _called(value) == "Blueprint":
            targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
            name = _text(value.args[0]) if value.args else _keyword(value, "name")
            blueprint = Blueprint(name, _keyword(value, "url_prefix"))
            blueprints |= {target.id: blueprint for target in targets if isinstance(target, ast.Name)}
    return blueprints


def rules(text: str) -> tuple[str, ...]:
    """The addresses that a module gives to the app itself, such as `/health`; none of a text that is not Python."""
    if not _RULE.search(text):
        return ()
    try:
        module = python_source.parse(text)
    except python_source.NotPython:
        return ()
    calls = (
        node
        for node in ast.walk(module)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _METHODS
    )
    paths = (
        _text(call.args[0])
        for call in calls
        if call.args and isinstance(call.func, ast.Attribute)
        if isinstance(call.func.value, ast.Name) and call.func.value.id.endswith("app")
    )
    return tuple(dict.fromkeys(path for path in paths if path.startswith("/") and path != "/"))


def _calls(module: ast.Module, name: str) -> Iterator[ast.Call]:
    for node in ast.walk(module):
        if isinstance(node, ast.Call) and _called(node) == name:
            yield node


def _called(call: ast.Call) -> str:
    if isinstance(call.func, ast.Attribute):
        return call.func.attr
    return call.func.id if isinstance(call.func, ast.Name) else ""


def _keyword(call: ast.Call, name: str) -> str:
    return next((_text(keyword.value) for keyword in call.keywords if keyword.arg == name), "")


def _text(node: ast.expr) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
