"""Which engine, buildx and Compose are there, and whether they are new enough."""

from __future__ import annotations

import json
import os
import re

from difykit.core import process
from difykit.core.errors import CommandFailed, MissingTool, Unreadable
from difykit.docker.config import check_config

Version = tuple[int, int, int]

# `env_file` with `path:` and `required:` (facts §4: Dify from 1.14.1), and `include` without the bugs of 2.20.
_COMPOSE: Version = (2, 24, 4)
# `--provenance` and linked targets in one bake file.
_BUILDX: Version = (0, 10, 0)
# The first engine whose own BuildKit knows `ADD --link`.
_ENGINE: Version = (23, 0, 0)

_INSTALL = "https://docs.docker.com/engine/install/"
_START = f"start it, or install it: {_INSTALL}; docker info says whether it runs"
_ANOTHER = f"use Docker's engine: unset DOCKER_HOST; docker context use default; or install it: {_INSTALL}"
PODMAN = "Podman"


def available() -> str:
    """Why no Docker engine can be used, or "" when one answers (DOCKER_HOST and `docker context` decide which)."""
    return _server()[1]


def need_engine() -> str:
    """The version of the engine. Raises MissingTool when none answers, it is Podman's, or it is too old."""
    version, reason = _server()
    if reason:
        raise MissingTool(f"no Docker engine: {reason}", hint=_ANOTHER if PODMAN in reason else _START)
    if _older(version, _ENGINE):
        raise MissingTool(f"Docker engine {version} is too old: difykit needs 23.0", hint=f"upgrade it: {_INSTALL}")
    return version


def _server(patience: float = 20) -> tuple[str, str]:
    """The version of the engine, or why there is none that difykit can use."""
    if not process.is_installed("docker"):
        return "", "docker is not installed"
    try:
        check_config()
        completed = process.run(["docker", "version", "--format", "{{json .Server}}"], check=False, timeout=patience)
    except Unreadable as error:
        return "", error.message
    except CommandFailed:
        return "", f"the Docker engine does not answer within {patience:.0f} s"
    return _engine_in(completed)


def _engine_in(completed: process.CompletedProgram) -> tuple[str, str]:
    try:
        server = json.loads(completed.text) if completed.code == 0 else None
    except ValueError:
        server = None
    if not isinstance(server, dict) or not server.get("Components"):
        # Podman's program under Docker's name has no components to tell, with a service of its own or without.
        if version := _podmans_program():
            return "", _is_podman(version)
        error_lines = completed.stderr.decode("utf-8", "replace").strip().splitlines()
        return "", error_lines[-1] if error_lines else "no Docker engine answers"
    parts = {str(part.get("Name")): str(part.get("Version")) for part in server["Components"] if isinstance(part, dict)}
    if "Podman Engine" in parts:
        return "", _is_podman(parts["Podman Engine"])
    return str(server.get("Version") or ""), ""


def _podmans_program() -> str:
    """The version of Podman where its program is called docker, "" where that is Docker's own."""
    try:
        completed = process.run(["docker", "version"], check=False, timeout=20)
    except CommandFailed:
        return ""
    match = re.search(r"Podman Engine\s+Version:\s*(\S+)", completed.text)
    return match[1] if match else ""


def _is_podman(version: str) -> str:
    address = os.environ.get("DOCKER_HOST", "")
    where = f" at {address}" if address else ""
    return (
        f"what answers{where} is {PODMAN} {version}, which has no BuildKit to bake images with; difykit needs Docker's"
    )


def podman() -> str:
    """What to say where Podman answers in the place of Docker's engine, "" where it does not."""
    reason = _server(5)[1]
    return reason if PODMAN in reason else ""


def need_buildx() -> str:
    """The version of buildx. Raises MissingTool when it is absent or too old."""
    match = re.search(r"v?\d+\.\d+\.\d+", _output(["docker", "buildx", "version"]))
    return _need("docker buildx", match[0] if match else "", _BUILDX, "docker-buildx-plugin")


def compose_version() -> str:
    """The version of Docker Compose, "" where it is absent."""
    return _output(["docker", "compose", "version", "--short"])


def need_compose() -> str:
    """The version of Docker Compose. Raises MissingTool when it is absent or older than Dify's files need."""
    return _need("docker compose", compose_version(), _COMPOSE, "docker-compose-plugin")


def _need(tool: str, version: str, least: Version, package: str) -> str:
    least_text = ".".join(map(str, least))
    hint = f"install {least_text} or newer: the package {package} of Docker's own archive, {_INSTALL}"
    if not version:
        raise MissingTool(f"`{tool}` is not installed", hint=hint)
    if _older(version, least):
        raise MissingTool(f"`{tool}` is {version}, and difykit needs {least_text} or newer", hint=hint)
    return version


def _older(text: str, least: Version) -> bool:
    """A version that cannot be read (a distribution's own build) is taken as new enough."""
    match = re.search(r"(\d+)\.(\d+)(?:\.(\d+))?", text)
    return match is not None and tuple(int(part or 0) for part in match.groups()) < least


def _output(argv: list[str]) -> str:
    if not process.is_installed(argv[0]):
        return ""
    completed = process.run(argv, check=False, timeout=20)
    return completed.text.strip() if completed.code == 0 else ""
