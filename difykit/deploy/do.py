"""The verbs, for whichever target the workspace has."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from difykit.deploy import host, releases, stack
from difykit.git import Store
from difykit.progress import Progress
from difykit.render import plan_render, read_inputs, render
from difykit.state import need_images, need_source
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


@dataclass(frozen=True)
class Plan:
    """What a deployment would change."""

    project: str
    folder: Path | None
    changed: tuple[str, ...]

    def describe(self) -> dict[str, object]:
        live = str(self.folder) if self.folder else None
        return {"project": self.project, "live": live, "changed": list(self.changed)}


@dataclass(frozen=True)
class ServiceStatus:
    """One service as it is now."""

    service: str
    state: str
    health: str
    image: str

    def describe(self) -> dict[str, object]:
        return {"service": self.service, "state": self.state, "health": self.health, "image": self.image}


def plan_deploy(workspace: Workspace) -> Plan:
    """Which files of the live release folder a deployment would change; nothing is written.

    Raises DifyKitError when `sync` or `build` has not run.
    """
    source = need_source(workspace.derived)
    stacked = workspace.settings.deploy.target == "compose"
    images = need_images(workspace.derived, source) if stacked else None
    with Store(workspace.store) as store:
        plan = plan_render(read_inputs(workspace, source, images, store))
    live = releases.current(workspace.data) if stacked else workspace.release
    changed = tuple(
        name for name, (_, content) in plan.files.items() if live is None or not _holds(live / name, content)
    )
    return Plan(workspace.settings.deploy.project, live if live and live.is_dir() else None, changed)


def _holds(path: Path, content: bytes) -> bool:
    try:
        return path.read_bytes() == content
    except OSError:
        return False


def deploy(workspace: Workspace, progress: Progress) -> Deployment:
    """Render, start what changed, and wait until it is healthy.

    Raises MissingTool without an engine, Unhealthy with the last lines of the service that does not come up.
    """
    source = need_source(workspace.derived)
    if workspace.settings.deploy.target == "process":
        render(workspace, progress, images=None)
        host.prepare(workspace, progress)
        port = host.start(workspace, progress)
        folder = workspace.release
    else:
        stack.check_tools()
        render(workspace, progress, images=need_images(workspace.derived, source))
        folder = releases.place(workspace.data, workspace.release)
        releases.switch(workspace.data, folder)  # first: also what fails to start is looked at, and stopped, by it
        port = stack.up(workspace, releases.live_folder(workspace.data), progress)
    url = f"http://localhost:{port}" if port != 80 else "http://localhost"
    progress.ok(f"Dify {source.release} answers at {url}")
    return Deployment(source.release, source.commit, folder, url)


def status(workspace: Workspace) -> list[ServiceStatus]:
    """Each service with its state, health and image. Raises DifyKitError when nothing was deployed."""
    if workspace.settings.deploy.target == "process":
        state = "running" if host.alive(workspace) else "stopped"
        return [ServiceStatus(name, state, "", "(process)") for name in ("api", "worker", "web", "gateway")]
    return [
        ServiceStatus(each.service, each.state, each.health, each.image)
        for each in stack.services(workspace, releases.need_live(workspace.data))
    ]


def logs(
    workspace: Workspace, services: tuple[str, ...], on_line: Callable[[str], None], *, follow: bool, tail: int
) -> None:
    """Hand on what the services said. Raises DifyKitError when nothing was deployed or there is no such service."""
    if workspace.settings.deploy.target == "process":
        host.logs(workspace, services, on_line, follow=follow, tail=tail)
    else:
        stack.logs(workspace, releases.need_live(workspace.data), services, on_line, follow=follow, tail=tail)


def down(workspace: Workspace, progress: Progress) -> bool:
    """Stop the services and remove their containers, never the data; False when nothing ran."""
    if workspace.settings.deploy.target == "process":
        return host.stop(workspace)
    return stack.down(workspace, releases.live_folder(workspace.data), progress)
