"""What a release knows of settings: its examples, its Compose file, its config classes, and code that reads more."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from difykit.checks.settings.code import Code
from difykit.checks.settings.fields import Field, read_fields
from difykit.checks.settings.usage import Usage
from difykit.core import yaml
from difykit.core.errors import DifyKitError
from difykit.dify import drivers, layout
from difykit.git import Tree
from difykit.release import compose
from difykit.workspace import dotenv

_COMPOSE = layout.COMPOSE_FILE
_EXAMPLE = layout.ENV_EXAMPLE
_STORES = layout.VECTOR_TYPES


@dataclass(frozen=True)
class Shipped:
    """A value that a release's example gives to a setting, raw, and where."""

    raw: str
    path: str
    line: int


@dataclass(frozen=True)
class ReleaseSettings:
    """What one release knows."""

    name: str
    tree: Tree
    fields: Mapping[str, Field]
    shipped: Mapping[str, Shipped]
    """The examples' values; `.env.example` wins over `envs/**`, as for Compose."""
    middleware: frozenset[str]
    """The keys that only the Compose file of the middleware has."""
    compose: Mapping[str, Any]
    unread: Mapping[str, str]
    """Config classes that are no Python, each with the reason: what they read is not known."""

    @cached_property
    def services(self) -> Mapping[str, Mapping[str, Any]]:
        return {name: body for name, body in self.compose["services"].items() if isinstance(body, dict)}

    @cached_property
    def interpolated(self) -> frozenset[str]:
        """Every variable that Dify's Compose file puts in somewhere."""
        return compose.interpolated(dict(self.compose))

    @cached_property
    def compose_defaults(self) -> Mapping[str, str]:
        """The values that Dify's Compose file gives to variables that nobody sets."""
        return compose.defaults(dict(self.compose))

    @cached_property
    def puts_in(self) -> Mapping[str, frozenset[str]]:
        """The variables that each service's part of the Compose file puts in."""
        return {name: compose.interpolated(dict(body)) for name, body in self.services.items()}

    @cached_property
    def open(self) -> frozenset[str]:
        """The services that get all of `.env`."""
        return frozenset(name for name, body in self.services.items() if compose.reads_env_file(body))

    @cached_property
    def _inner(self) -> frozenset[str]:
        """The names that services which get all of `.env` have of their own."""
        return frozenset(key for name in self.open for key in compose.environment(self.services[name]))

    @cached_property
    def known(self) -> frozenset[str]:
        """The keys that this release is known to read, code beside the config classes left out."""
        return frozenset(self.fields) | frozenset(self.shipped) | self.interpolated | self._inner

    @cached_property
    def public(self) -> Mapping[str, frozenset[str]]:
        """Every value that the release itself gives to a key, in its Compose file or its examples."""
        values: dict[str, set[str]] = {}
        for key, text in self.compose_defaults.items():
            values.setdefault(key, set()).add(text)
        for _, key, shipped in _examples(self.tree):
            value = dotenv.decode(shipped.raw)
            if value:
                values.setdefault(key, set()).add(value)
        return {key: frozenset(texts) for key, texts in values.items()}

    @cached_property
    def code(self) -> Code:
        """The modules of its api, read as they are asked for."""
        return Code(self.tree, self.fields)

    @cached_property
    def untouched(self) -> Usage:
        """What its api uses where nobody sets anything."""
        return Usage(self.code, {key: text for key in self.known if (text := self.default(key)) is not None})

    @cached_property
    def stores(self) -> tuple[str, ...]:
        """The values that VECTOR_STORE may have; none where the release does not list them."""
        text = self.tree.text(_STORES) if self.tree.exists(_STORES) else ""
        return drivers.vector_stores(text)

    def default(self, key: str) -> str | None:
        """What a setting is where nobody sets it."""
        if key in self.shipped:
            return dotenv.template(self.shipped[key].raw)
        if key in self.compose_defaults:
            return self.compose_defaults[key]
        return self.fields[key].default if key in self.fields else None

    def in_code(self, keys: Collection[str]) -> Mapping[str, str]:
        """Which of these keys the release's code or scripts name, and the first file that does.

        A key with small letters in it may be any variable of a program: it counts only in quotes.
        """
        if not keys:
            return {}
        sources = [path for path in self.tree.under("") if layout.CODE.fullmatch(path)]
        self.tree.prefetch(sources)
        word = re.compile("|".join(_word(key) for key in sorted(keys)))
        paths: dict[str, str] = {}
        for path in sorted(sources):
            blob = self.tree.read(path)
            for key in word.findall(blob[1].decode("utf-8", "replace")) if blob else ():
                paths.setdefault(key, path)
        return paths

    def readers(self, key: str) -> tuple[str, ...]:
        """The services that get this key out of `.env` by Dify's own Compose file."""
        return tuple(
            name
            for name, body in self.services.items()
            if key in self.puts_in[name] or (name in self.open and _passes(body, key))
        )


def read_release(name: str, tree: Tree) -> ReleaseSettings:
    """What the release in `tree` knows.

    Raises DifyKitError when it has no Compose file, ConfigError for a broken one.
    """
    tree.prefetch([*tree.under(layout.ENVS), *tree.under(layout.CONFIGS)])
    value = yaml.load(_COMPOSE, tree.text(_COMPOSE)).value
    if not isinstance(value, dict) or not isinstance(value.get("services"), dict):
        raise DifyKitError(f"{_COMPOSE} has no services", hint="is upstream.ref in difykit.yaml a Dify release?")
    shipped = {key: assignment for path, key, assignment in _examples(tree) if path not in layout.MIDDLEWARE_EXAMPLES}
    only = {key for path, key, _ in _examples(tree) if path in layout.MIDDLEWARE_EXAMPLES} - shipped.keys()
    fields, unread = read_fields(tree)
    return ReleaseSettings(name, tree, fields, shipped, frozenset(only), value, unread)


def _examples(tree: Tree) -> Iterator[tuple[str, str, Shipped]]:
    """Every assignment of the examples as (path, key, value); those that win come last."""
    examples = [path for path in tree.under(layout.ENVS) if path.endswith(".example")]
    for path in (*layout.MIDDLEWARE_EXAMPLES[:1], *examples, _EXAMPLE):
        if tree.exists(path):
            for assignment in dotenv.assignments(tree.text(path).replace("\r\n", "\n")):
                yield path, assignment.key, Shipped(assignment.raw, path, assignment.start + 1)


def _word(key: str) -> str:
    return rf"(?<!\w){key}(?!\w)" if key.isupper() else rf"(?<=[\"']){re.escape(key)}(?=[\"'])"


def _passes(service: Mapping[str, Any], key: str) -> bool:
    """Whether a service that gets all of `.env` sees this key of it: what its environment says wins."""
    environment = compose.environment(dict(service))
    return key not in environment or environment[key] is None
