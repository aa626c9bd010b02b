"""The release folder's `.env`, and the env files of overlays' secrets.

From 1.14.1 `.env` reaches seven services, the sandbox among them. An overlay's secret is therefore never in it: each
service that `to` names gets an env file of its own, `secrets/<service>.env`. What Compose files interpolate of them is
in `secrets/compose.env`, which only the `include` in `compose.yaml` reads.
"""

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
from difykit.workspace import dotenv
from difykit.workspace.manifest import EnvChoice

_USER = ".env"
# They would point Compose away from the folder, or at another project's containers.
_RESERVED = (DATA, "COMPOSE_FILE", "COMPOSE_PROJECT_NAME", "COMPOSE_ENV_FILES", "COMPOSE_PATH_SEPARATOR")
_ROTATE = (
    "the data folder has been used with Dify's public default secrets, so they stay: {keys}. To rotate one, change it"
    " where it is stored (DB_PASSWORD: ALTER USER in the database), then set it in .env and deploy"
)
_FIXED = "{service} has a password that everyone knows, and no setting changes it: {why}. Keep its ports closed"


@dataclass(frozen=True)
class OverlaySecret:
    """A secret of overlays: the services that get it, and its raw value once it has one."""

    length: int
    services: frozenset[str]
    raw: str | None


@dataclass(frozen=True)
class Environment:
    """The env files of a release folder."""

    text: str
    origins: Mapping[str, str]
    own_keys: tuple[str, ...]
    """The keys that overlays, difykit.yaml and the user's `.env` set."""
    secrets: Mapping[str, OverlaySecret]
    """Overlays' secrets by key."""
    values: Mapping[str, str]
    """What Compose reads in `text`."""
    generate: Mapping[str, int]
    warnings: tuple[str, ...]


def plan_environment(inputs: RenderInputs, upstream: Mapping[str, object]) -> Environment:
    """Merge Dify's env example with everyone's values; a later one wins: overlays, difykit.yaml, the user's `.env`."""
    secrets = overlay_secrets(inputs)
    # What stands in .env wins over what the `include` reads, be it empty.
    example = dotenv.without(text_of(inputs.docker.get(layout.EXAMPLE)), secrets)
    layers, warnings = _layers(inputs, secrets)
    own_values = {key: raw for layer in layers for key, raw in layer.raw.items()}
    shipped = shipped_values(inputs, upstream, example)
    values = dotenv.values(dotenv.merge(example, layers).text)
    services = upstream["services"]
    assert isinstance(services, Mapping)
    active = running(inputs, services, values)
    table = default_secrets.table(values.get(keys.DB_TYPE, ""))
    public = dotenv.to_generate(shipped, own_values, active, table)
    if inputs.used and public:
        warnings.append(_ROTATE.format(keys=", ".join(public)))
    # Where an overlay gives a service a secret of its own, the setting that changes its password is there.
    given_one = {name for secret in secrets.values() for name in secret.services}
    fixed = default_secrets.fixed(active - given_one)
    warnings += [_FIXED.format(service=name, why=why) for name, why in fixed.items()]
    follow = dotenv.EnvLayer("generated", dotenv.followers(shipped, own_values, table))
    merged = dotenv.merge(example, [*layers, follow])
    text = _placed(_filled(merged, inputs), inputs)
    return Environment(
        text=text,
        origins=dict(merged.origins),
        own_keys=tuple(own_values),
        secrets=secrets,
        values=dotenv.values(text),
        generate={
            **({} if inputs.used else public),
            **{key: secret.length for key, secret in secrets.items() if secret.raw is None},
        },
        warnings=tuple(warnings),
    )


def _filled(merged: dotenv.MergedEnv, inputs: RenderInputs) -> str:
    """The merged env file with overlays' templates filled in, since Compose reads only what stands above a line."""
    templates = {
        key: entry.template
        for part in inputs.overlays
        for key, entry in part.manifest.env.items()
        if isinstance(entry, EnvChoice) and entry.template and merged.origins[key] == f"overlay {part.name}"
    }
    values = dotenv.values(merged.text)
    return dotenv.set_values(merged.text, {key: dotenv.filled(template, values) for key, template in templates.items()})


def running(
    inputs: RenderInputs, services: Mapping[str, Mapping[str, Any]], values: Mapping[str, str]
) -> frozenset[str]:
    """Dify's services that run by the profiles that COMPOSE_PROFILES turns on, less those that overlays remove."""
    removed = {name for part in inputs.overlays for name in part.removed}
    return compose.active(services, compose.profiles(values)) - removed


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


def shipped_values(inputs: RenderInputs, upstream: Mapping[str, object], example: str = "") -> dict[str, str]:
    """The release's own values: defaults in its Compose file, then `envs/**`, then `.env.example`."""
    example = example or text_of(inputs.docker.get(layout.EXAMPLE))
    values = compose.defaults(upstream)
    names = [name for name in sorted(inputs.docker) if name.startswith("envs/")]
    for text in [*(text_of(inputs.docker[name]) for name in names), example]:
        for line in dotenv.assignments(text):
            value = dotenv.decode(line.raw)
            if value is not None:
                values[line.key] = value
    return values


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


def secret_file(secrets: Mapping[str, OverlaySecret], keys: Collection[str]) -> str:
    """An env file of those secrets that have a value."""
    return "".join(f"{key}={secrets[key].raw}\n" for key in sorted(keys) if secrets[key].raw is not None)


def _placed(text: str, inputs: RenderInputs) -> str:
    """The env file with the data folder first, so that values below can name it, and values beside it moved there.

    Up to 1.14.0 `.env.example` sets MYSQL_HOST_VOLUME=./volumes/mysql/data, which would be inside the release folder.
    """
    moved = {
        assignment.key: f"${{{DATA}}}/{value.removeprefix('./volumes/')}"
        for assignment in dotenv.assignments(text)
        if (value := dotenv.decode(assignment.raw)) and value.startswith("./volumes/")
    }
    head = f"# Where the data is; another machine has another place.\n{DATA}={dotenv.quote(str(inputs.data))}\n\n"
    return head + dotenv.set_raw(text, moved)
