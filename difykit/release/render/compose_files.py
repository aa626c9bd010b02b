"""The Compose files of a release folder, and the files of secrets that they hand to services. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from difykit.core import yaml
from difykit.dify import services
from difykit.release import compose
from difykit.release.render.environment import Environment, secret_file
from difykit.release.render.inputs import File, RenderInputs
from difykit.release.render.overlays import Joined

_COMPOSE_ENV = "secrets/compose.env"


def compose_files(
    inputs: RenderInputs,
    rewritten: Mapping[str, Any],
    environment: Environment,
    overlays: Joined,
    switched: Mapping[str, Mapping[str, Any]],
) -> dict[str, File]:
    """The Compose files of a release folder, with the files of secrets that they hand to services: name → file."""
    head = f"# Dify {inputs.source.release}, rewritten by difykit: make it anew instead of changing it.\n"
    texts = {"dify.yaml": head + yaml.dump(rewritten), **overlays.texts}
    if inputs.migrates and (api_parts := _of_api(overlays)):
        texts["migrate.yaml"] = compose.services_file({compose.MIGRATE: api_parts})
    if switched:
        texts["images.yaml"] = compose.services_file(switched)
    holders = sorted({name for secret in environment.secrets.values() for name in secret.services})
    private = {f"secrets/{name}.env": _keys_of(name, environment) for name in holders}
    handed = _handed(overlays, environment)
    if holders:
        texts["secrets.yaml"] = compose.secret_files({name: f"secrets/{name}.env" for name in holders}, handed)
    values = [rewritten, *(file.value for file in overlays.files)]
    read = environment.secrets.keys() & compose.interpolated(values) | {key for keys in handed.values() for key in keys}
    if read:
        private[_COMPOSE_ENV] = read
    texts["compose.yaml"] = compose.joined(inputs.project, list(texts), [".env", _COMPOSE_ENV] if read else [])
    return {
        **{name: (0o644, text.encode()) for name, text in texts.items()},
        **{name: (0o600, secret_file(environment.secrets, keys).encode()) for name, keys in private.items()},
    }


def _of_api(overlays: Joined) -> dict[str, Any]:
    """What overlays' files say of api, with their paths as they are in the folder, as far as migrations need it."""
    files = [compose.read_overlay_file(name, text) for name, text in overlays.texts.items()]
    return compose.as_api(file.services[services.API] for file in files if services.API in file.services)


def _keys_of(service: str, environment: Environment) -> set[str]:
    return {key for key, secret in environment.secrets.items() if service in secret.services}


def _handed(overlays: Joined, environment: Environment) -> dict[str, set[str]]:
    """The secrets that overlays' files hand to services by a key without a value: service → keys."""
    handed: dict[str, set[str]] = {}
    for file in overlays.files:
        for name, body in file.services.items():
            bare_keys = {key for key, value in compose.environment(body).items() if value is None}
            if keys := bare_keys & environment.secrets.keys():
                handed.setdefault(name, set()).update(keys)
                if name == services.API and all(compose.MIGRATE in environment.secrets[key].services for key in keys):
                    handed.setdefault(compose.MIGRATE, set()).update(keys)
    return handed
