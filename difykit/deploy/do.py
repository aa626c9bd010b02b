"""The verbs, for whichever target the workspace has."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from difykit import files
from difykit.deploy import host, preflight, releases, stack
from difykit.deploy.look import ServiceStatus, Status, stack_status
from difykit.deploy.rollout import rollout
from difykit.progress import Progress
from difykit.project import PATIENCE
from difykit.render import render
from difykit.state import Images, need_images, need_source
from difykit.workspace import Workspace


@dataclass(frozen=True)
class Deployment:
    """What runs, and where it answers."""

    release: str
    source: str
    folder: Path
    url: str

    def describe(self) -> dict[str, object]:
        return {"release": self.release, "source": self.source, "folder": str(self.folder), "url": self.url}


def deploy(workspace: Workspace, progress: Progress, *, images: Images | None = None) -> Deployment:
    """Render, start what changed, and wait until it is healthy.

    `images` are those to run; without them those of the last build.
    Raises MissingTool without an engine, DifyKitError for what stands in the way, Unhealthy with the last lines of the
    service that does not come up.
    """
    source = need_source(workspace.derived, workspace.settings.upstream.ref)
    stacked = workspace.settings.deploy.target == "compose"
    if stacked:
        images = images or need_images(workspace.derived, source)
        stack.check_tools()
    preflight.check_folder(workspace.data)
    with _alone(workspace, "difykit deploy", progress) as lock:
        if stacked:
            assert images is not None
            folder, port = rollout(workspace, images, progress, lock)
        else:
            render(workspace, progress, images=None)
            host.prepare(workspace, progress)
            folder, port = workspace.release, host.start(workspace, progress)
    url = f"http://localhost:{port}" if port != 80 else "http://localhost"
    progress.ok(f"Dify {source.release} answers at {url}")
    return Deployment(source.release, source.commit, folder, url)


def _alone(workspace: Workspace, doing: str, progress: Progress) -> AbstractContextManager[int]:
    """Hold the data folder, whichever workspace it is used from; waits for another deployment to end."""
    what = f"on the data folder {workspace.data}"
    return files.locked(workspace.data / ".lock", doing, what=what, patience=PATIENCE, on_wait=progress.skip)


def is_deployed(workspace: Workspace) -> bool:
    """Whether something was deployed from the workspace, so that `status` has what to look at."""
    return workspace.settings.deploy.target == "process" or releases.current(workspace.data) is not None


def status(workspace: Workspace) -> Status:
    """Each service with its state, health and image, and whether it is what the workspace describes.

    Raises DifyKitError when nothing was deployed.
    """
    if workspace.settings.deploy.target == "process":
        state = "running" if host.alive(workspace) else "stopped"
        names = ("api", "worker", "web", "gateway")
        return Status(tuple(ServiceStatus(name, state, "", "(process)", "") for name in names), "")
    stack.check_tools()
    return stack_status(workspace, releases.need_live(workspace.data))


def logs(
    workspace: Workspace, services: tuple[str, ...], on_line: Callable[[str], None], *, follow: bool, tail: int
) -> None:
    """Hand on what the services said. Raises DifyKitError when nothing was deployed or there is no such service."""
    if workspace.settings.deploy.target == "process":
        host.logs(workspace, services, on_line, follow=follow, tail=tail)
    else:
        stack.check_tools()
        stack.logs(workspace, releases.need_live(workspace.data), services, on_line, follow=follow, tail=tail)


def down(workspace: Workspace, progress: Progress) -> bool:
    """Stop the services and remove their containers, never the data; False when nothing ran.

    Raises DifyKitError when the project that runs is not this workspace's.
    """
    if workspace.settings.deploy.target == "process":
        return host.stop(workspace)
    stack.check_tools()
    preflight.check_owner(workspace)
    if not workspace.data.is_dir():
        return False
    with _alone(workspace, "difykit down", progress):
        return stack.down(workspace, releases.live_folder(workspace.data), progress)
