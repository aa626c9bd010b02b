"""The deployment that runs: its release folder as Compose reads it, its containers and its networks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from difykit import docker, targets
from difykit.checks import NotJudged, default_secrets, files_of
from difykit.core.errors import DifyKitError
from difykit.dify import services
from difykit.docker import EngineNetwork, Placed, ProjectContainer
from difykit.docker.project import Stack
from difykit.release import history
from difykit.release.secrets import shipped_secrets
from difykit.workspace.workspace import Workspace

API, SANDBOX, PROXY = services.API, services.SANDBOX, services.SSRF_PROXY


@dataclass(frozen=True)
class Live:
    """What runs, and what it should be."""

    project: str
    folder: Path
    stack: Stack
    containers: tuple[ProjectContainer, ...]
    placed: tuple[Placed, ...]
    networks: Mapping[str, EngineNetwork]
    passing: frozenset[str] = frozenset()
    """The containers whose own check passes, though its turn with the engine has not come."""
    public: frozenset[str] = field(repr=False, default=frozenset())
    """The passwords that Dify ships for everyone."""

    @cached_property
    def services(self) -> Mapping[str, Mapping[str, Any]]:
        return self.stack.services

    def running(self, service: str) -> Placed | None:
        """A running container of the service."""
        return next((container for container in self.placed if container.service == service), None)

    def network(self, key: str) -> str:
        """The name that the engine knows a network of the Compose file by."""
        definition = (self.stack.config.get("networks") or {}).get(key) or {}
        return str(definition.get("name") or f"{self.project}_{key}")


def look_at_live(workspace: Workspace) -> Live:
    """Raises DifyKitError when nothing is deployed, CommandFailed when the engine or Compose refuses."""
    folder, project = history.need_live(workspace.data), workspace.settings.deploy.project
    stack = Stack.read(folder, project)
    standing = docker.placed(project)
    names = sorted({name for container in standing for name in container.addresses})
    containers = docker.project_containers(project)
    early = (container for container in containers if container.state == "running" and container.health == "starting")
    public = default_secrets(workspace.source / "docker")
    shipped = files_of(workspace.source)
    return Live(
        project=project,
        folder=folder.resolve(),
        stack=stack,
        containers=containers,
        placed=standing,
        networks={network.name: network for network in docker.networks(names)},
        passing=frozenset(container.id for container in early if docker.check_passes(container, seconds=30)),
        public=frozenset({value for values in public.values() for value in values})
        | frozenset(secret.value for secret in (shipped_secrets(shipped) if shipped else ())),
    )


def look_at_status(workspace: Workspace) -> targets.DeploymentStatus:
    """Each service against what the workspace describes. Raises NotJudged where that cannot be said."""
    try:
        return targets.status(workspace)
    except DifyKitError as error:
        raise NotJudged(error.message) from error
