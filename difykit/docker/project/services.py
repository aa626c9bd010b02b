"""A folder with a `compose.yaml` as Compose reads it, and what its services say when they do not come up."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from difykit import docker
from difykit.core.errors import CommandFailed, Unhealthy, shortened
from difykit.core.progress import Progress
from difykit.docker import ProjectContainer

# Compose says three lines for every step of every container; the last of them is enough.
_PASSING = re.compile(r" (?:Creating|Starting|Stopping|Removing|Waiting|Created|Stopped|Recreate|Exited|Running)\b")

_WIDEST = 400  # letters of a line in an error; the log has all of it

Explain = Callable[[ProjectContainer, Sequence[str]], str]
"""What a service's last lines mean, in words that follow its state; "" where they speak for themselves."""


@dataclass(frozen=True)
class Stack:
    """A release folder, or another folder of one project, as Compose reads it."""

    folder: Path
    project: str
    config: Mapping[str, Any]

    @classmethod
    def read(cls, folder: Path, project: str) -> Stack:
        """Raises CommandFailed when Compose refuses the folder."""
        return cls(folder, project, docker.compose_config(folder, project))

    @property
    def services(self) -> Mapping[str, Mapping[str, Any]]:
        """The services of the active profiles."""
        services: Mapping[str, Mapping[str, Any]] = self.config.get("services") or {}
        return services

    @property
    def builds(self) -> bool:
        """Whether Compose builds an image of it: an overlay's service may say how."""
        return any("build" in service for service in self.services.values())

    def needs(self, service: str) -> frozenset[str]:
        """What a service waits for."""
        return frozenset(self.services.get(service, {}).get("depends_on") or ())


def quieter(progress: Progress) -> Callable[[str], None]:
    """Compose's lines without those that say no more than the next one."""
    return lambda line: None if _PASSING.search(line) else progress.line(line)


def _nothing(_: ProjectContainer, __: Sequence[str]) -> str:
    return ""


def refused(stack: Stack, error: CommandFailed, log: Path, *, see: str, explain: Explain = _nothing) -> Unhealthy:
    """Why Compose did not bring the project up: by the services that ended, or by its own last lines in `log`."""
    failed = tuple(
        container
        for container in docker.project_containers(stack.project)
        if container.state == "exited" and container.exit_code
    )
    if failed:
        return unhealthy(stack, failed, see=see, explain=explain)
    last_lines = [line for line in error.output.strip().splitlines() if not _PASSING.search(line)][-4:]
    text = f"Compose could not start the services of {stack.project}:\n" + "\n".join(map(_shown, last_lines))
    return Unhealthy(text, hint=f"the whole output is in {log}")


def unhealthy(stack: Stack, failed: Sequence[ProjectContainer], *, see: str, explain: Explain = _nothing) -> Unhealthy:
    """The services that did not come up, with their last lines; `see` is the command that shows all, before a name."""
    parts = []
    for container in failed:
        log_lines: list[str] = []
        docker.compose_logs(stack.folder, stack.project, log_lines.append, services=(container.service,), tail=15)
        why = explain(container, log_lines)
        parts.append(
            f"{container.service} {_state(container)}{why}; its last lines:\n" + "\n".join(map(_shown, log_lines))
        )
    return Unhealthy("\n".join(parts), hint=f"see all of it: {see} {failed[0].service}")


def _shown(line: str) -> str:
    return f"  {shortened(line, _WIDEST)}"


def _state(container: ProjectContainer) -> str:
    if container.restarts:
        return (
            f"ends with exit code {container.exit_code} each time it is started ({container.restarts + 1} times so far)"
        )
    if container.state == "exited":
        return f"ended with exit code {container.exit_code}"
    if container.health == "unhealthy":
        return "is unhealthy"
    return f"is still {container.health or container.state}"
