"""`middleware.up` and `middleware.down`: middleware as a Compose project of its own, on the engine that docker uses."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from pathlib import Path

from difykit import docker
from difykit.core import files, image_reference
from difykit.core.errors import CommandFailed, DifyKitError
from difykit.core.progress import Progress
from difykit.docker import ProjectContainer
from difykit.docker.project import Stack, quieter, refused, starts, unhealthy, wait
from difykit.images.definition import judge
from difykit.middleware.inputs import node_folder
from difykit.workspace import dotenv
from difykit.workspace.manifest import read_text
from difykit.workspace.state import Image


def node_to_start(folder: Path, name: str, number: int) -> Path:
    """The folder of the host that is to be started: the only one, or the one that `number` names.

    Raises DifyKitError when there is none, or when it is not said which.
    """
    node_names = sorted(compose_file.parent.name for compose_file in folder.glob("node-*/compose.yaml"))
    if not node_names:
        raise DifyKitError(
            f"{folder} has no folder of a host",
            hint=f"write it: difykit middleware.render {name} {folder} --node ADDRESS",
        )
    if not number and len(node_names) > 1:
        raise DifyKitError(
            f"{name} has {len(node_names)} nodes, each for a host of its own",
            hint="say which one is to be started here, such as --node 1",
        )
    node_path = node_folder(folder, number or 1)
    if node_path.name not in node_names:
        raise DifyKitError(f"{folder} has no {node_path.name}", hint=f"it has {', '.join(node_names)}")
    return node_path


def up(
    folder: Path,
    progress: Progress,
    log: Path,
    *,
    services: tuple[str, ...] = (),
    patient: bool = True,
    built: Iterable[Image] = (),
) -> str:
    """Start the project in `folder`, which its `.env` names, or only these services; if `patient`, until all is up.

    Raises MissingTool without docker or Compose, DifyKitError for images and services that are not there, and for
    images that are not those that were `built`, before anything starts, Unhealthy with the last lines of a service
    that does not come up.
    """
    docker.need_engine()
    docker.need_compose()
    settings = _settings(folder)
    project = settings["COMPOSE_PROJECT_NAME"]
    stack = Stack.read(folder, project)
    waiting_for = _with_needs(stack, services)
    named = {value for key, value in settings.items() if key.startswith("IMAGE_")}
    _check_images({value for value in named if not image_reference.read(value).digest})
    _check_proved(image for image in built if image.reference in named)
    log.parent.mkdir(parents=True, exist_ok=True)
    files.write(log, b"")
    before = docker.project_containers(project)
    see = f"docker compose --project-name {project} logs"
    with progress.step(f"start the services of {project}"):
        docker.settle_names(project)
        try:
            docker.compose_up(folder, project, quieter(progress), services=services, log=log)
        except CommandFailed as error:
            raise refused(stack, error, log, see=see) from error
        if patient and (failed := wait(project, waiting_for, progress, before=starts(before))):
            raise unhealthy(stack, failed, see=see)
    return project


def down(project: str, progress: Progress) -> bool:
    """Stop and remove the containers and networks of the project, never its data; False when there were none."""
    docker.need_engine()
    docker.need_compose()
    containers = docker.project_containers(project)
    if not containers:
        return False
    with progress.step(f"stop the services of {project}"):
        docker.compose_down(_folder_of(containers), project, quieter(progress))
    return True


def _folder_of(containers: tuple[ProjectContainer, ...]) -> Path:
    return Path(containers[0].folder)


def _settings(folder: Path) -> dict[str, str]:
    env_file = folder / ".env"
    text = read_text(env_file, str(env_file)) if env_file.is_file() else ""
    settings = dotenv.plain(text)
    if not settings.get("COMPOSE_PROJECT_NAME"):
        raise DifyKitError(f"{env_file} names no COMPOSE_PROJECT_NAME", hint="write it anew: difykit middleware.render")
    return settings


def _with_needs(stack: Stack, services: tuple[str, ...]) -> frozenset[str]:
    """The services that are started: all of them, or the named ones and what they wait for."""
    if unknown := [name for name in services if name not in stack.services]:
        names = ", ".join(sorted(stack.services))
        raise DifyKitError(f"there is no service {', '.join(unknown)}", hint=f"there are: {names}")
    needed, pending = set[str](), list(services or stack.services)
    while pending:
        name = pending.pop()
        if name not in needed:
            needed.add(name)
            pending += stack.needs(name)
    return frozenset(needed)


def _check_images(own: Collection[str]) -> None:
    """Raises DifyKitError for images of difykit's own that the engine does not have: no registry would give them."""
    if lacking := docker.missing(sorted(own)):
        raise DifyKitError(
            f"this engine does not have {', '.join(lacking)}, and no registry does",
            hint=f"where it was built: docker save {lacking[0]} | ssh HOST docker load",
        )


def _check_proved(built: Iterable[Image]) -> None:
    """Raises DifyKitError for an image that is another now than the one that this workspace built."""
    for image in built:
        if fault := judge(image, docker.inspect(image.reference)).fault:
            raise DifyKitError(fault, hint=f"make it again: docker image rm {image.reference}; invoke build")
