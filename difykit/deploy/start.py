"""Bringing a release folder up, and touching nothing of what runs that did not change."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from difykit import compose, engine, process
from difykit.deploy.heads import reason
from difykit.deploy.watch import starts, wait
from difykit.engine import ProjectContainer
from difykit.errors import CommandFailed, Unhealthy
from difykit.progress import Progress

# Compose says three lines for every step of every container; the last of them is enough.
_PASSING = re.compile(r" (?:Creating|Starting|Stopping|Removing|Waiting|Created|Stopped|Recreate|Exited|Running)\b")


@dataclass(frozen=True)
class Stack:
    """A release folder as Compose reads it."""

    folder: Path
    project: str
    config: Mapping[str, Any]

    @classmethod
    def read(cls, folder: Path, project: str) -> Stack:
        """Raises CommandFailed when Compose refuses the folder."""
        return cls(folder, project, engine.compose_config(folder, project))

    @property
    def services(self) -> Mapping[str, Mapping[str, Any]]:
        """The services of the active profiles."""
        found: Mapping[str, Mapping[str, Any]] = self.config.get("services") or {}
        return found

    @property
    def builds(self) -> bool:
        """Whether Compose builds an image of it: an overlay's service may say how."""
        return any("build" in service for service in self.services.values())

    def needs(self, service: str) -> frozenset[str]:
        """What a service waits for."""
        return frozenset(self.services.get(service, {}).get("depends_on") or ())


def start(
    stack: Stack, custom: Collection[str], progress: Progress, log: Path, hold: tuple[int, ...], *, first: str = ""
) -> tuple[ProjectContainer, ...]:
    """Bring the folder up, wait until all is healthy, and return the containers.

    `custom` names the images of Dify that take no other service along when they change. `hold` are open files that are
    kept until the folder is up, also when this process is killed: the hands that do it go on. The service `first`, if
    any, must end well before what runs is touched.
    Raises Unhealthy with the last lines of the services that do not come up.
    """
    before = engine.project_containers(stack.project)
    log.write_bytes(b"")
    argv = [sys.executable, "-m", "difykit.deploy.hands", str(stack.folder), stack.project, first, *sorted(custom)]
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])}
    try:
        process.outlive(argv, quieter(progress), log=log, env=env, hold=hold)
    except CommandFailed as error:
        raise _refused(stack, error, log) from error
    if failed := wait(stack.project, stack.services, progress, before=starts(before)):
        raise _unhealthy(stack, failed)
    return engine.project_containers(stack.project)


def quieter(progress: Progress) -> Callable[[str], None]:
    """Compose's lines without those that say no more than the next one."""
    return lambda line: None if _PASSING.search(line) else progress.line(line)


def _refused(stack: Stack, error: CommandFailed, log: Path) -> Unhealthy:
    failed = tuple(one for one in engine.project_containers(stack.project) if one.state == "exited" and one.exit_code)
    if failed:
        return _unhealthy(stack, failed)
    said = [line for line in error.output.strip().splitlines() if not _PASSING.search(line)][-4:]
    text = f"Compose could not start the services of {stack.project}:\n" + "\n".join(f"  {line}" for line in said)
    return Unhealthy(text, hint=f"the whole output is in {log}")


def _unhealthy(stack: Stack, failed: tuple[ProjectContainer, ...]) -> Unhealthy:
    parts = []
    for one in failed:
        said: list[str] = []
        engine.compose_logs(stack.folder, stack.project, said.append, services=(one.service,), tail=15)
        why = f": {reason(said)}" if one.service == compose.MIGRATE else ""
        parts.append(f"{one.service} {_state(one)}{why}; its last lines:\n" + "\n".join(f"  {line}" for line in said))
    return Unhealthy("\n".join(parts), hint=f"see all of it: difykit logs --service {failed[0].service}")


def _state(one: ProjectContainer) -> str:
    if one.restarts:
        return f"ends with exit code {one.exit_code} each time it is started ({one.restarts + 1} times so far)"
    if one.state == "exited":
        return f"ended with exit code {one.exit_code}"
    if one.health == "unhealthy":
        return "is unhealthy"
    return f"is still {one.health or one.state}"
