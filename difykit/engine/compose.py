"""Docker Compose on a release folder, with an environment that cannot change what the folder says."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from difykit import process

_OnLine = Callable[[str], None]
# Compose lets the caller's variables beat `.env` (facts §10), so only what finding the engine needs goes through.
_KEPT = ("PATH", "HOME", "SSH_AUTH_SOCK")
_KEPT_BY_PREFIX = ("DOCKER_", "XDG_")

_CLEAR = re.compile(r"^\x1b\[\d*K")


@dataclass(frozen=True)
class ComposeService:
    """One container of a project as `compose ps` shows it."""

    service: str
    container: str
    image: str
    state: str
    health: str  # "" where the service has no health check
    exit_code: int
    ports: tuple[tuple[int, int], ...]  # published → in the container


def compose_env(environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment Compose runs with."""
    environ = os.environ if environ is None else environ
    return {key: value for key, value in environ.items() if key in _KEPT or key.startswith(_KEPT_BY_PREFIX)}


def compose_argv(folder: Path, project: str, *args: str) -> list[str]:
    """The command line that works on `folder` from anywhere; without its `compose.yaml`, on the project alone."""
    file = folder / "compose.yaml"
    place = ["--project-directory", str(folder), "--file", str(file)] if file.is_file() else []
    return ["docker", "compose", "--ansi", "never", *place, "--project-name", project, *args]


def compose(folder: Path, project: str, *args: str, check: bool = True) -> process.Completed:
    """Run Compose to its end. Raises CommandFailed when it fails and `check` is set, MissingTool without docker."""
    return process.run(compose_argv(folder, project, *args), env=compose_env(), check=check)


def compose_up(
    folder: Path,
    project: str,
    on_line: _OnLine,
    *,
    services: tuple[str, ...] = (),
    wait: int = 0,
    log: Path | None = None,
    check: bool = True,
) -> int:
    """Start what the folder says and drop what it no longer says; with `wait`, until all is healthy or so many seconds.

    Raises CommandFailed when Compose fails and `check` is set.
    """
    waiting = ["--wait", "--wait-timeout", str(wait)] if wait else []
    argv = compose_argv(folder, project, "up", "--detach", "--remove-orphans", *waiting, *services)
    return process.stream(argv, on_line, env=compose_env(), log=log, check=check)


def compose_ps(folder: Path, project: str) -> tuple[ComposeService, ...]:
    """The project's containers, stopped ones too, by service. Raises CommandFailed when Compose fails."""
    return parse_ps(compose(folder, project, "ps", "--all", "--format", "json").text)


def parse_ps(text: str) -> tuple[ComposeService, ...]:
    """What `compose ps --format json` says: one object a line, one array before Compose 2.21."""
    text = text.strip()
    rows = json.loads(text) if text.startswith("[") else [json.loads(line) for line in text.splitlines()]
    return tuple(sorted((_service(row) for row in rows), key=lambda one: (one.service, one.container)))


def _service(row: Mapping[str, object]) -> ComposeService:
    publishers = row.get("Publishers") or []
    assert isinstance(publishers, list)
    return ComposeService(
        service=str(row["Service"]),
        container=str(row["Name"]),
        image=str(row.get("Image", "")),
        state=str(row.get("State", "")),
        health=str(row.get("Health", "")),
        exit_code=int(str(row.get("ExitCode", 0))),
        ports=tuple(sorted({(one["PublishedPort"], one["TargetPort"]) for one in publishers if one["PublishedPort"]})),
    )


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
    # Compose 2.26 clears the line before each of them, whatever --ansi says.
    process.stream(argv, lambda line: on_line(_CLEAR.sub("", line)), env=compose_env())


def compose_down(folder: Path, project: str, on_line: _OnLine) -> None:
    """Stop and remove the project's containers and networks; volumes stay. Raises CommandFailed when Compose fails."""
    process.stream(compose_argv(folder, project, "down", "--remove-orphans"), on_line, env=compose_env())
