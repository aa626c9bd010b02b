"""How the Compose files of a release folder become one project.

`include` with a list of paths merges them as `-f` does, from any current directory (Compose >= 2.20); a `COMPOSE_FILE`
in `.env` works only inside the folder. The base may not be called docker-compose.yaml: Compose would take it by itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from difykit import yamlio

_HEAD = "# Written by difykit. Overlays' files are theirs, as they wrote them.\n"


def joined(project: str, paths: Sequence[str]) -> str:
    """The `compose.yaml` that joins the files at `paths` in their order."""
    return _HEAD + yamlio.dump({"name": project, "include": [{"path": list(paths)}]})


def secret_files(files: Mapping[str, str]) -> str:
    """A Compose file that gives each service its own env file: service → path.

    Compose adds it after the env files that the service has already, so that its values win.
    """
    services = {name: {"env_file": [f"./{path}"]} for name, path in sorted(files.items())}
    return _HEAD + yamlio.dump({"services": services})
