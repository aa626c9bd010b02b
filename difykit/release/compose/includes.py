"""How the Compose files of a release folder become one project.

`include` with a list of paths merges them as `-f` does, from any current directory (Compose >= 2.20); a `COMPOSE_FILE`
in `.env` works only inside the folder. The base may not be called docker-compose.yaml: Compose would take it by itself.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from difykit.core import yaml

_HEAD = "# Written by difykit. Overlays' files are theirs; only paths of files beside them got the overlay's folder.\n"


def joined(project: str, paths: Sequence[str], env_files: Sequence[str] = ()) -> str:
    """The `compose.yaml` that joins the files at `paths` in their order.

    `env_files`, if there are any, feed interpolation in all of them, and no container: `.env` first, which Compose
    would read by itself.
    """
    entry: dict[str, object] = {"path": list(paths)}
    if env_files:
        entry["env_file"] = list(env_files)
    return _HEAD + yaml.dump({"name": project, "include": [entry]})


def services_file(services: Mapping[str, Mapping[str, Any]]) -> str:
    """A Compose file that says this of services; joined after others it wins over them."""
    return _HEAD + yaml.dump({"services": {name: dict(services[name]) for name in sorted(services)}})


def secret_files(files: Mapping[str, str], handed: Mapping[str, Collection[str]]) -> str:
    """A Compose file that gives each service its own env file: service → path.

    Compose adds it after the env files that the service has already, so that its values win. The keys that are `handed`
    to a service stand in its `environment` without a value, and would hide the env file's (Compose 2.26): they get one.
    """
    return services_file(
        {
            name: {
                "env_file": [f"./{path}"],
                **({"environment": {key: f"${{{key}}}" for key in sorted(keys)}} if (keys := handed.get(name)) else {}),
            }
            for name, path in files.items()
        }
    )
