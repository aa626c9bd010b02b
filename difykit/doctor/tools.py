"""Docker: the program, its engine, buildx and Compose."""

from __future__ import annotations

from difykit.doctor.finding import Said, fail, ok, skip, warn
from difykit.doctor.space import Space
from difykit.engine import EngineFacts, ToolFacts

_INSTALL = "https://docs.docker.com/engine/install/"
_HERE = "unset DOCKER_HOST; docker context use default"


def docker_said(space: Space, docker: ToolFacts) -> list[Said]:
    """The program docker is there."""
    if not docker.problem:
        return [ok(docker.version)]
    if not space.containers:
        return [skip(f"{docker.problem}; not needed: {space.target}")]
    text = f"{docker.problem}: no build and no deploy; sync works, and `difykit demo` does without containers"
    return [fail(text, f"install or repair it: {_INSTALL}")]


def engine_said(space: Space, docker: ToolFacts, engine: EngineFacts) -> list[Said]:
    """An engine answers, runs Linux containers and is new enough."""
    if docker.problem:
        return [skip("needs docker")]
    if engine.problem:
        if not space.containers:
            return [skip(f"{engine.problem}; not needed: {space.target}")]
        return [fail(engine.problem, _to_reach(engine))]
    return [_answering(engine)]


def _answering(engine: EngineFacts) -> Said:
    where = f", on {engine.remote}" if engine.remote else ""
    kind = ("rootless, " if engine.rootless else "") + f"{engine.store} image store"
    here = f"{engine.version} ({engine.runs_on}{where}; {kind})"
    if engine.windows:
        return fail(f"{here} runs Windows containers", "switch Docker Desktop to Linux containers")
    if engine.old:
        return fail(f"{here} is too old: difykit needs 23.0", f"upgrade it: {_INSTALL}")
    if engine.remote:
        text = f"{here}: bind mounts of the data folder are looked for over there"
        return warn(text, f"use this machine's engine: {_HERE}; or run difykit on {engine.remote}")
    return ok(here)


def _to_reach(engine: EngineFacts) -> str:
    if "is Podman" in engine.problem:
        return f"use Docker's engine: {_HERE}; or install it: {_INSTALL}"
    if "permission denied" in engine.problem.lower():
        return "sudo usermod -aG docker $USER, then log in again"
    if engine.remote:
        return f"see that {engine.remote} is up, or use this machine's engine: {_HERE}"
    if "context" in engine.problem:
        return "docker context ls, then docker context use NAME; unset DOCKER_CONTEXT"
    return "start it: sudo systemctl start docker, or Docker Desktop; `docker info` says whether it runs"


def buildx_said(space: Space, docker: ToolFacts, buildx: ToolFacts) -> list[Said]:
    """What `build` builds with."""
    return _plugin(space, docker, buildx, "docker-buildx-plugin")


def compose_said(space: Space, docker: ToolFacts, compose: ToolFacts) -> list[Said]:
    """What `deploy` starts with; from 1.14.1 Dify's own file asks for 2.24 (facts §4)."""
    return _plugin(space, docker, compose, "docker-compose-plugin")


def _plugin(space: Space, docker: ToolFacts, tool: ToolFacts, package: str) -> list[Said]:
    if docker.problem:
        return [skip("needs docker")]
    if not tool.problem and not tool.old:
        return [ok(tool.version)]
    if not space.containers:
        return [skip(f"not needed: {space.target}")]
    mend = f"install {tool.least} or newer: the package {package} of Docker's own archive, {_INSTALL}"
    if tool.problem:
        return [fail(f"cannot be used: {tool.problem}", mend)]
    return [fail(f"{tool.version} is too old: difykit needs {tool.least}", mend)]
