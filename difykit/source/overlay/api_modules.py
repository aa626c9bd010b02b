"""The modules of api in a source: where each one is, and which names it has."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection
from dataclasses import dataclass, field
from functools import cached_property

from difykit.core import python_source
from difykit.core.python_names import ModuleNames, module_names
from difykit.dify import layout
from difykit.dify.locks import LOCKS
from difykit.git import Tree

_IMPORT = re.compile(rb"^[ \t]*(?:from|import)[ \t]+([A-Za-z_]\w*)", re.MULTILINE)
_LOCKED = re.compile(rb'^name = "([\w.-]+)"', re.MULTILINE)
_DEEPEST = 20
"""How many imports of one name are followed."""


@dataclass
class ApiModules:
    """The modules below `api/`, as Python finds them when api is started there."""

    tree: Tree
    _names: dict[str, ModuleNames | None] = field(default_factory=dict)

    @cached_property
    def _folders(self) -> set[str]:
        return self.tree.folders()

    def has(self, top: str) -> bool:
        """Whether a name of one part is a module of api's own, and so none that a distribution brings."""
        base = f"{layout.API}/{top}"
        if self.tree.has_file(f"{base}.py") or self.tree.has_file(f"{base}/__init__.py"):
            return True
        return base in self._folders and any(path.endswith(".py") for path in self.tree.under(base))

    def imported(self, aside: Collection[str]) -> Collection[str]:
        """The first parts of all that api's code imports, and of its lock names; the paths `aside` are left out."""
        paths = [path for path in self.tree.under(layout.API) if path.endswith(".py") and path not in aside]
        self.tree.store.prefetch(self.tree.entries[path].oid for path in paths if path in self.tree.entries)
        tops = {match[1] for path in paths for match in _IMPORT.finditer(self._content(path))}
        locks = (f"{layout.API}/{name}" for names in LOCKS.values() for name in names)
        tops |= {match[1].replace(b"-", b"_") for path in locks for match in _LOCKED.finditer(self._content(path))}
        return {top.decode() for top in tops}

    def _content(self, path: str) -> bytes:
        blob = self.tree.read(path)
        return blob[1] if blob else b""

    def path(self, module: str) -> str | None:
        """The file of a module, "" for a folder that is a package without one; None where there is no such module."""
        base = layout.API
        *packages, last = module.split(".")
        for name in packages:
            base = f"{base}/{name}"
            if not self.tree.has_file(f"{base}/__init__.py") and (
                self.tree.has_file(f"{base}.py") or base not in self._folders
            ):
                return None
        base = f"{base}/{last}"
        for path in (f"{base}/__init__.py", f"{base}.py"):
            if self.tree.has_file(path):
                return path
        return "" if base in self._folders else None

    def names(self, path: str) -> ModuleNames | None:
        """The names of a module by its path; None for one that is no Python."""
        if path not in self._names:
            blob = self.tree.read(path)
            try:
                self._names[path] = module_names(python_source.parse(python_source.decoded(blob[1]))) if blob else None
            except python_source.NotPython:
                self._names[path] = None
        return self._names[path]

    def origin(self, module: str, node: ast.ImportFrom) -> str:
        """The module that a `from … import` in `module` reads, by its whole name; "" where it leaves api."""
        if not node.level:
            return node.module or ""
        path = self.path(module) or ""
        parts = module.split(".")
        package = parts if path.endswith("/__init__.py") or not path else parts[:-1]
        if node.level > len(package):
            return ""
        base = package[: len(package) - node.level + 1]
        return ".".join([*base, *((node.module or "").split(".") if node.module else [])])

    def defines(self, module: str, name: str, depth: int = 0) -> bool | None:
        """Whether a module has a name; None where its text does not say."""
        path = self.path(module)
        if path is None:
            return False if self.has(module.partition(".")[0]) else None
        names = self.names(path) if path else ModuleNames()
        if names is None or depth > _DEEPEST:
            return None
        node = names.bound.get(name)
        if isinstance(node, ast.ImportFrom):
            return self._imported(module, name, node, depth)
        return True if node is not None else self._by_star(module, name, names, depth)

    def _by_star(self, module: str, name: str, names: ModuleNames, depth: int) -> bool | None:
        stars = [self.defines(self.origin(module, star), name, depth + 1) for star in names.stars]
        if True in stars:
            return True
        return None if names.open or None in stars else False

    def _imported(self, module: str, name: str, node: ast.ImportFrom, depth: int) -> bool | None:
        original = next(alias.name for alias in node.names if (alias.asname or alias.name) == name)
        origin = self.origin(module, node)
        if self.path(f"{origin}.{original}") is not None:
            return True
        return self.defines(origin, original, depth + 1)
