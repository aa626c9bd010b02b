"""What one module of api's code does with settings: which it reads, what it imports, and under which conditions."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from dataclasses import dataclass, field, replace

from difykit.core.python_names import text_members
from difykit.dify.code import CONFIG, ENABLED, STARTED, is_config

_NAME = re.compile(r"[A-Z][A-Z0-9_]*")
_DOTTED = re.compile(r"[a-z_][\w]*(?:\.[a-zA-Z_]\w*)+(?::\w+)?")
_ENDS = (ast.Return, ast.Raise, ast.Continue, ast.Break)


@dataclass(frozen=True)
class Condition:
    """A test that has to come out as `holds`; `function` is where its names mean something."""

    test: ast.expr
    holds: bool
    function: str


@dataclass(frozen=True)
class Site:
    """A line of code, and what has to hold before it is reached."""

    path: str
    line: int
    functions: tuple[str, ...] = ()
    """The functions that it stands in, the outermost first."""
    conditions: tuple[Condition, ...] = ()
    own: bool = False
    """Whether a config class reads it of itself."""

    @property
    def function(self) -> str:
        return self.functions[-1] if self.functions else ""


@dataclass
class ModuleReads:
    """All that is looked at in one module."""

    path: str
    reads: dict[str, list[Site]] = field(default_factory=lambda: defaultdict(list))
    """The settings that it asks the config object or the environment for."""
    references: dict[str, list[Site]] = field(default_factory=lambda: defaultdict(list))
    """Where a function of it is named."""
    imports: dict[str, list[Site]] = field(default_factory=lambda: defaultdict(list))
    """Modules, and texts that look like the name of one."""
    assigned: dict[tuple[str, str], list[ast.expr]] = field(default_factory=lambda: defaultdict(list))
    """(function, name) → what is assigned to the name there."""
    arguments: dict[tuple[str, str], list[tuple[ast.expr, str]]] = field(default_factory=lambda: defaultdict(list))
    """(function, parameter) → what it is called with in this module, and in which function."""
    origins: dict[str, str] = field(default_factory=dict)
    """An imported name → the module that it comes from."""
    enumerations: dict[str, dict[str, str]] = field(default_factory=dict)
    enabled: ast.expr | None = None
    """What its `is_enabled` returns, by which Dify decides whether its `init_app` is called."""
    computed: set[str] = field(default_factory=set)
    """Fields that its classes compute, which are handed on with all others."""
    raises: list[tuple[Site, str]] = field(default_factory=list)
    """Errors that it raises, with their text."""


class Reader(ast.NodeVisitor):
    """Walks a module and remembers the conditions on the way."""

    def __init__(self, path: str, package: str) -> None:
        self.result = ModuleReads(path)
        self._package = package
        self._config = is_config(path)
        self._functions: tuple[str, ...] = ()
        self._conditions: tuple[Condition, ...] = ()
        self._parameters: dict[str, list[str]] = {}

    def read(self, module: ast.Module) -> ModuleReads:
        """All that is looked at."""
        for node in ast.walk(module):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                self._parameters[node.name] = [argument.arg for argument in node.args.args if argument.arg != "self"]
        self._block(module.body)
        names = {node.name for node in module.body if isinstance(node, ast.FunctionDef)}
        for node in module.body:
            if isinstance(node, ast.FunctionDef) and node.name == ENABLED and STARTED in names:
                returned = [part.value for part in node.body if isinstance(part, ast.Return)]
                self.result.enabled = returned[0] if len(returned) == 1 else None
        return self.result

    def _block(self, statements: list[ast.stmt]) -> None:
        """Statements in their order: what follows `if X: return` is reached without X alone."""
        outside = self._conditions
        for statement in statements:
            self.visit(statement)
            if isinstance(statement, ast.If) and isinstance(statement.body[-1], _ENDS):
                self._conditions = (*self._conditions, self._condition(statement.test, holds=False))
        self._conditions = outside

    def _condition(self, test: ast.expr, *, holds: bool) -> Condition:
        return Condition(test, holds, self._functions[-1] if self._functions else "")

    def _under(self, test: ast.expr, nodes: list[ast.stmt] | ast.expr, *, holds: bool) -> None:
        outside = self._conditions
        self._conditions = (*outside, self._condition(test, holds=holds))
        self._block(nodes) if isinstance(nodes, list) else self.visit(nodes)
        self._conditions = outside

    def generic_visit(self, node: ast.AST) -> None:
        for _, value in ast.iter_fields(node):
            if isinstance(value, list) and value and isinstance(value[0], ast.stmt):
                self._block(value)
            elif isinstance(value, list):
                for item in value:
                    if isinstance(item, ast.AST):
                        self.visit(item)
            elif isinstance(value, ast.AST):
                self.visit(value)

    def visit_If(self, node: ast.If) -> None:
        self.visit(node.test)
        self._under(node.test, node.body, holds=True)
        self._under(node.test, node.orelse, holds=False)

    def visit_IfExp(self, node: ast.IfExp) -> None:
        self.visit(node.test)
        self._under(node.test, node.body, holds=True)
        self._under(node.test, node.orelse, holds=False)

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        outside = self._conditions
        for value in node.values:
            self.visit(value)
            self._conditions = (*self._conditions, self._condition(value, holds=isinstance(node.op, ast.And)))
        self._conditions = outside

    def visit_Match(self, node: ast.Match) -> None:
        self.visit(node.subject)
        outside = self._conditions
        for case in node.cases:
            values = _values(case.pattern)
            if values:
                test = ast.Compare(node.subject, [ast.In()], [ast.Tuple(values, ast.Load())])
                self._under(test, case.body, holds=True)
                self._conditions = (*self._conditions, self._condition(test, holds=False))
            else:
                self._block(case.body)
        self._conditions = outside

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        parts = [part for item in node.decorator_list for part in ast.walk(item)]
        if any(isinstance(part, ast.Attribute) and part.attr == "command" for part in parts):
            return  # it runs by hand alone
        for decorator in node.decorator_list:
            self.visit(decorator)
            if "computed_field" in ast.unparse(decorator):
                self.result.computed.add(node.name)
        self.visit(node.args)
        outside, self._functions = self._functions, (*self._functions, node.name)
        self._block(node.body)
        self._functions = outside

    visit_AsyncFunctionDef = visit_FunctionDef  # noqa: N815 - as ast calls it

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        if any("Enum" in ast.unparse(base) for base in node.bases):
            self.result.enumerations[node.name] = text_members(node)
        self.generic_visit(node)

    def visit_Assign(self, node: ast.Assign) -> None:
        for target in node.targets:
            if isinstance(target, ast.Name):
                self.result.assigned[self._site(node).function, target.id].append(node.value)
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        site = self._site(node)
        for parameter, argument in zip(self._parameters.get(name, []), node.args, strict=False):
            self.result.arguments[name, parameter].append((argument, site.function))
        for word in node.keywords:
            if word.arg in self._parameters.get(name, []):
                self.result.arguments[name, str(word.arg)].append((word.value, site.function))
        if name in {"get", "getenv", "getattr"}:
            for argument in node.args[:2]:
                self._asked(argument, site)
        self.generic_visit(node)

    def visit_Subscript(self, node: ast.Subscript) -> None:
        if ast.unparse(node.value).endswith(("environ", ".config")):
            self._asked(node.slice, self._site(node))
        self.generic_visit(node)

    def _asked(self, node: ast.expr, site: Site) -> None:
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and _NAME.fullmatch(node.value):
            self.result.reads[node.value].append(site)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        owner = node.value.id if isinstance(node.value, ast.Name) else getattr(node.value, "attr", "")
        if owner == CONFIG:
            self.result.reads[node.attr].append(self._site(node))
        elif self._config and isinstance(node.ctx, ast.Load) and (owner == "self" or _NAME.fullmatch(node.attr)):
            self.result.reads[node.attr].append(replace(self._site(node), own=True))
        if node.attr.startswith("_"):
            self.result.references[node.attr].append(self._site(node))
        self.generic_visit(node)

    def visit_Name(self, node: ast.Name) -> None:
        if node.id.startswith("_"):
            self.result.references[node.id].append(self._site(node))

    def visit_Import(self, node: ast.Import) -> None:
        for name in node.names:
            self.result.imports[name.name].append(self._site(node))

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        above = self._package.split(".")
        base = ".".join(above[: len(above) - node.level + 1]) if node.level else ""
        module = ".".join(filter(None, (base, node.module or "")))
        for name in node.names:
            self.result.origins[name.asname or name.name] = module
            self.result.imports[f"{module}.{name.name}"].append(self._site(node))
        self.result.imports[module].append(self._site(node))

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, str) and len(node.value) < 200 and _DOTTED.fullmatch(node.value):
            self.result.imports[node.value.partition(":")[0]].append(self._site(node))

    def visit_Raise(self, node: ast.Raise) -> None:
        constants = [part.value for part in ast.walk(node) if isinstance(part, ast.Constant)]
        self.result.raises.append((self._site(node), " ".join(text for text in constants if isinstance(text, str))))
        self.generic_visit(node)

    def _site(self, node: ast.AST) -> Site:
        return Site(self.result.path, getattr(node, "lineno", 0), self._functions, self._conditions)


def _values(pattern: ast.pattern) -> list[ast.expr]:
    if isinstance(pattern, ast.MatchValue):
        return [pattern.value]
    if isinstance(pattern, ast.MatchOr):
        return [value for part in pattern.patterns for value in _values(part)]
    return []
