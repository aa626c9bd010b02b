"""A release folder brought up, as a process of its own: cut off half way, services would stay stopped.

It touches nothing of what runs that did not change.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path

from difykit import docker
from difykit.core import files, redact
from difykit.core.errors import Unhealthy
from difykit.core.failure import exit_code_of
from difykit.docker import ProjectContainer
from difykit.docker.project import Stack
from difykit.targets.compose.gateway import reload_gateway
from difykit.workspace import dotenv


def bring_up(stack: Stack, custom: Collection[str], on_line: Callable[[str], None], *, first: str = "") -> None:
    """Start what the folder says, and drop what it no longer says.

    `custom` names the images of Dify that take no other service along when they change. The service `first`, if any,
    must end well before what runs is touched.
    Raises CommandFailed when Compose fails, Unhealthy when `first` does not end well.
    """

    def up(*services: str) -> None:
        docker.compose_up(stack.folder, stack.project, on_line, services=services, build=stack.builds)

    docker.settle_names(stack.project)
    if first in stack.services and any(
        container.state == "running" for container in docker.project_containers(stack.project)
    ):
        up(first)
        _end_well(stack.project, first)
    _replace_alone(stack, custom, docker.project_containers(stack.project), up)
    up()
    reload_gateway(docker.project_containers(stack.project))


def _end_well(project: str, service: str) -> None:
    """Wait until a service has done what it is there for. However long it takes: a migration is not cut off."""
    while True:
        container = next(
            (candidate for candidate in docker.project_containers(project) if candidate.service == service), None
        )
        if container is None or container.state in {"exited", "dead"}:
            break
        time.sleep(0.5)
    if container is None or container.exit_code:
        raise Unhealthy(f"{service} did not end well")


def _replace_alone(
    stack: Stack, custom: Collection[str], before: Sequence[ProjectContainer], up: Callable[..., None]
) -> None:
    """Replace changed services of Dify's own, those first that wait for no other changed one.

    Compose would make anew whatever depends on such a service, nginx for one, although it only has to look the new
    address up.

    Once these are as they should be, what depends on them has nothing left to be made anew for. (`up --no-deps`
    would leave `depends_on` out of the hash by which Compose knows what has changed: the next `up` replaced it again.)
    """
    services = {container.name: container.service for container in before}
    replaced: set[str] = set()
    while any(container.state == "running" for container in before):
        changed = {services.get(name, "") for name in docker.compose_recreates(stack.folder, stack.project)}
        alone = {name for name in changed if name in stack.services and not stack.needs(name) & changed} - replaced
        own_services = {name for name in alone if stack.services[name].get("image") in custom}
        if (
            not own_services
            or own_services != alone
            or not all(_up(stack.needs(name), before) for name in own_services)
        ):
            return
        up(*sorted(own_services))
        replaced |= own_services


def _up(names: Collection[str], containers: Collection[ProjectContainer]) -> bool:
    states = {
        container.service: container.state == "running" or (container.state == "exited" and not container.exit_code)
        for container in containers
    }
    return all(states.get(name, False) for name in names)


def main(argv: Sequence[str]) -> int:
    """Bring the folder of the first argument up as the project of the second.

    The third is a service that must end well first, or ""; the others are images of Dify's own.
    """
    if len(argv) < 3:
        _tell("difykit starts this program itself: FOLDER PROJECT FIRST [IMAGE…]")
        return 2
    folder, project, first, *custom = argv

    def work() -> int:
        redact.learn(*_secrets(Path(folder)))
        bring_up(Stack.read(Path(folder), project), custom, _tell, first=first)
        return 0

    return exit_code_of(work, _tell)


def _secrets(folder: Path) -> Iterator[str]:
    """What the env files of the folder hold in secret, so that no program's output leaves it in the log."""
    for path in folder.rglob("*.env"):
        lines = dotenv.assignments(files.as_text(files.read_bytes(path)))
        yield from (dotenv.decode(line.raw) or line.raw for line in lines if redact.is_secret_name(line.key))


def _tell(line: str) -> None:
    sys.stdout.write(redact.text(line) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
