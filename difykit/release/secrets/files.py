"""The files of a release that say which secrets it ships, and who reads them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from difykit.dify import layout
from difykit.release import compose
from difykit.release.secrets.names import is_secret_key
from difykit.workspace import dotenv

_WORD = re.compile(r"\b[A-Z][A-Z0-9_]{2,}\b")
_ENVS = layout.in_docker(layout.ENVS)
_MIDDLEWARE = frozenset(map(layout.in_docker, layout.MIDDLEWARE_EXAMPLES))


@dataclass(frozen=True)
class Assigned:
    """A value of an example, raw, and where it stands."""

    key: str
    raw: str
    path: str
    line: int
    comment: str
    """What is said above it."""


@dataclass(frozen=True)
class ReleaseFiles:
    """The Compose file, the examples by their path in `docker`, and the words of api's config classes."""

    compose: Mapping[str, Any]
    examples: Mapping[str, str]
    configs: Mapping[str, frozenset[str]]
    """For each word that can be a secret's name the files of config classes that it stands in."""

    @property
    def services(self) -> Mapping[str, Mapping[str, Any]]:
        return {name: body for name, body in self.compose["services"].items() if isinstance(body, dict)}

    def assigned(self) -> Iterator[Assigned]:
        """Every assignment of the examples; those that win come last."""
        names = sorted(name for name in self.examples if name.startswith(f"{_ENVS}/"))
        for name in (*names, layout.EXAMPLE):
            text = self.examples.get(name, "").replace("\r\n", "\n")
            lines = text.split("\n")
            for item in dotenv.assignments(text):
                yield Assigned(item.key, item.raw, name, item.start + 1, _above(lines, item.start))

    def values(self) -> dict[str, str]:
        """The release's own plain values: defaults in its Compose file, then `envs/**`, then `.env.example`."""
        values = compose.defaults(self.compose)
        for item in self.assigned():
            value = dotenv.decode(item.raw)
            if value is not None:
                values[item.key] = value
        return values


def release_files(
    upstream: Mapping[str, Any], docker: Mapping[str, str], configs: Mapping[str, frozenset[str]]
) -> ReleaseFiles:
    """The files of a release, of the texts below its `docker`."""
    examples = {
        name: text for name, text in docker.items() if name.endswith(layout.EXAMPLE) and name not in _MIDDLEWARE
    }
    return ReleaseFiles(upstream, examples, configs)


def config_words(texts: Iterable[tuple[str, str]]) -> dict[str, frozenset[str]]:
    """The words of config classes, path and text, that can be a secret's name, each with the files it stands in."""
    paths: dict[str, set[str]] = {}
    for path, text in texts:
        for word in set(_WORD.findall(text)):
            if is_secret_key(word):
                paths.setdefault(word, set()).add(path)
    return {word: frozenset(places) for word, places in paths.items()}


def _above(lines: list[str], start: int) -> str:
    """The comment lines directly above a line."""
    comment: list[str] = []
    while start - len(comment) > 0 and lines[start - len(comment) - 1].lstrip().startswith("#"):
        comment.append(lines[start - len(comment) - 1].lstrip("# ").rstrip())
    return "\n".join(reversed(comment))
