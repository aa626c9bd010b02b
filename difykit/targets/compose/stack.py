"""The compose target's smaller verbs: `logs` and `down`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from difykit import docker
from difykit.core.errors import DifyKitError
from difykit.core.progress import Progress
from difykit.dify import services
from difykit.docker.project import Stack, quieter
from difykit.workspace.workspace import Workspace


def check_tools() -> None:
    """Raises MissingTool when the engine or Compose is absent or too old."""
    docker.need_engine()
    docker.need_compose()


def port_of(containers: tuple[docker.ProjectContainer, ...]) -> int:
    """The gateway's port on this host."""
    ports = {
        target: published
        for container in containers
        if container.service == services.NGINX
        for published, target in container.ports
    }
    return ports.get(80) or min(ports.values(), default=80)


def logs(
    workspace: Workspace,
    folder: Path,
    names: tuple[str, ...],
    on_line: Callable[[str], None],
    *,
    follow: bool,
    tail: int,
) -> None:
    """Hand on what the containers said. Raises DifyKitError when there is no such service."""
    project = workspace.settings.deploy.project
    if names:
        service_names = sorted(Stack.read(folder, project).services)
        if unknown := [name for name in names if name not in service_names]:
            raise DifyKitError(
                f"there is no service {', '.join(unknown)}", hint=f"there are: {', '.join(service_names)}"
            )
    docker.compose_logs(folder, project, on_line, services=names, follow=follow, tail=tail)


def down(workspace: Workspace, folder: Path, progress: Progress) -> bool:
    """Stop and remove the containers and networks of the project, never its data; False when there were none."""
    check_tools()
    project = workspace.settings.deploy.project
    if not docker.project_containers(project):
        return False
    with progress.step(f"stop the services of {project}"):
        docker.compose_down(folder, project, quieter(progress))
    return True
