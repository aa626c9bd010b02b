"""Bringing a release folder up, and touching nothing of what runs that did not change."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from difykit import engine
from difykit.deploy.watch import starts, wait
from difykit.engine import ProjectContainer
from difykit.errors import CommandFailed, Unhealthy
from difykit.progress import Progress

# Compose says three lines for every step of every container; the last of them is enough.
_PASSING = re.compile(r" (?:Creating|Starting|Stopping|Removing|Waiting|Created|Stopped|Recreate|Exited|Running)\b")
GATEWAY = "nginx"


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
    stack: Stack, custom: Collection[str], progress: Progress, log: Path, hold: tuple[int, ...]
) -> tuple[ProjectContainer, ...]:
    """Bring the folder up, wait until all is healthy, and return the containers.

    `custom` names the images of Dify that take no other service along when they change: Compose would make anew
    whatever depends on such a service, nginx for one, although it only has to look the new address up. `hold` are open
    files that Compose keeps until it ends.
    Raises Unhealthy with the last lines of the services that do not come up.
    """
    before = engine.project_containers(stack.project)
    log.write_bytes(b"")
    try:

        def up(*services: str) -> None:
            place, tell = (stack.folder, stack.project), quieter(progress)
            engine.compose_up(*place, tell, services=services, log=log, hold=hold, build=stack.builds)

        _replace_alone(stack, custom, before, up)
        up()
        _reload_gateway(before, engine.project_containers(stack.project))
    except CommandFailed as error:
        raise _refused(stack, error, log) from error
    if failed := wait(stack.project, stack.services, progress, before=starts(before)):
        raise _unhealthy(stack, failed)
    return engine.project_containers(stack.project)


def quieter(progress: Progress) -> Callable[[str], None]:
    """Compose's lines without those that say no more than the next one."""
    return lambda line: None if _PASSING.search(line) else progress.line(line)


def _replace_alone(
    stack: Stack, custom: Collection[str], before: tuple[ProjectContainer, ...], up: Callable[..., None]
) -> None:
    """Replace changed services of Dify's own, those first that wait for no other changed one.

    Once these are as they should be, what depends on them has nothing left to be made anew for. (`up --no-deps`
    would leave `depends_on` out of the hash by which Compose knows what has changed: the next `up` replaced it again.)
    """
    services = {one.name: one.service for one in before}
    done: set[str] = set()
    while any(one.state == "running" for one in before):
        changed = {services.get(name, "") for name in engine.compose_recreates(stack.folder, stack.project)}
        alone = {name for name in changed if name in stack.services and not stack.needs(name) & changed} - done
        ours = {name for name in alone if stack.services[name].get("image") in custom}
        if not ours or ours != alone or not all(_up(stack.needs(name), before) for name in ours):
            return
        up(*sorted(ours))
        done |= ours


def _up(names: Collection[str], found: Collection[ProjectContainer]) -> bool:
    states = {one.service: one.state == "running" or (one.state == "exited" and not one.exit_code) for one in found}
    return all(states.get(name, False) for name in names)


def _reload_gateway(before: Sequence[ProjectContainer], after: Sequence[ProjectContainer]) -> None:
    """Make a gateway that kept running look up the services' new addresses, which nginx does once, when it starts."""
    gateway = next((one for one in after if one.service == GATEWAY and one.state == "running"), None)
    if gateway and gateway.id in {one.id for one in before} and starts(after) - starts(before):
        engine.run_in(gateway.id, ["nginx", "-s", "reload"], check=False)


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
        parts.append(f"{one.service} {_state(one)}; its last lines:\n" + "\n".join(f"  {line}" for line in said))
    return Unhealthy("\n".join(parts), hint=f"see all of it: difykit logs --service {failed[0].service}")


def _state(one: ProjectContainer) -> str:
    if one.restarts:
        return f"ends with exit code {one.exit_code} each time it is started ({one.restarts + 1} times so far)"
    if one.state == "exited":
        return f"ended with exit code {one.exit_code}"
    if one.health == "unhealthy":
        return "is unhealthy"
    return f"is still {one.health or one.state}"
