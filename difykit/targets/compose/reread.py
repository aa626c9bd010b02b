"""Services that ran on while files changed which they read when they start: those are started again."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from difykit import docker
from difykit.core.progress import Progress
from difykit.docker import ProjectContainer
from difykit.docker.project import Stack, starts, unhealthy, wait
from difykit.release.data_files import VolumesFolder
from difykit.targets.compose.gateway import reload_gateway


def reread(
    stack: Stack,
    folder: VolumesFolder,
    before: Collection[tuple[str, str]],
    containers: tuple[ProjectContainer, ...],
    progress: Progress,
) -> tuple[ProjectContainer, ...]:
    """Start those of the containers again that have changed files of the data folder and ran `before`; all as they are.

    What changed is forgotten only then: whoever is killed earlier does it again. Raises Unhealthy for a service that
    does not come up again.
    """
    stale = [container for container in ran_on(containers, before) if mounts_any(container.mounts, folder.unread())]
    for container in stale:
        docker.restart_container(container.id)
        progress.ok(f"{container.service}: started again, since files of the data folder changed that it reads")
    if stale:
        if failed := wait(stack.project, stack.services, progress, before=before):
            raise unhealthy(stack, failed, see="difykit logs --service")
        containers = docker.project_containers(stack.project)
        reload_gateway(containers)
    folder.mark_read()
    return containers


def ran_on(containers: Iterable[ProjectContainer], before: Collection[tuple[str, str]]) -> tuple[ProjectContainer, ...]:
    """The containers that have not been started since."""
    return tuple(container for container in containers if starts([container]) & frozenset(before))


def mounts_any(mounts: Iterable[str], paths: Iterable[Path]) -> bool:
    """Whether one of the paths, or a folder above it, is among what a service mounts."""
    sources = {Path(mount) for mount in mounts}
    return any({place, *place.parents} & sources for path in paths for place in (path, path.resolve()))


def binds_of(service: Mapping[str, object]) -> list[str]:
    """What a service mounts from the host, as `docker compose config` prints it."""
    mounts = service.get("volumes") or ()
    assert isinstance(mounts, list | tuple)
    return [str(mount["source"]) for mount in mounts if mount.get("type") == "bind" and mount.get("source")]
