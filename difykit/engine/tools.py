"""Which engine, buildx and Compose are there, and whether they are new enough."""

from __future__ import annotations

import re

from difykit import process
from difykit.engine.config import check_config
from difykit.errors import CommandFailed, MissingTool, Unreadable

Version = tuple[int, int, int]

# `env_file` with `path:` and `required:` (facts §4: Dify from 1.14.1), and `include` without the bugs of 2.20.
_COMPOSE: Version = (2, 24, 4)
# `--provenance` and linked targets in one bake file.
_BUILDX: Version = (0, 10, 0)
# The first engine whose own BuildKit knows `ADD --link`.
_ENGINE: Version = (23, 0, 0)

_INSTALL = "https://docs.docker.com/engine/install/"


def available() -> str:
    """Why no Docker engine can be used, or "" when one answers (DOCKER_HOST and `docker context` decide which)."""
    return _server()[1]


def engine_version() -> str:
    """The engine's version, "" where none answers."""
    return _server()[0]


def need_engine() -> str:
    """The version of the engine. Raises MissingTool when none answers or it is too old."""
    version, reason = _server()
    if reason:
        hint = f"start it, or install it: {_INSTALL}; docker info says whether it runs"
        raise MissingTool(f"no Docker engine: {reason}", hint=hint)
    if _older(version, _ENGINE):
        raise MissingTool(f"Docker engine {version} is too old: difykit needs 23.0", hint=f"upgrade it: {_INSTALL}")
    return version


def _server() -> tuple[str, str]:
    if not process.found("docker"):
        return "", "docker is not installed"
    try:
        check_config()
        done = process.run(["docker", "version", "--format", "{{.Server.Version}}"], check=False, timeout=20)
    except Unreadable as error:
        return "", error.message
    except CommandFailed:
        return "", "the Docker engine does not answer within 20 s"
    if done.code == 0 and done.text.strip():
        return done.text.strip(), ""
    said = done.stderr.decode("utf-8", "replace").strip().splitlines()
    return "", said[-1] if said else "no Docker engine answers"


def need_buildx() -> str:
    """The version of buildx. Raises MissingTool when it is absent or too old."""
    found = re.search(r"v?\d+\.\d+\.\d+", _said(["docker", "buildx", "version"]))
    return _need("docker buildx", found[0] if found else "", _BUILDX, "docker-buildx-plugin")


def compose_version() -> str:
    """The version of Docker Compose, "" where it is absent."""
    return _said(["docker", "compose", "version", "--short"])


def need_compose() -> str:
    """The version of Docker Compose. Raises MissingTool when it is absent or older than Dify's files need."""
    return _need("docker compose", compose_version(), _COMPOSE, "docker-compose-plugin")


def _need(tool: str, version: str, least: Version, package: str) -> str:
    wanted = ".".join(map(str, least))
    hint = f"install {wanted} or newer: the package {package} of Docker's own archive, {_INSTALL}"
    if not version:
        raise MissingTool(f"`{tool}` is not installed", hint=hint)
    if _older(version, least):
        raise MissingTool(f"`{tool}` is {version}, and difykit needs {wanted} or newer", hint=hint)
    return version


def _older(text: str, least: Version) -> bool:
    """A version that cannot be read (a distribution's own build) is taken as new enough."""
    found = re.search(r"(\d+)\.(\d+)(?:\.(\d+))?", text)
    return found is not None and tuple(int(part or 0) for part in found.groups()) < least


def _said(argv: list[str]) -> str:
    if not process.found(argv[0]):
        return ""
    done = process.run(argv, check=False, timeout=20)
    return done.text.strip() if done.code == 0 else ""
