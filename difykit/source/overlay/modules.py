"""Whether api can load what overlays add to it: each module is there, has the name, and finds what it imports."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from difykit.core import files, python_source
from difykit.core.errors import Problem
from difykit.dify import blueprints, layout
from difykit.git import Tree
from difykit.source.overlay.api_modules import ApiModules
from difykit.workspace.overlay_files import LaidFile, laid_files
from difykit.workspace.workspace import Overlay


@dataclass(frozen=True)
class ModuleFindings:
    """What stands against loading the overlays' modules, and which of them could not be judged."""

    problems: tuple[Problem, ...]
    not_judged: tuple[str, ...]


def module_findings(overlays: Sequence[Overlay], tree: Tree, distributions: Collection[str] = ()) -> ModuleFindings:
    """Look at all blueprints and console modules of the overlays in a source, which `tree` is.

    `distributions` are what images get beside the release's own; a module that may be one of theirs is not judged.
    """
    look = _Look(overlays, ApiModules(tree), laid_files(overlays), [*distributions])
    problems = [*look.all()]
    return ModuleFindings(tuple(dict.fromkeys(problems)), tuple(dict.fromkeys(look.not_judged)))


@dataclass
class _Look:
    overlays: Sequence[Overlay]
    modules: ApiModules
    laid: Mapping[str, LaidFile]
    distributions: Collection[str]
    not_judged: list[str] = field(default_factory=list)
    taken: dict[str, str] = field(default_factory=dict)
    """The names of blueprints, each with whose it is."""

    def all(self) -> Iterator[Problem]:
        self.taken = {blueprint.name: "Dify's" for blueprint in self._registered()}
        seen: set[str] = set()
        for overlay in self.overlays:
            api = overlay.manifest.api
            for index, module in enumerate(api.console):
                where: tuple[str | int, ...] = (layout.API, "console", index)
                yield from self._module(overlay, where, module, seen)
            for index, blueprint in enumerate(api.blueprints):
                where = (layout.API, "blueprints", index)
                module, _, name = blueprint.partition(":")
                faults = [*self._module(overlay, where, module, seen)]
                yield from faults or self._blueprint(overlay, where, module, name)

    def _registered(self) -> tuple[blueprints.Blueprint, ...]:
        blob = self.modules.tree.read(layout.BLUEPRINTS)
        return blueprints.registered(files.as_text(blob[1]) if blob else "", self._text)

    @cached_property
    def _foreign(self) -> Collection[str]:
        """The first parts of modules that distributions bring, as far as anything says so."""
        own = {re.split(r"[^\w.-]", text.strip(), maxsplit=1)[0].replace("-", "_") for text in self.distributions}
        return {*sys.stdlib_module_names, *own, *self.modules.imported(self.laid.keys())}

    def _text(self, module: str) -> str | None:
        blob = self.modules.tree.read(path) if (path := self.modules.path(module)) else None
        try:
            return python_source.decoded(blob[1]) if blob else None
        except python_source.NotPython:
            return None

    def _module(self, overlay: Overlay, where: tuple[str | int, ...], module: str, seen: set[str]) -> Iterator[Problem]:
        """What stands against loading one module; what an overlay's own ones import is followed."""
        key = ".".join(map(str, where))
        path = self.modules.path(module)
        if path is None and not self.modules.has(module.partition(".")[0]) and self.distributions:
            self.not_judged.append(f"{overlay.label}: {key}: {module} may be of a distribution, which is not looked at")
        elif path is None:
            yield overlay.problem(where, f"{key}: there is no {self._expected(module)}{self._near(overlay, module)}")
        elif path:
            yield from self._imports(module, path, seen)

    def _expected(self, module: str) -> str:
        return f"{layout.API}/{module.replace('.', '/')}.py in this source"

    def _near(self, overlay: Overlay, module: str) -> str:
        """Where the overlay has a file of that name, if it has."""
        name = f"{module.rpartition('.')[2]}.py"
        own = [file.label for path, file in self.laid.items() if file.overlay == overlay.name and path.endswith(name)]
        return f"; the overlay has {own[0]}" if own else ""

    def _blueprint(self, overlay: Overlay, where: tuple[str | int, ...], module: str, name: str) -> Iterator[Problem]:
        """What stands against registering a blueprint of a module that is there."""
        key = ".".join(map(str, where))
        path = self.modules.path(module) or f"{layout.API}/{module.replace('.', '/')}"
        label = self.laid[path].label if path in self.laid else path
        defines = self.modules.defines(module, name)
        if defines is None and self.modules.names(path) is not None:
            self.not_judged.append(f"{overlay.label}: {key}: whether {label} has {name} is not said by its text")
        if defines is False:
            yield overlay.problem(where, f"{key}: {label} does not define {name}")
            return
        names = self.modules.names(path)
        if names and _is_plain(names.bound.get(name)):
            yield overlay.problem(where, f"{key}: {name} in {label} is no blueprint")
        made = blueprints.defined(self._text(module) or "").get(name)
        if made and made.name:
            if made.name in self.taken:
                whose = self.taken[made.name]
                text = f"{key}: its blueprint is called {made.name!r}, as {whose} is, and Flask takes one of a name"
                yield overlay.problem(where, text)
            elif "." in made.name:
                yield overlay.problem(where, f"{key}: its blueprint is called {made.name!r}; Flask takes no dot there")
            self.taken.setdefault(made.name, f"the overlay {overlay.name}'s")

    def _imports(self, module: str, path: str, seen: set[str]) -> Iterator[Problem]:
        """What an overlay's module imports from api that is not there, and the same of its own modules behind it."""
        if path in seen or path not in self.laid:
            return
        seen.add(path)
        for node in _unconditional(self._text(module) or ""):
            if isinstance(node, ast.ImportFrom):
                yield from self._from(module, path, node, seen)
                continue
            for alias in node.names:
                self._distributed(path, node, alias.name)
                if self.modules.has(alias.name.partition(".")[0]) and self.modules.path(alias.name) is None:
                    yield self._lacks(path, node, f"imports {alias.name}, which is not in this source")
                elif own_path := self.modules.path(alias.name):
                    yield from self._imports(alias.name, own_path, seen)

    def _from(self, module: str, path: str, node: ast.ImportFrom, seen: set[str]) -> Iterator[Problem]:
        origin = self.modules.origin(module, node)
        if not origin:
            yield self._lacks(path, node, f"imports from {'.' * node.level}{node.module or ''}, above the top of api")
            return
        if not self.modules.has(origin.partition(".")[0]):
            self._distributed(path, node, origin)
            return
        origin_path = self.modules.path(origin)
        if origin_path is None:
            yield self._lacks(path, node, f"imports from {origin}, which is not in this source")
            return
        yield from self._imports(origin, origin_path, seen)
        for alias in node.names:
            own = f"{origin}.{alias.name}"
            if own_path := self.modules.path(own):
                yield from self._imports(own, own_path, seen)
            elif own_path is None and alias.name != "*" and self.modules.defines(origin, alias.name) is False:
                yield self._lacks(path, node, f"imports {alias.name} from {origin}, which does not define it")

    def _distributed(self, path: str, node: ast.stmt, module: str) -> None:
        """Note a module that a distribution has to bring, where nothing says that one does."""
        top = module.partition(".")[0]
        if not self.modules.has(top) and top not in sys.stdlib_module_names and top not in self._foreign:
            place = f"{self.laid[path].label}:{node.lineno}"
            why = "nothing of Dify's imports it, and neither its lock nor `api.python` names it"
            self.not_judged.append(f"{place}: whether api's image has {top}: {why}")

    def _lacks(self, path: str, node: ast.stmt, text: str) -> Problem:
        return Problem(self.laid[path].label, node.lineno, text)


def _unconditional(text: str) -> list[ast.Import | ast.ImportFrom]:
    """The imports that a module makes whatever else is so; those in a `try` or an `if` may be meant to fail."""
    try:
        module = python_source.parse(text)
    except python_source.NotPython:
        return []
    return [node for node in module.body if isinstance(node, ast.Import | ast.ImportFrom)]


def _is_plain(node: ast.AST | None) -> bool:
    """Whether a name is bound to what cannot be a blueprint: a literal, a function, or a class."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return not node.decorator_list
    value = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
    return isinstance(value, ast.Constant | ast.List | ast.Dict | ast.Tuple | ast.Set | ast.JoinedStr | ast.Lambda)
