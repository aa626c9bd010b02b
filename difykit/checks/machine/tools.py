"""Docker: the program, its engine, buildx and Compose."""

from __future__ import annotations

from difykit.checks.finding import Finding, NotJudged, error, ok, warning
from difykit.checks.workspace.space import Space
from difykit.docker import EngineFacts, ToolFacts

_INSTALL = "https://docs.docker.com/engine/install/"
_HERE = "unset DOCKER_HOST; docker context use default"


def need_docker(docker: ToolFacts) -> None:
    """Raises NotJudged where the program cannot be used."""
    if docker.problem:
        raise NotJudged("needs docker")


def need_engine(engine: EngineFacts) -> None:
    """Raises NotJudged where no engine answers."""
    if engine.problem:
        raise NotJudged("needs an engine")


def judge_docker(space: Space, docker: ToolFacts) -> list[Finding]:
    """The program docker is there."""
    if not docker.problem:
        return [ok(docker.version)]
    if not space.containers:
        raise NotJudged(f"{docker.problem}; not needed: {space.target}")
    text = f"{docker.problem}: no build and no deploy; sync works, and `difykit demo` does without containers"
    return [error(text, f"install or repair it: {_INSTALL}")]


def judge_engine(space: Space, docker: ToolFacts, engine: EngineFacts) -> list[Finding]:
    """An engine answers, runs Linux containers and is new enough."""
    need_docker(docker)
    if engine.problem:
        if not space.containers:
            raise NotJudged(f"{engine.problem}; not needed: {space.target}")
        return [error(engine.problem, _to_reach(engine))]
    return [_answering(engine)]


def _answering(engine: EngineFacts) -> Finding:
    where = f", on {engine.remote}" if engine.remote else ""
    kind = ("rootless, " if engine.rootless else "") + f"{engine.store} image store"
    description = f"{engine.version} ({engine.runs_on}{where}; {kind})"
    if engine.windows:
        return error(f"{description} runs Windows containers", "switch Docker Desktop to Linux containers")
    if engine.old:
        return error(f"{description} is too old: difykit needs 23.0", f"upgrade it: {_INSTALL}")
    if engine.remote:
        text = f"{description}: bind mounts of the data folder are looked for over there"
        return warning(text, f"use this machine's engine: {_HERE}; or run difykit on {engine.remote}")
    return ok(description)


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


def judge_buildx(space: Space, docker: ToolFacts, buildx: ToolFacts) -> list[Finding]:
    """What `build` builds with."""
    return _plugin(space, docker, buildx, "docker-buildx-plugin")


def judge_compose(space: Space, docker: ToolFacts, compose: ToolFacts) -> list[Finding]:
    """What `deploy` starts with; from 1.14.1 Dify's own file asks for 2.24 (facts §4)."""
    return _plugin(space, docker, compose, "docker-compose-plugin")


def _plugin(space: Space, docker: ToolFacts, tool: ToolFacts, package: str) -> list[Finding]:
    need_docker(docker)
    if not tool.problem and not tool.old:
        return [ok(tool.version)]
    if not space.containers:
        raise NotJudged(f"not needed: {space.target}")
    hint = f"install {tool.least} or newer: the package {package} of Docker's own archive, {_INSTALL}"
    if tool.problem:
        return [error(f"cannot be used: {tool.problem}", hint)]
    return [error(f"{tool.version} is too old: difykit needs {tool.least}", hint)]
