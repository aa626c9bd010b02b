"""Docker Compose on a release folder, with an environment that cannot change what the folder says."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from difykit.docker import program
from difykit.docker.config import check_folder

_OnLine = Callable[[str], None]
# Compose lets the caller's variables beat `.env` (facts §10), so only what finding the engine needs goes through.
_KEPT = ("PATH", "HOME", "SSH_AUTH_SOCK")
_KEPT_BY_PREFIX = ("DOCKER_", "XDG_")

_RECREATE = re.compile(r"DRY-RUN MODE - +Container (\S+) +Recreate$", re.MULTILINE)
_CLEAR = re.compile(r"^\x1b\[\d*K")


def compose_env(environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment Compose runs with."""
    environ = os.environ if environ is None else environ
    return {key: value for key, value in environ.items() if key in _KEPT or key.startswith(_KEPT_BY_PREFIX)}


def compose_argv(folder: Path, project: str, *args: str) -> list[str]:
    """What follows `docker` to work on `folder` from anywhere; without its `compose.yaml`, on the project alone."""
    file = folder / "compose.yaml"
    check_folder(folder)
    options = ["--project-directory", str(folder), "--file", str(file)] if file.is_file() else []
    return ["compose", "--ansi", "never", *options, "--project-name", project, *args]


def compose_up(
    folder: Path,
    project: str,
    on_line: _OnLine,
    *,
    services: tuple[str, ...] = (),
    build: bool = False,
    log: Path | None = None,
) -> None:
    """Start what the folder says, or these services and what they need; all of it also drops what is no longer said.

    With `build`, services that say how their image is built get it built, from its cache where nothing changed.
    Raises CommandFailed when Compose fails.
    """
    options = [*(["--build"] if build else []), *([] if services else ["--remove-orphans"])]
    argv = compose_argv(folder, project, "up", "--detach", *options, *services)
    program.stream(argv, on_line, env=compose_env(), log=log)


def compose_config(folder: Path, project: str) -> dict[str, Any]:
    """The project as Compose reads it, with the services of its active profiles.

    It holds secrets: it is for comparing, not for showing. Raises CommandFailed when Compose refuses the folder.
    """
    argv = compose_argv(folder, project, "config", "--format", "json")
    config: dict[str, Any] = json.loads(program.run(argv, env=compose_env()).stdout)
    return config


def compose_refusal(folder: Path, project: str, file: str = "compose.yaml") -> str:
    """Why Compose does not take a file of `folder` as the project, in its words; "" where it does. Asks no engine."""
    argv = compose_argv(folder, project, "config", "--quiet")
    argv[argv.index("--file") + 1] = str(folder / file)
    completed = program.run(argv, env=compose_env(), check=False)
    if completed.code == 0:
        return ""
    lines = completed.stderr.decode("utf-8", "replace").splitlines()
    reason = " ".join(line.strip() for line in lines if line.strip() and not line.startswith("time="))
    return reason.replace(f"{folder}/", "") or f"it ended with exit code {completed.code}"


def compose_recreates(folder: Path, project: str) -> frozenset[str]:
    """The names of the containers that `up` would make anew, by Compose's own judgement.

    Asked of `create`: a dry run of `up` waits for ever for a one-shot service that is not there (Compose 2.26).
    Raises CommandFailed when Compose fails.
    """
    argv = compose_argv(folder, project, "create")
    argv.insert(argv.index("--project-name"), "--dry-run")
    completed = program.run(argv, env=compose_env())
    output = (completed.stdout + completed.stderr).decode("utf-8", "replace")
    return frozenset(_RECREATE.findall(output))


def compose_logs(
    folder: Path,
    project: str,
    on_line: _OnLine,
    *,
    services: tuple[str, ...] = (),
    follow: bool = False,
    tail: int | None = None,
) -> None:
    """Hand on what the services said. Raises CommandFailed when Compose fails."""
    options = [*(["--follow"] if follow else []), *(["--tail", str(tail)] if tail is not None else [])]
    argv = compose_argv(folder, project, "logs", "--no-color", *options, *services)
    # Compose 2.26 clears the line before each of them, whatever --ansi says. It names the service before each line;
    # what stands behind a carriage return would begin one without a name.
    program.stream(argv, lambda line: on_line(_CLEAR.sub("", line)), env=compose_env(), meters=False)


def compose_down(folder: Path, project: str, on_line: _OnLine) -> None:
    """Stop and remove the project's containers and networks; volumes stay. Raises CommandFailed when Compose fails."""
    program.stream(compose_argv(folder, project, "down", "--remove-orphans"), on_line, env=compose_env())


def compose_model(folder: Path) -> dict[str, Any]:
    """What Compose makes of whichever files it takes in `folder`, with variables and relative paths left as written.

    Asks no engine. Raises CommandFailed when Compose refuses the files.
    """
    check_folder(folder)
    options = ["--no-interpolate", "--no-path-resolution", "--no-normalize", "--no-consistency", "--format", "json"]
    argv = ["compose", "--ansi", "never", "--project-directory", str(folder), "--profile", "*", "config", *options]
    model: dict[str, Any] = json.loads(program.run(argv, env=compose_env(), cwd=folder).stdout)
    return model


def projects_of(folder: Path) -> tuple[str, ...]:
    """The projects whose containers were made from `folder`. Raises CommandFailed when no engine answers."""
    shown = '{{.Label "com.docker.compose.project"}}'
    label = f"label=com.docker.compose.project.working_dir={folder}"
    return tuple(dict.fromkeys(program.run(["ps", "--all", "--filter", label, "--format", shown]).text.split()))
