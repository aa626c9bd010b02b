"""Whether api uses a setting, by the values that the other settings have in this stack."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from difykit.checks.settings.code import Code, names_in
from difykit.checks.settings.evaluation import UNKNOWN, Evaluation
from difykit.checks.settings.module_reads import Condition, ModuleReads, Site
from difykit.dify import code as tables


@dataclass(frozen=True)
class Use:
    """Whether a setting is used; where it is not, the settings that decide so."""

    used: bool
    by: tuple[str, ...] = ()
    """The settings that stand in the conditions which do not hold."""
    site: Site | None = None
    """A line that is reached."""


_NO_CIRCLE = sys.maxsize


class Usage:
    """What api uses in one environment. Its answers are kept, since many settings stand in one module."""

    def __init__(self, code: Code, environment: Mapping[str, str]) -> None:
        self._code = code
        self._environment = environment
        self._evaluation = Evaluation(code, environment)
        self._answers: dict[tuple[str, str], Use] = {}
        self._asked: list[tuple[str, str]] = []
        self._circle = _NO_CIRCLE

    def of(self, key: str) -> Use | None:
        """Whether api uses a variable; None where no line of its code reads it by name."""
        names = dict.fromkeys((self._code.attributes.get(key, key), key))
        uses = [use for name in names if (use := self._read(name))]
        return next((use for use in uses if use.used), uses[0] if uses else None)

    def _read(self, name: str) -> Use | None:
        by: set[str] = set()
        read = False
        for path in self._code.reading(name):
            reached = self._module(path)
            if not reached.used:
                read = True
                by.update(reached.by)
                continue
            sites = self._code.sites(name, path)
            read = read or bool(sites)
            use = self._any(sites)
            if use.used:
                return use
            by.update(use.by)
        return Use(used=False, by=tuple(sorted(by))) if read else None

    def _any(self, sites: Iterable[Site]) -> Use:
        by: set[str] = set()
        for site in sites:
            use = self._site(site)
            if use.used:
                return Use(used=True, site=site)
            by.update(use.by)
        return Use(used=False, by=tuple(sorted(by)))

    def _site(self, site: Site) -> Use:
        module = self._code.module(site.path)
        if module is None:
            return Use(used=True)
        if failed := [condition for condition in site.conditions if self._fails(condition, module)]:
            return Use(used=False, by=tuple(self._deciding(failed, module)))
        return self._function(site, module)

    def _fails(self, condition: Condition, module: ModuleReads) -> bool:
        value = self._evaluation.value(condition.test, module, condition.function)
        return value is not UNKNOWN and bool(value) is not condition.holds

    def deciding(self, site: Site) -> frozenset[str]:
        """The settings in the conditions of a line."""
        module = self._code.module(site.path)
        return frozenset(self._deciding(site.conditions, module)) if module else frozenset()

    def stops(self, path: str) -> Iterator[tuple[Site, str, frozenset[str]]]:
        """The errors that a module raises for the settings as they are: the line, its text, and the settings.

        Only where the innermost condition speaks of settings alone, and no other condition rules it out.
        """
        module = self._code.module(path)
        for site, text in module.raises if module else ():
            if not site.conditions or not self._site(site).used:
                continue
            last = site.conditions[-1]
            names = frozenset(self._deciding([last], module)) if module else frozenset()
            if module and names and self._evaluation.value(last.test, module, last.function) is not UNKNOWN:
                yield site, text, names

    def _deciding(self, conditions: Iterable[Condition], module: ModuleReads) -> Iterable[str]:
        for condition in conditions:
            names = names_in(condition.test) & self._code.fields.keys()
            for inner in () if names else _names(condition):
                for (_, name), nodes in module.assigned.items():
                    names |= {key for node in nodes if name == inner for key in names_in(node)}
                for (_, name), calls in module.arguments.items():
                    names |= {key for node, _ in calls if name == inner for key in names_in(node)}
            yield from names & self._code.fields.keys()

    def _function(self, site: Site, module: ModuleReads) -> Use:
        """Whether a private function, or a property of the config object, is named by a line that is reached."""
        name = site.function
        private = name.startswith("_") and not name.startswith("__")
        if name in module.computed:
            return Use(used=True, site=site)
        if name and site.own and not private:  # a property; what nobody reads only looks at values
            read = self._once((site.path, name), lambda: self._read(name) or Use(used=False))
            return read if not read.used else Use(used=True, site=site)
        if not private:
            return Use(used=True, site=site)
        sites = [other for other in module.references.get(name, ()) if name not in other.functions]
        return self._once((site.path, name), lambda: self._any(sites) if sites else Use(used=True))

    def _module(self, path: str) -> Use:
        return self._once((path, ""), lambda: self._imported(path))

    def _imported(self, path: str) -> Use:
        """Whether a module is imported: at the top of another room, or where the conditions on the way hold."""
        if tables.is_config(path):
            return Use(used=True)
        key, values = self._code.entry_points.get(tables.module_name(path), ("", ()))
        importing = self._code.importing(path)
        module = self._code.module(path) if f"def {tables.ENABLED}" in self._code.texts[path] else None
        if module and module.enabled:
            enabled = Condition(module.enabled, holds=True, function=tables.ENABLED)
            if self._fails(enabled, module):
                return Use(used=False, by=tuple(self._deciding([enabled], module)))
        if key and self._environment.get(key) in values:
            return Use(used=True)
        by = {key} - {""}
        for other in sorted(importing, key=lambda other: not importing[other]):
            if other.endswith("/__init__.py") or (importing[other] and not _near(path, other)):
                return Use(used=True)
            unread = self._code.module(other) is None
            use = Use(used=True) if unread else self._any(self._code.import_sites(path, other))
            use = self._module(other) if use.used else use
            if use.used:
                return use
            by.update(use.by)
        return Use(used=False, by=tuple(sorted(by))) if importing or key else Use(used=True)

    def _once(self, place: tuple[str, str], ask: Callable[[], Use]) -> Use:
        """What is asked for once. What leads back to itself alone is not reached, which holds for the whole circle."""
        if place in self._answers:
            return self._answers[place]
        if place in self._asked:
            self._circle = min(self._circle, self._asked.index(place))
            return Use(used=False)
        depth = len(self._asked)
        self._asked.append(place)
        use = ask()
        self._asked.pop()
        if use.used or self._circle >= depth:
            self._answers[place] = use
            self._circle = _NO_CIRCLE if self._circle >= depth else self._circle
        return use


def _near(path: str, other: str) -> bool:
    """Whether two modules are of one family, such as the drivers of vector stores: one may stand on another."""
    folders = path.split("/")[:-2]
    return len(folders) > 1 and other.split("/")[: len(folders)] == folders


def _names(condition: Condition) -> set[str]:
    return {node.id for node in ast.walk(condition.test) if isinstance(node, ast.Name)}
