"""Overwritten: keys that the script which starts an image fills from others, so that their own value never counts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from difykit.checks import Finding
from difykit.checks.settings.configured import Look
from difykit.core.interpolation import interpolate
from difykit.dify.entrypoints import SCRIPTS, Entrypoint, read_entrypoint
from difykit.release import compose
from difykit.release.render import reaching


def overwritten(look: Look) -> Iterator[Finding]:
    """Keys that a start script fills from others, with the names that win; not where both come to the same."""
    for image, script in scripts(look).items():
        bodies = {
            name: body
            for name, body in look.release.services.items()
            if compose.repository(str(body.get("image", ""))) == image
        }
        for setting in look.effective.values():
            sources = script.sources(setting.key)
            if not sources or setting.key in look.release.fields or setting.key not in look.environment.own_keys:
                continue
            name, body = next(iter(bodies.items()), ("", {}))
            if not name or started_with(setting.key, script, body, look) == setting.value:
                continue
            names = ", ".join(dict.fromkeys(winner for source in sources for winner in filled_by(source, body)))
            text = f"{name} does not get it: the script that starts it fills it there from {names}"
            yield setting.warning(text, f"set {names} instead")


def scripts(look: Look) -> Mapping[str, Entrypoint]:
    """What the scripts that start Dify's own images do, by image."""
    tree = look.release.tree
    return {image: read_entrypoint(tree.text(path) if tree.exists(path) else "") for image, path in SCRIPTS.items()}


def started_with(key: str, script: Entrypoint, body: Mapping[str, Any], look: Look) -> str | None:
    """What a service's program gets for `key` once its script has run; None where nobody sets it."""
    environment = reaching(body, look.environment.values)
    expression = script.filled.get(key)
    return environment.get(key) if expression is None else interpolate(expression, environment)


def filled_by(source: str, body: Mapping[str, Any]) -> tuple[str, ...]:
    """The names that decide what a service gets for `source`: others, where its part of the Compose file says so."""
    expression = compose.environment(dict(body)).get(source)
    names = compose.interpolated([expression]) if isinstance(expression, str) else frozenset[str]()
    return (source,) if source in names or not names else tuple(sorted(names))
