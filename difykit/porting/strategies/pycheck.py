"""Whether a merged Python file still means what both sides meant: names, blocks and imports."""

from __future__ import annotations

import ast
import builtins
import re
import symtable
from collections.abc import Iterator
from functools import lru_cache

from difykit.core.python_source import symbols
from difykit.porting.strategies import pytree
from difykit.porting.strategies.model import MergeTexts, Trees
from difykit.porting.strategies.regions import lines_of
from difykit.porting.strategies.scope_check import Place, moved

_ALWAYS = {*dir(builtins), "__file__", "__name__", "__doc__", "__package__", "__path__", "__spec__", "__class__"}


def faults(sides: MergeTexts, merged: str, trees: Trees) -> Iterator[str]:
    """What is wrong with a merged file that is not wrong with ours or theirs."""
    try:
        merged_module, ours, theirs = (pytree.module(text) for text in (merged, sides.ours, sides.theirs))
    except ValueError as error:
        yield f"it does not parse: {error}"
        return
    if wrong := _wrong_names(sides, merged_module, ours, theirs):
        yield f"gone or too many: {', '.join(sorted(wrong))}"
    if name := _other_kind(sides, merged_module, ours, theirs):
        yield f"given otherwise: {name}"
    if line := moved(sides, merged, _places):
        yield f"in another block: {line}"
    yield from lacking(sides.path, merged, trees, baseline=sides.ours)


def lacking(path: str, text: str, trees: Trees, *, baseline: str = "") -> Iterator[str]:
    """What a Python file imports of its own tree and will not find; what `baseline` imports too may be missing."""
    old_imports = set(_imports(pytree.module(baseline)))
    for name, module in _imports(pytree.module(text)):
        if (name, module) not in old_imports and not _resolves(path, name, module, trees):
            yield f"{module} has no {name}"


@lru_cache(maxsize=64)  # a forecast asks the same of one side for every release
def undefined(text: str) -> set[tuple[str, str]]:
    """What each function and class of a module uses and nothing defines, as (where, name)."""
    top = symbols(text)
    if re.search(r"^from .* import \*", text, re.MULTILINE):
        return set()
    tables = list(_tables(top, ""))
    defined = {symbol.get_name() for symbol in top.get_symbols() if symbol.is_assigned() or symbol.is_imported()}
    defined |= {symbol.get_name() for symbol in top.get_symbols() if symbol.is_namespace()} | _ALWAYS
    defined |= {
        symbol.get_name() for _, table in tables for symbol in table.get_symbols() if symbol.is_declared_global()
    }
    used = {("", symbol.get_name()) for symbol in top.get_symbols() if symbol.is_referenced()}
    for where, table in tables:
        used |= {
            (where, symbol.get_name())
            for symbol in table.get_symbols()
            if symbol.is_referenced() and symbol.is_global()
        }
    return {(where, name) for where, name in used if name not in defined}


def _tables(top: symtable.SymbolTable, above: str) -> Iterator[tuple[str, symtable.SymbolTable]]:
    for child in top.get_children():
        where = f"{above}.{child.get_name()}"
        yield where, child
        yield from _tables(child, where)


