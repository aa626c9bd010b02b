"""What of a fork's own api code could be registered by an overlay instead of by a patch; pure."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator

from difykit.adopt.model import ForkFinding
from difykit.core import python_source
from difykit.dify import layout, registration

_BLUEPRINTS = layout.BLUEPRINTS


def endpoints(added: Iterable[str], patched: Iterable[str], read: Callable[[str], bytes]) -> Iterator[ForkFinding]:
    """Blueprints and console modules among the added files, with the line for `overlay.yaml`."""
    changed = _BLUEPRINTS in set(patched)
    for path in added:
        if not path.startswith(f"{layout.CONTROLLERS}/") or not path.endswith(".py"):
            continue
        try:
            tree = python_source.parse(read(path))
        except python_source.NotPython:
            continue
        module = path.removeprefix(f"{layout.API}/").removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        for name, line in _blueprints(tree):
            why = f"; then {_BLUEPRINTS} needs no patch for it" if changed else ""
            text = f'could be registered by the overlay: api: {{blueprints: ["{module}:{name}"]}}{why}'
            yield ForkFinding("blueprint", path, text, line)
        if line := _console(tree):
            text = f'could join the console by the overlay: api: {{console: ["{module}"]}}, in place of an import'
            yield ForkFinding("blueprint", path, text, line)


def _blueprints(tree: ast.Module) -> Iterator[tuple[str, int]]:
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call) and _called(node.value) == "Blueprint":
            yield from ((target.id, node.lineno) for target in node.targets if isinstance(target, ast.Name))


def _console(tree: ast.Module) -> int:
    """The line that puts an endpoint into the console's own namespace, 0 for none."""
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and isinstance(node.func.value, ast.Name)
        ):
            owner, method = node.func.value.id, node.func.attr
            if (owner, method) in registration.CONSOLE_DECLARATIONS:
                return node.lineno if owner == registration.CONSOLE_NAMESPACE or _from_console(tree) else 0
    return 0


def _from_console(tree: ast.Module) -> bool:
    return any(isinstance(node, ast.ImportFrom) and node.module == registration.CONSOLE_MODULE for node in tree.body)


def _called(node: ast.Call) -> str:
    return node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
