"""What a condition of api's code comes to, by the values that settings have; three answers, the third is `UNKNOWN`."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from difykit.checks.settings.code import Code
from difykit.checks.settings.fields import Field
from difykit.checks.settings.module_reads import ModuleReads
from difykit.dify import code as tables

UNKNOWN = object()
"""What no setting decides."""
_TRUE = {"1", "on", "t", "true", "y", "yes"}
_DEEPEST = 12
_TYPING = "TYPE_CHECKING"


def typed(field: Field | None, text: str | None) -> object:
    """A setting's text as the config object holds it."""
    if text is None:
        return None
    kind = field.kind.base if field else "any"
    if kind == "bool":
        return text.lower() in _TRUE
    if kind in {"int", "float"}:
        try:
            return float(text)
        except ValueError:
            return UNKNOWN
    return text


class Evaluation:
    """Evaluates expressions with the settings of one environment."""

    def __init__(self, code: Code, environment: Mapping[str, str]) -> None:
        self._code = code
        self._environment = environment

    def setting(self, name: str) -> object:
        """The value of `dify_config.NAME`."""
        field = self._code.fields.get(name)
        if field is None:
            return UNKNOWN
        text = next((self._environment[key] for key in (field.name, *field.also) if key in self._environment), None)
        return typed(field, field.default if text is None else text)

    def value(  # noqa: PLR0911 - one answer for each form of an expression
        self, node: ast.expr, module: ModuleReads, function: str, depth: int = 0
    ) -> object:
        """What an expression comes to in a function of a module."""
        if depth > _DEEPEST:
            return UNKNOWN
        if isinstance(node, ast.Constant):
            return node.value
        if isinstance(node, ast.Attribute):
            return self._attribute(node, module)
        if isinstance(node, ast.Name):
            return self._name(node.id, module, function, depth)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            inner = self.value(node.operand, module, function, depth + 1)
            return UNKNOWN if inner is UNKNOWN else not inner
        if isinstance(node, ast.BoolOp):
            return self._bool(node, module, function, depth)
        if isinstance(node, ast.Compare) and len(node.ops) == 1:
            return self._compare(node, module, function, depth)
        if isinstance(node, ast.Tuple):
            return self._elements(node, module, function, depth)
        if isinstance(node, ast.Call):
            return self._call(node, module, function, depth)
        return UNKNOWN

    def _attribute(self, node: ast.Attribute, module: ModuleReads) -> object:
        owner = node.value.id if isinstance(node.value, ast.Name) else ""
        if owner == tables.CONFIG or (owner == "self" and tables.is_config(module.path)):
            return self.setting(node.attr)
        return self._code.enumeration(module, owner).get(node.attr, UNKNOWN) if owner else UNKNOWN

    def _name(self, name: str, module: ModuleReads, function: str, depth: int) -> object:
        """A name that one function gives a setting's value, by itself or as an argument; several: the first setting."""
        if name == _TYPING:
            return False
        places = [(node, function) for node in module.assigned.get((function, name), ()) if function]
        places += module.arguments.get((function, name), ())
        # A literal among them is one case of several: `x = None` before a loop.
        places = [(node, caller) for node, caller in places if not isinstance(node, ast.Constant)]
        if not places and len(constants := module.assigned.get(("", name), [])) == 1:
            places = [(constants[0], "")]
        values = [self.value(node, module, caller, depth + 1) for node, caller in places]
        return next((value for value in values if value is not UNKNOWN), UNKNOWN)

    def _bool(self, node: ast.BoolOp, module: ModuleReads, function: str, depth: int) -> object:
        values = [self.value(value, module, function, depth + 1) for value in node.values]
        decisive = [value for value in values if value is not UNKNOWN and bool(value) is isinstance(node.op, ast.Or)]
        if decisive:
            return decisive[0]
        return UNKNOWN if UNKNOWN in values else values[-1]

    def _elements(self, node: ast.Tuple, module: ModuleReads, function: str, depth: int) -> object:
        values = [self.value(item, module, function, depth + 1) for item in node.elts]
        return UNKNOWN if UNKNOWN in values else tuple(values)

    def _compare(self, node: ast.Compare, module: ModuleReads, function: str, depth: int) -> object:
        left = self.value(node.left, module, function, depth + 1)
        right = self.value(node.comparators[0], module, function, depth + 1)
        operator = node.ops[0]
        if left is UNKNOWN or right is UNKNOWN:
            return UNKNOWN
        if isinstance(operator, ast.Eq | ast.Is):
            return left == right
        if isinstance(operator, ast.NotEq | ast.IsNot):
            return left != right
        if isinstance(operator, ast.In | ast.NotIn) and isinstance(right, tuple):
            return (left in right) is isinstance(operator, ast.In)
        return UNKNOWN

    def _call(self, node: ast.Call, module: ModuleReads, function: str, depth: int) -> object:
        """`bool(X)`, `str(X)`, `X.lower()` and their like, which keep what is asked for here."""
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        asked = node.args[0].value if node.args and isinstance(node.args[0], ast.Constant) else None
        if name == "get" and isinstance(asked, str) and asked in self._code.fields:
            return self.setting(asked)
        inner = node.func.value if isinstance(node.func, ast.Attribute) else node.args[0] if node.args else None
        if name not in {"bool", "str", "lower", "strip", "VectorType", "StorageType"} or inner is None:
            return UNKNOWN
        value = self.value(inner, module, function, depth + 1)
        if value is UNKNOWN or name == "bool":
            return value if value is UNKNOWN else bool(value)
        return getattr(value, name)() if name in {"lower", "strip"} and isinstance(value, str) else value