def _defined(node: ast.AST, above: str = "") -> Iterator[str]:
    """Every function, method and class by its whole name, and every name imported at the top."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            # Setters and overloads share a name by design.
            marks = ",".join(
                ast.unparse(mark)
                for mark in child.decorator_list
                if "." in ast.unparse(mark) or "over" in ast.unparse(mark)
            )
            yield f"{above}{child.name}" + (f" @{marks}" if "setter" in marks or "overload" in marks else "")
            if isinstance(child, ast.ClassDef):
                yield from _defined(child, f"{above}{child.name}.")
        elif isinstance(child, ast.AnnAssign) and isinstance(child.target, ast.Name):
            yield f"{above}{child.target.id}"
        elif isinstance(child, ast.Import | ast.ImportFrom):
            yield from (f"{above}{alias.asname or alias.name}" for alias in child.names if alias.name != "*")


def _wrong_names(sides: MergeTexts, merged_module: ast.Module, ours: ast.Module, theirs: ast.Module) -> set[str]:
    """Names that the merged file lacks or has too many of: what either side added or took away must show."""
    try:
        base = set(_defined(pytree.module(sides.base)))
    except ValueError:
        base = set()
    mine, other = set(_defined(ours)), set(_defined(theirs))
    expected = (mine | (other - base)) - (base - other)
    return expected ^ set(_defined(merged_module))


def _other_kind(sides: MergeTexts, merged_module: ast.Module, ours: ast.Module, theirs: ast.Module) -> str | None:
    """A parameter that one side added and that a caller would now have to give in another way, or None."""
    try:
        was = _parameters(pytree.module(sides.base))
    except ValueError:
        was = {}
    now = _parameters(merged_module)
    for side in (ours, theirs):
        for name, kinds in _parameters(side).items():
            new = kinds.keys() - was.get(name, {}).keys() if name in was else set()
            for param in sorted(new):
                if now.get(name, {}).get(param) != kinds[param]:
                    return f"{name}({param})"
    return None


def _parameters(node: ast.AST, above: str = "") -> dict[str, dict[str, int]]:
    """The parameters of every function: the place of each, and -1 for those that are given by name alone."""
    params: dict[str, dict[str, int]] = {}
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            args = child.args
            params[above + child.name] = {arg.arg: at for at, arg in enumerate((*args.posonlyargs, *args.args))}
            params[above + child.name] |= {arg.arg: -1 for arg in args.kwonlyargs}
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            params |= _parameters(child, f"{above}{child.name}.")
    return params


def _places(text: str) -> dict[int, Place]:
    """The nest of blocks in which each line with code stands, and the functions and classes around a comment."""
    nests: dict[int, Place] = {}
    _collect_nests(pytree.module(text), (), nests)
    lines = lines_of(text)
    places: dict[int, Place] = {}
    for at, nest in nests.items():
        line = lines[at].split("#")[0] if at < len(lines) else ""
        if re.search(r"\w", line):
            places[at] = nest
        elif at < len(lines) and lines[at].lstrip().startswith("#"):
            places[at] = tuple(part.split(" ")[1].split(".")[0] for part in nest if " " in part)
    return places


def _collect_nests(node: ast.AST, nest: Place, nests: dict[int, Place]) -> None:
    for name, value in ast.iter_fields(node):
        for child in value if isinstance(value, list) else [value]:
            if not isinstance(child, ast.stmt | ast.ExceptHandler | ast.match_case):
                continue
            inner = (*nest, f"{type(node).__name__}{_called(node)}.{name}")
            if isinstance(child, ast.stmt):
                start = min([child.lineno, *(mark.lineno for mark in getattr(child, "decorator_list", []))])
                for line in range(start - 1, child.end_lineno or child.lineno):
                    nests[line] = (*inner, _called(child))
            _collect_nests(child, inner, nests)


def _called(node: ast.AST) -> str:
    return f" {node.name}" if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) else ""


def _imports(module: ast.Module) -> list[tuple[str, str]]:
    """Every import as (name, module); a whole module has no name."""
    imports: list[tuple[str, str]] = []
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            imports += [("", alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            imports += [(alias.name, "." * node.level + (node.module or "")) for alias in node.names]
    return imports


def _resolves(path: str, name: str, module: str, trees: Trees) -> bool:
    """Whether the merged tree has what is imported; what is not the tree's own is taken to be there."""
    folders = path.split("/")[:-1]
    level = len(module) - len(module.lstrip("."))
    if level:
        root = folders[: len(folders) - level + 1]
        return _provides("/".join([*root, *filter(None, module[level:].split("."))]), name, trees)
    parts = module.split(".")
    for depth in range(len(folders) + 1):
        start = "/".join([*folders[:depth], parts[0]])
        if start in trees.folders or f"{start}.py" in trees.files:
            return _provides("/".join([*folders[:depth], *parts]), name, trees)
    return True


def _provides(start: str, name: str, trees: Trees) -> bool:
    if name and (trees.has(f"{start}/{name}.py") or trees.has(f"{start}/{name}/__init__.py")):
        return True
    for path in (f"{start}.py", f"{start}/__init__.py"):
        if trees.has(path):
            return name in {"", "*"} or bool(re.search(rf"\b{re.escape(name)}\b", trees.read(path) or ""))
    return not name and start in trees.folders
