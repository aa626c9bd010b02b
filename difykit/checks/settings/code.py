"""The code of a release's api: which of its modules use a setting, by the values that other settings have.

A driver's module is imported in one branch of a factory, a feature's where it is switched on. Where no setting decides
a condition, what it leads to is taken to be reached: a setting counts as unused only where the release's code says so.
"""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import cached_property

from difykit.checks.settings.fields import Field
from difykit.checks.settings.module_reads import ModuleReads, Reader, Site
from difykit.core import python_source
from difykit.dify import code, layout
from difykit.git import Tree

_SETTING = re.compile(r"\b[A-Za-z]\w*_\w+\b|\b[A-Z]{4,}\b")
_IMPORT = re.compile(
    r"^(?P<indent>[ \t]*)(?:from|import)[ \t]+(?P<module>[.\w]+)|[\"'](?P<text>[a-z_]\w*(?:\.\w+)+)(?=[\"':])",
    re.MULTILINE,
)


class Code:
    """Modules of api, read and parsed as they are asked for."""

    def __init__(self, tree: Tree, fields: Mapping[str, Field]) -> None:
        self._tree = tree
        self._modules: dict[str, ModuleReads | None] = {}
        self.attributes = {name: field.attribute or name for name, field in fields.items()}
        """A variable → what the config object calls it."""
        self.fields = {field.attribute or name: field for name, field in fields.items()}
        """What the config object calls a setting → the setting; the variable that has the name itself wins."""

    @cached_property
    def texts(self) -> Mapping[str, str]:
        """Every module that runs in a service."""
        paths = [path for path in self._tree.under(layout.API) if code.PYTHON.fullmatch(path)]
        self._tree.prefetch(paths)
        blobs = {path: self._tree.read(path) for path in paths}
        return {path: blob[1].decode("utf-8", "replace") for path, blob in blobs.items() if blob}

    @cached_property
    def paths(self) -> Mapping[str, str]:
        """The name of a module → its file."""
        return {code.module_name(path): path for path in self.texts}

    def module(self, path: str) -> ModuleReads | None:
        """One module; None for what is no Python."""
        if path not in self._modules:
            try:
                parsed = python_source.parse(self.texts[path])
            except python_source.NotPython:
                self._modules[path] = None
            else:
                name = code.module_name(path)
                package = name if path.endswith("/__init__.py") else name.rpartition(".")[0]
                self._modules[path] = Reader(path, package).read(parsed)
        return self._modules[path]

    def reading(self, name: str) -> tuple[str, ...]:
        """The modules that may read a setting, by what the config object calls it: they name it."""
        return self._naming.get(name, ())

    @cached_property
    def _naming(self) -> Mapping[str, tuple[str, ...]]:
        asks = re.compile(rf"\b{code.CONFIG}\b|\benviron\b|\bgetenv\b|\.config\b")
        words: dict[str, list[str]] = {}
        for path, text in self.texts.items():
            if code.is_config(path) or asks.search(text):
                for word in set(_SETTING.findall(text)):
                    words.setdefault(word, []).append(path)
        return {word: tuple(paths) for word, paths in words.items()}

    def sites(self, name: str, path: str) -> tuple[Site, ...]:
        """The lines of a module that read a setting."""
        module = self.module(path)
        if module is None:
            return ()
        return tuple(module.reads.get(name, ()))

    def importing(self, path: str) -> Mapping[str, bool]:
        """The modules that import a module, or name it in a text; whether at their top, where nothing decides it."""
        name = code.module_name(path)
        package, _, last = name.rpartition(".")
        importing = dict(self._imports.get(name, {}))
        word = re.compile(rf"\b{last}\b")
        for other in self._imports.get(package, {}):
            if other not in importing and word.search(self.texts[other]) and any(self.import_sites(path, other)):
                importing[other] = False
        importing.pop(path, None)
        return importing

    @cached_property
    def _imports(self) -> Mapping[str, Mapping[str, bool]]:
        imports: dict[str, dict[str, bool]] = {}
        for path, text in self.texts.items():
            name = code.module_name(path)
            parts = (name if path.endswith("/__init__.py") else name.rpartition(".")[0]).split(".")
            for match in _IMPORT.finditer(text):
                target = match["module"] or match["text"]
                dots = len(target) - len(target.lstrip("."))
                if dots:
                    target = ".".join(filter(None, (*parts[: len(parts) - dots + 1], target.lstrip("."))))
                at_top = bool(match["module"]) and not match["indent"]
                for whole in (target, target.rpartition(".")[0]) if match["text"] else (target,):
                    imports.setdefault(whole, {})[path] = imports.get(whole, {}).get(path, False) or at_top
        return imports

    def import_sites(self, path: str, other: str) -> Iterator[Site]:
        """The lines of `other` that import the module at `path`."""
        name = code.module_name(path)
        module = self.module(other)
        for target, sites in (module.imports if module else {}).items():
            if target == name or (target.startswith(f"{name}.") and target not in self.paths):
                yield from sites

    @cached_property
    def entry_points(self) -> Mapping[str, tuple[str, tuple[str, ...]]]:
        """A driver's module → the setting that chooses it, and by which of its values."""
        entries: dict[str, tuple[str, tuple[str, ...]]] = {}
        for path in self._tree.under(layout.API):
            blob = self._tree.read(path) if code.PROVIDERS.fullmatch(path) else None
            groups = _entry_points(blob[1]) if blob else {}
            for group, key in code.ENTRY_POINTS.items():
                for value, target in groups.get(group, {}).items():
                    module = target.partition(":")[0]
                    entries[module] = (key, (*entries.get(module, (key, ()))[1], value))
        return entries

    def enumeration(self, module: ModuleReads, name: str) -> Mapping[str, str]:
        """The members of an enumeration that a module has or imports."""
        if name in module.enumerations:
            return module.enumerations[name]
        path = self.paths.get(module.origins.get(name, ""), "")
        other = self.module(path) if path else None
        return other.enumerations.get(name, {}) if other else {}


def _entry_points(content: bytes) -> Mapping[str, Mapping[str, str]]:
    try:
        project = tomllib.loads(content.decode()).get("project", {})
    except (UnicodeError, tomllib.TOMLDecodeError):
        return {}
    groups = project.get("entry-points", {})
    return groups if isinstance(groups, dict) else {}


def names_in(test: ast.expr) -> set[str]:
    """The settings that a test names."""
    return {
        node.attr
        for node in ast.walk(test)
        if isinstance(node, ast.Attribute) and getattr(node.value, "id", "") in {code.CONFIG, "self"}
    }
