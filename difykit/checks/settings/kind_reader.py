"""From a field's annotation, as `ast` has it, to the kind of text that it takes."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import replace

from difykit.checks.settings.kinds import Bound, Operator, ValueKind
from difykit.core.python_names import text_members

_PLAIN = {
    "int": ValueKind("int"),
    "float": ValueKind("float"),
    "bool": ValueKind("bool"),
    "PositiveInt": ValueKind("int", bounds=(Bound(">", 0),)),
    "NonNegativeInt": ValueKind("int", bounds=(Bound(">=", 0),)),
    "NegativeInt": ValueKind("int", bounds=(Bound("<", 0),)),
    "NonPositiveInt": ValueKind("int", bounds=(Bound("<=", 0),)),
    "PositiveFloat": ValueKind("float", bounds=(Bound(">", 0),)),
    "NonNegativeFloat": ValueKind("float", bounds=(Bound(">=", 0),)),
    "NegativeFloat": ValueKind("float", bounds=(Bound("<", 0),)),
    "NonPositiveFloat": ValueKind("float", bounds=(Bound("<=", 0),)),
    "HttpUrl": ValueKind("url"),
    "AnyHttpUrl": ValueKind("url"),
    "dict": ValueKind("json"),
    "list": ValueKind("json"),
    "set": ValueKind("json"),
    "tuple": ValueKind("json"),
}
_OPERATORS: dict[str | None, Operator] = {"gt": ">", "ge": ">=", "lt": "<", "le": "<="}


class KindReader:
    """Reads annotations that may name the enumerations and the aliases of the release's config modules."""

    def __init__(self, modules: Iterable[ast.Module]) -> None:
        self._enums: dict[str, dict[str, str]] = {}
        self._aliases: dict[str, ast.expr] = {}
        for module in modules:
            for node in module.body:
                if isinstance(node, ast.ClassDef) and any("Enum" in ast.unparse(base) for base in node.bases):
                    self._enums[node.name] = text_members(node)
                elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                    self._aliases[node.targets[0].id] = node.value

    def read(self, annotation: ast.expr, call: ast.Call | None, *, empty: bool) -> ValueKind:
        """The kind of a field with this annotation and this `Field(...)`; what is not understood takes any text."""
        kind = self._kind(annotation, 0)
        if kind.base in {"int", "float"} and call is not None:
            kind = replace(kind, bounds=kind.bounds + _bounds(call))
        return replace(kind, empty=empty) if empty else kind

    def text(self, value: ast.expr) -> str | None:
        """A default as it would be written in an env file; "" for None, None for what is computed."""
        if isinstance(value, ast.Call) and value.args and ast.unparse(value.func) in {"HttpUrl", "cast"}:
            return self.text(value.args[-1])
        if isinstance(value, ast.Attribute) and isinstance(value.value, ast.Name):
            return self._enums.get(value.value.id, {}).get(value.attr)
        number = _product(value)
        if number is not None:
            return str(number)
        try:
            literal = ast.literal_eval(value)
        except (ValueError, SyntaxError):
            return None
        if isinstance(literal, bool):
            return str(literal).lower()
        return "" if literal is None else str(literal) if isinstance(literal, str | int | float) else None

    def _kind(self, node: ast.expr, depth: int) -> ValueKind:
        if depth > 8:  # an alias that names itself
            return ValueKind()
        if isinstance(node, ast.Name):
            return self._named(node.id, depth)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
            return self._union([node.left, node.right], depth)
        if isinstance(node, ast.Subscript):
            return self._subscript(ast.unparse(node.value).rpartition(".")[2], node.slice, depth)
        return ValueKind()

    def _named(self, name: str, depth: int) -> ValueKind:
        if name in _PLAIN:
            return _PLAIN[name]
        if name in self._enums:
            return ValueKind("choice", choices=tuple(self._enums[name].values())) if self._enums[name] else ValueKind()
        return self._kind(self._aliases[name], depth + 1) if name in self._aliases else ValueKind()

    def _subscript(self, outer: str, inner: ast.expr, depth: int) -> ValueKind:
        parts = list(inner.elts) if isinstance(inner, ast.Tuple) else [inner]
        if outer == "Literal":
            values = [part.value for part in parts if isinstance(part, ast.Constant)]
            return ValueKind("choice", choices=tuple(value for value in values if isinstance(value, str)))
        if outer == "Annotated":
            return self._kind(parts[0], depth + 1)
        if outer in {"Optional", "Union"}:
            return self._union(parts, depth)
        return _PLAIN.get(outer.lower(), ValueKind())

    def _union(self, parts: list[ast.expr], depth: int) -> ValueKind:
        """The one kind beside None; several kinds take what either takes, which is not told apart here."""
        types = [part for part in parts if not (isinstance(part, ast.Constant) and part.value is None)]
        return self._kind(types[0], depth + 1) if len(types) == 1 else ValueKind()


def _bounds(call: ast.Call) -> tuple[Bound, ...]:
    bounds = []
    for word in call.keywords:
        number = _product(word.value)
        if word.arg in _OPERATORS and number is not None:
            bounds.append(Bound(_OPERATORS[word.arg], number))
    return tuple(bounds)


def _product(node: ast.expr) -> float | int | None:
    """A number as it is written: `10 * 1024 * 1024` too."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
        first, second = _product(node.left), _product(node.right)
        return None if first is None or second is None else first * second
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        inner = _product(node.operand)
        return None if inner is None else -inner
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float) and not isinstance(node.value, bool):
        return node.value
    return None
