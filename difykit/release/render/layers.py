"""Everyone's settings over each other: Dify's example, overlays in their order, difykit.yaml, the user's `.env`."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from difykit.dify import default_secrets, keys, layout, services
from difykit.git import text_of
from difykit.release import compose
from difykit.release.compose import DATA
from difykit.release.render.inputs import RenderInputs
from difykit.release.render.lists import extended
from difykit.release.secrets import ReleaseFiles, encoded_urls, release_files, with_urls
from difykit.workspace import dotenv

_USER = ".env"
# They would point Compose away from the folder, or at another project's containers.
_RESERVED = (DATA, "COMPOSE_FILE", "COMPOSE_PROJECT_NAME", "COMPOSE_ENV_FILES", "COMPOSE_PATH_SEPARATOR")


@dataclass(frozen=True)
class OverlaySecret:
    """A secret of overlays: the services that get it, and its raw value once it has one."""

    length: int
    services: frozenset[str]
    raw: str | None


@dataclass(frozen=True)
class Layers:
    """Everyone's values, over each other."""

    example: str
    env: list[dotenv.EnvLayer]
    notes: list[str]
    secrets: Mapping[str, OverlaySecret]
    own: Mapping[str, str]
    files: ReleaseFiles
    shipped: Mapping[str, str]
    active: frozenset[str]
    table: tuple[default_secrets.Default, ...]


def lay(inputs: RenderInputs, upstream: Mapping[str, object]) -> Layers:
    secrets = overlay_secrets(inputs)
    # What stands in .env wins over what the `include` reads, be it empty.
    example = dotenv.without(text_of(inputs.docker.get(layout.EXAMPLE)), secrets)
    layers, notes = _layers(inputs, secrets)
    texts = {name: text_of(blob) for name, blob in inputs.docker.items() if name.endswith(layout.EXAMPLE)}
    files = release_files(upstream, texts | {layout.EXAMPLE: example}, inputs.configs)
    values = dotenv.values(dotenv.merge(example, layers).text)
    named = compose.interpolated(upstream)
    defaults = default_secrets.table(values.get(keys.DB_TYPE, ""))
    shipped = dict.fromkeys(sorted(named & {key for default in defaults for key in default.names}), "") | files.values()
    return Layers(
        example=example,
        env=layers,
        notes=notes,
        secrets=secrets,
        own={key: raw for layer in layers for key, raw in layer.raw.items()},
        files=files,
        shipped=shipped,
        active=running(inputs, files.services, values),
        table=with_urls(default_secrets.for_release(defaults, shipped), shipped),
    )


def derived(layers: Layers, own: Mapping[str, str]) -> dict[str, str]:
    """What `own` leads to, raw: the other sides of secrets, and URLs with one in it."""
    values = dotenv.values(dotenv.merge(layers.example, [*layers.env, dotenv.EnvLayer("", own)]).text)
    follow = dotenv.followers(layers.shipped, own, layers.table, values)
    filled = {key for key, raw in own.items() if dotenv.has_value(raw)} | follow.keys()
    return {**encoded_urls(layers.files, filled, {**values, **dotenv.settled(follow)}), **follow}


def _layers(inputs: RenderInputs, secret: Collection[str]) -> tuple[list[dotenv.EnvLayer], list[str]]:
    layers = [
        *(dotenv.EnvLayer(f"overlay {part.name}", part.env) for part in inputs.overlays),
        dotenv.EnvLayer.of_values("difykit.yaml", inputs.settings_env),
        dotenv.EnvLayer.of_text(_USER, inputs.user_env),
    ]
    warnings = [
        f"{layer.origin} sets {key}, which difykit sets itself; it is left out"
        for layer in layers
        for key in layer.raw
        if key in _RESERVED
    ]
    cleaned = [
        dotenv.EnvLayer(
            layer.origin, {k: raw for k, raw in layer.raw.items() if k not in secret and k not in _RESERVED}
        )
        for layer in layers
    ]
    return extended(cleaned, inputs.lists), warnings


def running(
    inputs: RenderInputs, services: Mapping[str, Mapping[str, Any]], values: Mapping[str, str]
) -> frozenset[str]:
    """Dify's services that run by the profiles that COMPOSE_PROFILES turns on, less those that overlays remove."""
    removed = {name for part in inputs.overlays for name in part.removed}
    return compose.active(services, compose.profiles(values)) - removed


def overlay_secrets(inputs: RenderInputs) -> dict[str, OverlaySecret]:
    """Overlays' secrets by key; what two overlays ask for is one secret, as long as the longer one, for all of both."""
    user = dotenv.EnvLayer.of_text(_USER, inputs.user_env).raw
    secrets: dict[str, OverlaySecret] = {}
    for part in inputs.overlays:
        for key, declared in part.manifest.secrets.items():
            old = secrets.get(key, OverlaySecret(0, frozenset(), None))
            # Dify's own migrations load all of api, with the overlays' modules, which may want their secrets.
            migration = {compose.MIGRATE} if services.API in declared.to and inputs.migrates else set()
            readers = old.services | set(declared.to) | migration
            secrets[key] = OverlaySecret(max(old.length, declared.generate), readers, user.get(key))
    return secrets
