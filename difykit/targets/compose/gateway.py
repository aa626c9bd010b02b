"""The gateway of a running stack, which knows the addresses of services from when it started."""

from __future__ import annotations

from collections.abc import Sequence

from difykit import docker
from difykit.dify import services
from difykit.dify.gateway import RELOAD
from difykit.docker import ProjectContainer

_GATEWAY = services.NGINX


def reload_gateway(containers: Sequence[ProjectContainer]) -> None:
    """Make a gateway that is older than a service look its address up again: nginx does that once, when it starts."""
    running = [container for container in containers if container.state == "running"]
    gateway = next((container for container in running if container.service == _GATEWAY), None)
    if gateway and any(_when(container) > _when(gateway) for container in running):
        docker.run_in(gateway.id, RELOAD, check=False)


def _when(container: ProjectContainer) -> str:
    return container.started.rstrip("Z")  # without it, texts of unequal precision sort as the times do
