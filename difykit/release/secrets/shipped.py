"""The secrets that a release ships with a value: in its examples, and in its Compose file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from difykit.core.redact import passwords
from difykit.dify import layout
from difykit.release import compose
from difykit.release.secrets.files import ReleaseFiles
from difykit.release.secrets.names import holds_secret, is_placeholder, is_secret_key
from difykit.workspace import dotenv

# What a release says of how one is made: `openssl rand -base64 42`, `python -c '… token_urlsafe(32) …'`.
_RECIPE = re.compile(r"openssl rand [-\w ]*\w|python3? -c '[^'\n]+'|python3? -c \"[^\"\n]+\"")
_WHOLE = re.compile(r"\$\{(\w+)(?::?-[^{}$]*)?\}")


@dataclass(frozen=True)
class ShippedSecret:
    """A secret with the same value for everyone who uses the release."""

    key: str
    value: str
    path: str
    """Where it stands, below `docker`."""
    line: int
    recipe: str = ""
    """How the release itself says that one is made."""
    service: str = ""
    """The service whose part of the Compose file has it as it is, so that no setting changes it."""

    @property
    def where(self) -> str:
        path = f"{layout.DOCKER}/{self.path}"
        return f"{path}:{self.line}" if self.line else path

    @cached_property
    def placeholder(self) -> bool:
        """Whether its value says that another one belongs there: a key that only its owner can get."""
        return is_placeholder(self.value)


def shipped_secrets(files: ReleaseFiles) -> tuple[ShippedSecret, ...]:
    """Every secret that the release ships with a value, by its key: what wins for Compose is what is here."""
    also = _secret_inside(files)
    secrets: dict[str, ShippedSecret] = {}
    path = layout.in_docker(layout.COMPOSE_FILE)
    for key, value in compose.defaults(files.compose).items():
        if _is_one(key, value, also):
            secrets[key] = ShippedSecret(key, value, path, 0)
    for item in files.assigned():
        recipe = match[0] if (match := _RECIPE.search(item.comment)) else ""
        plain = dotenv.decode(item.raw)
        if plain is not None and _is_one(item.key, plain, also):
            secrets[item.key] = ShippedSecret(item.key, plain, item.path, item.line, recipe)
        elif plain is None and item.path == layout.EXAMPLE:
            secrets.pop(item.key, None)  # it is what others are
    literals = tuple(_literals(files.services, path))
    return (*(secrets[key] for key in sorted(secrets)), *literals)


def _is_one(key: str, value: str, also: frozenset[str]) -> bool:
    if is_secret_key(key) or key in also:
        return holds_secret(key, value)
    return bool(passwords([value]))


def _secret_inside(files: ReleaseFiles) -> frozenset[str]:
    """Variables that a container gets by the name of a secret, whatever they are called outside."""
    return frozenset(
        match[1]
        for body in files.services.values()
        for name, text in compose.environment(body).items()
        if is_secret_key(name) and isinstance(text, str) and (match := _WHOLE.fullmatch(text))
    )


def _literals(services: Mapping[str, Mapping[str, Any]], path: str) -> Iterator[ShippedSecret]:
    """Secrets that stand in a service's environment as they are."""
    for service, body in services.items():
        for name, text in compose.environment(body).items():
            value = str(text or "")
            if "$" not in value and is_secret_key(name) and holds_secret(name, value):
                yield ShippedSecret(name, value, path, 0, service=service)
