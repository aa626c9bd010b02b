"""The api's part: a generated package, and two statements in upstream's `init_app`, placed by its syntax tree.

Upstream appends to `init_app` now and then (1.6.0, 1.10.0, 1.15.0), so context lines do not last; its start and end do.
A console endpoint must join upstream's console namespace before its blueprint is registered, because Dify authenticates
by blueprint name (`ext_login.load_user_from_request`, 0.8.0 to 1.15.0); one of its own comes after upstream's.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from difykit.core import python_source
from difykit.core.errors import DifyKitError
from difykit.dify import layout
from difykit.dify.registration import REGISTER

BLUEPRINTS_FILE = layout.BLUEPRINTS
PACKAGE = "difykit_overlays"
# Python counts lines by line feeds; str.splitlines would also split at form feeds and others.
_LINE = re.compile(r"[^\n]*\n|[^\n]+")


@dataclass(frozen=True)
class Endpoints:
    """What one overlay adds to the api: modules that join the console, and `module:blueprint` of its own."""

    overlay: str
    console: tuple[str, ...] = ()
    blueprints: tuple[str, ...] = ()


def wire_api(init_source: str) -> str:
    """`ext_blueprints.py` with the package called at the start and the end of `init_app`.

    Raises DifyKitError when there is not exactly one plain `init_app(app)`, or when it can return early.
    """
    try:
        module = python_source.parse(init_source)
    except python_source.NotPython as error:
        raise _fault(f"is not Python: {error.reason}", error.line) from error
    functions = [node for node in module.body if isinstance(node, ast.FunctionDef) and node.name == REGISTER]
    if len(functions) != 1:
        raise _fault(f"has {len(functions)} functions init_app, not one")
    function = functions[0]
    if not function.args.args:
        raise _fault("has an init_app without a parameter for the app")
    if any(isinstance(node, ast.Return) for node in _own_nodes(function)):
        raise _fault("has an init_app that can return early, so what follows may not run")
    lines = _LINE.findall(init_source)
    first, pad = _first_statement(function, lines)
    end = function.end_lineno or len(lines)
    if not lines[end - 1].endswith("\n"):
        lines[end - 1] += "\n"
    start = [f"{pad}import {PACKAGE}  # added by difykit\n", "\n", f"{pad}{PACKAGE}.before_blueprints()\n", "\n"]
    finish = ["\n", f"{pad}{PACKAGE}.after_blueprints({function.args.args[0].arg})\n"]
    wired = "".join(lines[: first - 1] + start + lines[first - 1 : end] + finish + lines[end:])
    try:
        python_source.parse(wired)
    except python_source.NotPython as error:
        raise _fault("has an init_app in a shape that cannot be wired", error.line) from error
    return wired


def _own_nodes(function: ast.FunctionDef) -> Iterator[ast.AST]:
    """What is in a function, but not in the functions and classes inside it."""
    pending: list[ast.AST] = list(function.body)
    while pending:
        node = pending.pop()
        yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            pending += ast.iter_child_nodes(node)


def _first_statement(function: ast.FunctionDef, lines: Sequence[str]) -> tuple[int, str]:
    """The line before which a statement can stand, after the docstring if there is one, and its indentation."""
    statement = function.body[0]
    line = min([statement.lineno, *(decorator.lineno for decorator in getattr(statement, "decorator_list", ()))])
    pad = lines[line - 1][: len(lines[line - 1]) - len(lines[line - 1].lstrip())]
    if lines[line - 1][: statement.col_offset].strip():
        raise _fault("has its init_app on one line")
    if ast.get_docstring(function, clean=False) is not None and len(function.body) > 1:
        return (statement.end_lineno or line) + 1, pad
    return line, pad


def _fault(text: str, line: int = 0) -> DifyKitError:
    return DifyKitError(
        f"{BLUEPRINTS_FILE}{f':{line}' if line else ''} of this release {text}",
        hint="a patch of yours may have changed it; else report the release to difykit",
    )


_TEMPLATE = '''\
"""Registers what overlays add to the api. Written by difykit at every sync; edits here do not last."""

import importlib

CONSOLE: list[tuple[str, str]] = {console}
BLUEPRINTS: list[tuple[str, str, str]] = {blueprints}


class OverlayError(RuntimeError):
    """An overlay could not be loaded."""


def _load(overlay: str, module: str):
    try:
        return importlib.import_module(module)
    except Exception as error:
        why = f"{{type(error).__name__}}: {{error}}"
        raise OverlayError(f"overlay {{overlay}}: cannot import {{module}}: {{why}}") from error


def before_blueprints() -> None:
    """Import the modules that join the console, while its blueprint can still take routes."""
    for overlay, module in CONSOLE:
        _load(overlay, module)


def after_blueprints(app) -> None:
    """Register the overlays' own blueprints, after upstream's."""
    for overlay, module, name in BLUEPRINTS:
        blueprint = getattr(_load(overlay, module), name, None)
        if blueprint is None:
            raise OverlayError(f"overlay {{overlay}}: {{module}} has no {{name}}")
        try:
            app.register_blueprint(blueprint)
        except Exception as error:
            raise OverlayError(f"overlay {{overlay}}: cannot register {{module}}:{{name}}: {{error}}") from error
'''


def package_source(endpoints: tuple[Endpoints, ...]) -> str:
    """The text of the generated package: which modules to import, and which overlay each belongs to."""
    console = [(endpoint.overlay, module) for endpoint in endpoints for module in endpoint.console]
    pairs = [(endpoint.overlay, *item.split(":", 1)) for endpoint in endpoints for item in endpoint.blueprints]
    return _TEMPLATE.format(console=_rows(console), blueprints=_rows(pairs))


def _rows(rows: Sequence[tuple[str, ...]]) -> str:
    inner = "".join("    (" + ", ".join(f'"{word}"' for word in row) + "),\n" for row in rows)
    return f"[\n{inner}]" if rows else "[]"
