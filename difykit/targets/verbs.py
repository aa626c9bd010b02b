"""The verbs, for whichever target the workspace has."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from difykit.core.progress import Progress
from difykit.targets.base import DeploymentPlan, DeploymentStatus, target_of
from difykit.workspace.state import BuiltImages, need_source
from difykit.workspace.workspace import Workspace


@dataclass(frozen=True)
class Deployment:
    """What runs, and where it answers."""

    release: str
    source: str
    folder: Path
    url: str

    def describe(self) -> dict[str, object]:
        return {"release": self.release, "source": self.source, "folder": str(self.folder), "url": self.url}


def deploy(workspace: Workspace, progress: Progress, *, images: BuiltImages | None = None) -> Deployment:
    """Render, start what changed, and wait until it is healthy.

    `images` are those to run; without them those of the last build.
    Raises MissingTool without an engine, DifyKitError for what stands in the way, Unhealthy with the last lines of the
    service that does not come up.
    """
    target, source = target_of(workspace), need_source(workspace.derived, workspace.settings.upstream.ref)
    running = target.start(workspace, images or target.images(workspace, source), progress)
    progress.ok(f"Dify {source.release} answers at {running.url}")
    return Deployment(source.release, source.commit, running.folder, running.url)


def plan_deploy(workspace: Workspace, images: BuiltImages | None = None) -> DeploymentPlan:
    """Which files of the live release folder a deployment would change, and which services; nothing is written.

    Raises DifyKitError when `sync` or `build` has not run.
    """
    target, source = target_of(workspace), need_source(workspace.derived, workspace.settings.upstream.ref)
    return target.plan(workspace, images or target.images(workspace, source))


def is_deployed(workspace: Workspace) -> bool:
    """Whether something was deployed from the workspace, so that `status` has what to look at."""
    return target_of(workspace).is_deployed(workspace)


def status(workspace: Workspace) -> DeploymentStatus:
    """Each service with its state, health and image, and whether it is what the workspace describes.

    Raises DifyKitError when nothing was deployed.
    """
    return target_of(workspace).status(workspace)


def logs(
    workspace: Workspace, services: tuple[str, ...], on_line: Callable[[str], None], *, follow: bool, tail: int
) -> None:
    """Hand on what the services said. Raises DifyKitError when nothing was deployed or there is no such service."""
    target_of(workspace).logs(workspace, services, on_line, follow=follow, tail=tail)


def down(workspace: Workspace, progress: Progress) -> bool:
    """Stop the services and remove their containers, never the data; False when nothing ran.

    Raises DifyKitError when the project that runs is not this workspace's.
    """
    return target_of(workspace).stop(workspace, progress)
