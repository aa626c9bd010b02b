"""What a target is: the one seam behind which Dify runs, whatever runs it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path
from typing import Protocol, runtime_checkable

from difykit.core.errors import DifyKitError
from difykit.core.progress import Progress
from difykit.release.data_files import DataFile
from difykit.release.render import RenderInputs, RenderPlan
from difykit.workspace.manifest import TARGETS
from difykit.workspace.state import BuiltImages, Source
from difykit.workspace.workspace import Workspace


@dataclass(frozen=True)
class RunningRelease:
    """A release that answers: its folder and its address."""

    folder: Path
    url: str


@dataclass(frozen=True)
class DeploymentPlan:
    """What a deployment would change."""

    project: str
    folder: Path | None
    """The live release folder; None while nothing is deployed."""
    changed: tuple[str, ...]
    """Files of the live release folder."""
    services: Mapping[str, str]
    """Services to start anew: each `added`, `removed`, `changed`, or `restarted` to read files that change."""
    data_files: tuple[DataFile, ...] = ()
    """Files below the data folder that are not as the release has them."""
    unmet: tuple[str, ...] = ()
    """What has to be there before services start, and is not."""

    def describe(self) -> dict[str, object]:
        live = str(self.folder) if self.folder else None
        return {
            "project": self.project,
            "live": live,
            "changed": list(self.changed),
            "services": dict(self.services),
            "data": [file.describe() for file in self.data_files],
            **({"unmet": list(self.unmet)} if self.unmet else {}),
        }


@dataclass(frozen=True)
class ServiceStatus:
    """One service as it is now."""

    service: str
    state: str
    health: str
    image: str
    differs: str
    """How it is not what the workspace describes; "" when it is."""

    def describe(self) -> dict[str, object]:
        return {**asdict(self), "current": not self.differs}


@dataclass(frozen=True)
class DeploymentStatus:
    """All services, and why they could not be compared with the workspace, "" when they were."""

    services: tuple[ServiceStatus, ...]
    unknown: str


@runtime_checkable
class Target(Protocol):
    """What runs the Dify of a workspace. Its methods raise DifyKitError for whatever stands in the way."""

    @property
    def uses_images(self) -> bool:
        """Whether it runs images: where not, there is nothing to build or to bundle."""

    @property
    def uses_engine(self) -> bool:
        """Whether Dify runs on this machine's Docker engine: where not, nobody looks for one."""

    def images(self, workspace: Workspace, source: Source) -> BuiltImages:
        """The images to run. Raises DifyKitError where `build` has to run first."""

    def plan_release(self, inputs: RenderInputs) -> RenderPlan:
        """What the release folder holds; pure."""

    def plan(self, workspace: Workspace, images: BuiltImages) -> DeploymentPlan:
        """What `start` would change; nothing is touched."""

    def start(self, workspace: Workspace, images: BuiltImages, progress: Progress) -> RunningRelease:
        """Render, start what changed, and wait until it is healthy.

        Raises MissingTool for a program that is not there, Unhealthy with the last lines of what does not come up.
        """

    def is_deployed(self, workspace: Workspace) -> bool:
        """Whether there is a deployment to ask for its status."""

    def status(self, workspace: Workspace) -> DeploymentStatus:
        """Each service with its state. Raises DifyKitError where nothing was deployed."""

    def logs(
        self,
        workspace: Workspace,
        services: tuple[str, ...],
        on_line: Callable[[str], None],
        *,
        follow: bool,
        tail: int,
    ) -> None:
        """Hand on what the services (all where none is named) printed."""

    def stop(self, workspace: Workspace, progress: Progress) -> bool:
        """Stop all services, and keep the data; False where none ran."""


def target_of(workspace: Workspace) -> Target:
    """The target of a workspace."""
    return target_named(workspace.settings.deploy.target)


def target_named(name: str) -> Target:
    """The target of a name. Raises DifyKitError where there is none."""
    if name not in TARGETS:
        raise DifyKitError(f"there is no target {name}", hint=f"there are: {', '.join(TARGETS)}")
    target: Target = import_module(TARGETS[name]).TARGET
    return target
