"""The containers of a Compose project as the engine knows them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from difykit.core import process
from difykit.docker import program
from difykit.docker.client import connect

_LABEL = "com.docker.compose."
_TEMPORARY = re.compile(r"(?P<old>[0-9a-f]{12})_(?P<name>.+)")


@dataclass(frozen=True)
class ProjectContainer:
    """One container of a project."""

    id: str
    name: str
    service: str
    image: str
    image_id: str
    state: str
    health: str  # "" where it has no check
    exit_code: int
    restarts: int
    started: str  # when, as the engine says it; another start has another text
    stays: bool  # the engine starts it again when it ends
    check: tuple[str, ...]  # the command of its check, () where it has none
    ports: tuple[tuple[int, int], ...]  # published → in the container
    mounts: tuple[str, ...]  # the places of the host that it has mounted
    folder: str  # the project directory that it was made from


def project_containers(project: str) -> tuple[ProjectContainer, ...]:
    """All containers of the project, stopped ones too, without those of `compose run`; sorted by service.

    Raises CommandFailed when no engine answers.
    """
    listing = program.run(["ps", "--all", "--quiet", "--filter", f"label={_LABEL}project={project}"]).text
    ids = listing.split()
    if not ids:
        return ()
    # One that goes between the two questions is no error; what is left is still shown.
    inspected = program.run(["container", "inspect", "--", *ids], check=False)
    rows = json.loads(inspected.stdout or b"[]")
    lasting = [row for row in rows if (row["Config"].get("Labels") or {}).get(f"{_LABEL}oneoff") != "True"]
    return tuple(
        sorted((_container(row) for row in lasting), key=lambda container: (container.service, container.name))
    )


def _container(row: Mapping[str, Any]) -> ProjectContainer:
    state, config = row["State"], row["Config"]
    labels = config.get("Labels") or {}
    restart = ((row.get("HostConfig") or {}).get("RestartPolicy") or {}).get("Name") or "no"
    return ProjectContainer(
        id=row["Id"],
        name=row["Name"].lstrip("/"),
        service=labels.get(f"{_LABEL}service", ""),
        image=config.get("Image", ""),
        image_id=row.get("Image", ""),
        state=state.get("Status", ""),
        health=(state.get("Health") or {}).get("Status", ""),
        exit_code=int(state.get("ExitCode", 0)),
        restarts=int(row.get("RestartCount", 0)),
        started=state.get("StartedAt", ""),
        stays=restart in {"always", "unless-stopped"},
        check=_check((config.get("Healthcheck") or {}).get("Test") or ()),
        ports=_ports(((row.get("NetworkSettings") or {}).get("Ports")) or {}),
        mounts=tuple(str(mount.get("Source", "")) for mount in row.get("Mounts") or () if mount.get("Type") == "bind"),
        folder=labels.get(f"{_LABEL}project.working_dir", ""),
    )


def _check(test: Sequence[str]) -> tuple[str, ...]:
    match list(test):
        case ["CMD", *argv]:
            return tuple(argv)
        case ["CMD-SHELL", command]:
            return ("/bin/sh", "-c", command)
        case _:
            return ()


def _ports(published: Mapping[str, Any]) -> tuple[tuple[int, int], ...]:
    pairs = {
        (int(binding["HostPort"]), int(inner.partition("/")[0]))
        for inner, places in published.items()
        for binding in places or ()
        if binding.get("HostPort")
    }
    return tuple(sorted(pairs))


def settle_names(project: str) -> None:
    """Finish, or take back, the renaming of containers that a Compose that was cut off left half done.

    Compose 2 makes a container anew as `ID-OF-THE-OLD_NAME`, stops and removes the old one, and renames the new one:
    with both there its next `up` makes another of the same temporary name, and fails on it.
    Raises CommandFailed when the engine refuses.
    """
    containers = project_containers(project)
    names = {container.name for container in containers}
    for container in containers:
        if not (temporary := _TEMPORARY.match(container.name)) or container.state == "running":
            continue
        if temporary["name"] in names or any(container.id.startswith(temporary["old"]) for container in containers):
            program.run(["rm", "--force", container.id])
        else:
            program.run(["rename", container.id, temporary["name"]])


def check_passes(container: ProjectContainer, *, seconds: float) -> bool:
    """Whether the container's own check passes now, without waiting for the engine's next turn.

    Asked of the engine itself: a check may hold a password (Redis's does), and `docker exec` would show it to everyone
    who lists the processes of this machine.
    """
    from docker.errors import DockerException  # noqa: PLC0415 - takes 0.13 s, which every command would pay

    try:
        with closing(connect(seconds)) as client:
            ran = client.api.exec_create(container.id, list(container.check))["Id"]
            client.api.exec_start(ran)
            return bool(client.api.exec_inspect(ran)["ExitCode"] == 0)
    except (DockerException, OSError):
        return False  # it has ended meanwhile, or says nothing


def run_in(container: str, argv: Sequence[str], *, check: bool = True) -> process.CompletedProgram:
    """Run a program in a container to its end. Raises CommandFailed when it fails and `check` is set."""
    return program.run(["exec", container, *argv], check=check)


def feed(container: str, argv: Sequence[str], text: bytes) -> None:
    """Run a program in a container with `text` as its standard input. Raises CommandFailed when it fails."""
    program.run(["exec", "--interactive", container, *argv], stdin=text)


def restart_container(container: str) -> None:
    """Stop a container and start it again, as it is. Raises CommandFailed when the engine refuses."""
    program.run(["restart", container])


def stop_container(container: str) -> None:
    """Stop a container, which stays stopped until somebody starts it. Raises CommandFailed when the engine refuses."""
    program.run(["stop", container])


def save_from(container: str, argv: Sequence[str], write: Callable[[bytes], object]) -> None:
    """Run a program in a container and hand what it prints to `write` as it comes.

    Raises CommandFailed when it fails, and whatever `write` raises; then what was written is not all.
    """
    program.save(["exec", container, *argv], write)


def remove_labelled(label: str) -> None:
    """Remove the containers with this label, those that have ended too; quiet when there are none."""
    listing = program.run(["ps", "--all", "--quiet", "--filter", f"label={label}"], check=False)
    if ids := listing.text.split():
        program.run(["rm", "--force", "--volumes", *ids], check=False)
