"""The release folder's `.env`, and the env files of overlays' secrets.

From 1.14.1 `.env` reaches seven services, the sandbox among them. An overlay's secret is therefore never in it: each
service that `to` names gets an env file of its own, `secrets/<service>.env`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from difykit import compose, env
from difykit.compose.mounts import DATA
from difykit.render.inputs import Inputs

_USER = ".env"
# They would point Compose away from the folder, or at another project's containers.
_RESERVED = (DATA, "COMPOSE_FILE", "COMPOSE_PROJECT_NAME", "COMPOSE_ENV_FILES", "COMPOSE_PATH_SEPARATOR")
_ROTATE = (
    "the data folder has been used with Dify's public default secrets, so they stay: {keys}. To rotate one, change it"
    " where it is stored (DB_PASSWORD: ALTER USER in the database), then set it in .env and deploy"
)


@dataclass(frozen=True)
class Environment:
    """The env files of a release folder."""

    text: str
    origins: Mapping[str, str]
    ours: tuple[str, ...]
    """The keys that overlays, difykit.yaml and the user's `.env` set."""
    secret_files: Mapping[str, str]
    """For each service with secrets of overlays, the text of its env file."""
    generate: Mapping[str, int]
    warnings: tuple[str, ...]


def plan_environment(inputs: Inputs, upstream: Mapping[str, object]) -> Environment:
    """Merge Dify's env example with everyone's values; a later one wins: overlays, difykit.yaml, the user's `.env`."""
    example = _text(inputs, ".env.example")
    layers, warnings = _layers(inputs)
    given = {key: raw for layer in layers for key, raw in layer.raw.items()}
    shipped = _shipped(inputs, example, upstream)
    public = env.to_generate(shipped, given)
    if inputs.used and public:
        warnings.append(_ROTATE.format(keys=", ".join(public)))
    follow = env.Layer("generated", env.followers(shipped, given))
    merged = env.merge(example, [*layers, follow])
    wanted = _overlay_secrets(inputs)
    user = env.Layer.of_text(_USER, inputs.user_env).raw
    missing = {key: length for key, (length, _) in wanted.items() if key not in user}
    return Environment(
        text=_placed(merged.text, inputs),
        origins=dict(merged.origins),
        ours=tuple(given),
        secret_files=_secret_files(wanted, user),
        generate={**({} if inputs.used else dict.fromkeys(public, 42)), **missing},
        warnings=tuple(warnings),
    )


def _text(inputs: Inputs, name: str) -> str:
    blob = inputs.docker.get(name)
    return blob[1].decode("utf-8", "surrogateescape").replace("\r\n", "\n") if blob else ""


def _layers(inputs: Inputs) -> tuple[list[env.Layer], list[str]]:
    secret = _overlay_secrets(inputs)
    layers = [
        *(env.Layer.of_values(f"overlay {part.name}", part.manifest.env) for part in inputs.overlays),
        env.Layer.of_values("difykit.yaml", inputs.settings_env),
        env.Layer.of_text(_USER, inputs.user_env),
    ]
    warnings = [
        f"{layer.origin} sets {key}, which difykit sets itself; it is left out"
        for layer in layers
        for key in layer.raw
        if key in _RESERVED
    ]
    kept = [
        env.Layer(layer.origin, {k: raw for k, raw in layer.raw.items() if k not in secret and k not in _RESERVED})
        for layer in layers
    ]
    return kept, warnings


def _shipped(inputs: Inputs, example: str, upstream: Mapping[str, object]) -> dict[str, str]:
    """The release's own values: defaults in its Compose file, then `envs/**`, then `.env.example`."""
    found = compose.defaults(upstream)
    names = [name for name in sorted(inputs.docker) if name.startswith("envs/")]
    for text in [*(_text(inputs, name) for name in names), example]:
        for line in env.assignments(text):
            value = env.decode(line.raw)
            if value is not None:
                found[line.key] = value
    return found


def _overlay_secrets(inputs: Inputs) -> dict[str, tuple[int, set[str]]]:
    """Overlays' secrets: key → length, services."""
    wanted: dict[str, tuple[int, set[str]]] = {}
    for part in inputs.overlays:
        for key, secret in part.manifest.secrets.items():
            length, services = wanted.get(key, (0, set()))
            wanted[key] = max(length, secret.generate), services | set(secret.to)
    return wanted


def _secret_files(wanted: Mapping[str, tuple[int, set[str]]], user: Mapping[str, str]) -> dict[str, str]:
    texts: dict[str, str] = {}
    for key, (_, services) in sorted(wanted.items()):
        for service in sorted(services):
            texts[service] = texts.get(service, "") + (f"{key}={user[key]}\n" if key in user else "")
    return texts


def _placed(text: str, inputs: Inputs) -> str:
    """The env file with the data folder first, so that values below can name it, and values beside it moved there.

    Up to 1.14.0 `.env.example` sets MYSQL_HOST_VOLUME=./volumes/mysql/data, which would be inside the release folder.
    """
    moved = {
        found.key: f"${{{DATA}}}/{value.removeprefix('./volumes/')}"
        for found in env.assignments(text)
        if (value := env.decode(found.raw)) and value.startswith("./volumes/")
    }
    head = f"# Where the data is; another machine has another place.\n{DATA}={env.quote(str(inputs.data))}\n\n"
    return head + env.set_raw(text, moved)
