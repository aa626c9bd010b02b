"""The settings that a release's api reads, out of its own config classes in `api/configs`, by `ast`.

From 1.0.0 to 1.15.0 these are classes of pydantic-settings: the name of a field is the name of the variable, unless an
alias says another.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from difykit.checks.settings.kind_reader import KindReader
from difykit.checks.settings.kinds import ValueKind
from difykit.core import python_source
from difykit.dify import layout
from difykit.git import Tree

_NAME = re.compile(r"[A-Z][A-Z0-9_]*")
_ROOTS = {"BaseSettings"}


@dataclass(frozen=True)
class Field:
    """One variable that a config class reads."""

    name: str
    kind: ValueKind
    type: str
    """Its annotation, as it is written."""
    default: str | None
    """What it is where nobody sets it; None where the class computes that, or gives none."""
    owner: str
    path: str
    line: int
    also: tuple[str, ...] = ()
    """The other variables that set it, the earlier one winning."""
    attribute: str = ""
    """What the class calls it, where that is another name."""

    @property
    def where(self) -> str:
        return f"{self.path}:{self.line}"


def read_fields(tree: Tree) -> tuple[dict[str, Field], dict[str, str]]:
    """The variables that the config classes of a release read, by name; and the files that are no Python, with why.

    A class that is no pydantic one, as in difykit's miniature Dify, tells its variables by the calls of `get`.
    """
    paths = [path for path in tree.under(layout.CONFIGS) if path.endswith(".py")]
    modules, unread = _parsed(tree, paths)
    kinds = KindReader(modules.values())
    settings = _settings_classes(modules)
    fields: dict[str, Field] = {}
    for path, module in modules.items():
        for node in module.body:
            if isinstance(node, ast.ClassDef) and node.name in settings:
                for field in _fields_of(node, path, kinds):
                    # A name of its own wins over another field's alias: CONSOLE_API_URL also feeds FILES_URL.
                    if field.name not in fields or fields[field.name].also:
                        fields[field.name] = field
        for field in _calls(module, path):
            fields.setdefault(field.name, field)
    for field in list(fields.values()):
        for other in field.also:
            fields.setdefault(other, field)
    return fields, unread


def _parsed(tree: Tree, paths: Iterable[str]) -> tuple[dict[str, ast.Module], dict[str, str]]:
    modules, unread = {}, {}
    for path in paths:
        try:
            modules[path] = python_source.parse(tree.text(path))
        except python_source.NotPython as error:
            unread[path] = str(error)
    return modules, unread


def _settings_classes(modules: Mapping[str, ast.Module]) -> set[str]:
    """The classes that stand on BaseSettings, at whatever depth; names are unique within `api/configs`."""
    bases = {
        node.name: {base.id for base in node.bases if isinstance(base, ast.Name)}
        for module in modules.values()
        for node in module.body
        if isinstance(node, ast.ClassDef)
    }
    classes = set(_ROOTS)
    while more := {name for name, above in bases.items() if above & classes} - classes:
        classes |= more
    return classes - _ROOTS


def _fields_of(node: ast.ClassDef, path: str, kinds: KindReader) -> Iterator[Field]:
    lenient = set(_looked_at(node))
    for statement in node.body:
        if not isinstance(statement, ast.AnnAssign) or not isinstance(statement.target, ast.Name):
            continue
        call = _field_call(statement)
        names = _aliases(call) or (statement.target.id,)
        if not _NAME.fullmatch(names[0]):
            continue
        kind = kinds.read(statement.annotation, call, empty=statement.target.id in lenient)
        default = _default(statement.value, call, kinds)
        yield Field(
            name=names[0],
            kind=kind,
            type=ast.unparse(statement.annotation),
            default=default,
            owner=node.name,
            path=path,
            line=statement.lineno,
            also=names[1:],
            attribute=statement.target.id if statement.target.id != names[0] else "",
        )


def _looked_at(node: ast.ClassDef) -> Iterator[str]:
    """The fields whose text the class itself looks at before it is read."""
    for call in (
        decorator
        for statement in node.body
        if isinstance(statement, ast.FunctionDef)
        for decorator in statement.decorator_list
    ):
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "field_validator":
            mode = next((word.value for word in call.keywords if word.arg == "mode"), None)
            if isinstance(mode, ast.Constant) and mode.value == "before":
                yield from (str(name.value) for name in call.args if isinstance(name, ast.Constant))


def _field_call(node: ast.AnnAssign) -> ast.Call | None:
    """The `Field(...)` of a field: its value, or inside `Annotated`."""
    for expression in (node.value, node.annotation):
        for inner in ast.walk(expression) if expression is not None else ():
            if isinstance(inner, ast.Call) and isinstance(inner.func, ast.Name) and inner.func.id == "Field":
                return inner
    return None


def _aliases(call: ast.Call | None) -> tuple[str, ...]:
    keywords = {word.arg: word.value for word in call.keywords} if call else {}
    alias = keywords.get("validation_alias", keywords.get("alias"))
    if isinstance(alias, ast.Constant):
        return (str(alias.value),)
    if isinstance(alias, ast.Call):
        return tuple(str(argument.value) for argument in alias.args if isinstance(argument, ast.Constant))
    return ()


def _default(value: ast.expr | None, call: ast.Call | None, kinds: KindReader) -> str | None:
    if call is not None and value is call:
        value = next((word.value for word in call.keywords if word.arg == "default"), None)
        if value is None and call.args:
            value = call.args[0]
    return None if value is None else kinds.text(value)


def _calls(module: ast.Module, path: str) -> Iterator[Field]:
    """The variables that a module asks the environment for, as `get("NAME", default)`; a number where it makes one."""
    calls = [node for node in ast.walk(module) if isinstance(node, ast.Call)]
    integers = {inner for node in calls if _called(node) == "int" for inner in ast.walk(node)}
    for node in calls:
        if _called(node) not in {"get", "getenv"} or not node.args or not isinstance(node.args[0], ast.Constant):
            continue
        name = node.args[0].value
        if isinstance(name, str) and _NAME.fullmatch(name):
            kind = ValueKind("int", empty=True) if node in integers else ValueKind()
            default = str(node.args[1].value) if node.args[1:] and isinstance(node.args[1], ast.Constant) else None
            yield Field(name, kind, "int" if node in integers else "str", default, "", path, node.lineno)


def _called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
