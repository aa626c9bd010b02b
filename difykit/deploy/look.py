"""What a deployment would change, and how far what runs is what the workspace describes: nothing is touched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from difykit import engine, files
from difykit.deploy import releases
from difykit.deploy.difference import differing, planned
from difykit.errors import DifyKitError
from difykit.git import Store
from difykit.project import Stack
from difykit.render import Manifest, RenderPlan, plan_render, read_inputs
from difykit.state import Images, need_images, need_source
from difykit.workspace import Workspace


@dataclass(frozen=True)
class Plan:
    """What a deployment would change."""

    project: str
    folder: Path | None
    changed: tuple[str, ...]
    """Files of the live release folder."""
    services: Mapping[str, str]
    """Services to start anew: each `added`, `removed` or `changed`."""

    def describe(self) -> dict[str, object]:
        live = str(self.folder) if self.folder else None
        return {
            "project": self.project,
            "live": live,
            "changed": list(self.changed),
            "services": dict(self.services),
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
class Status:
    """All services, and why they could not be compared with the workspace, "" when they were."""

    services: tuple[ServiceStatus, ...]
    unknown: str


def plan_deploy(workspace: Workspace, images: Images | None = None) -> Plan:
    """Which files of the live release folder a deployment would change, and which services; nothing is written.

    Raises DifyKitError when `sync` or `build` has not run.
    """
    stacked = workspace.settings.deploy.target == "compose"
    plan = _render_plan(workspace, images)
    live = releases.current(workspace.data) if stacked else workspace.release
    there = live if live and live.is_dir() else None
    changed = [n for n, (_, content) in plan.files.items() if there is None or not _holds(there / n, content)]
    services: Mapping[str, str] = {}
    if stacked and changed and engine.compose_version():
        services = _services(workspace, plan, there)
    return Plan(workspace.settings.deploy.project, there, tuple(changed), services)


def _render_plan(workspace: Workspace, images: Images | None) -> RenderPlan:
    source = need_source(workspace.derived, workspace.settings.upstream.ref)
    if workspace.settings.deploy.target == "compose":
        images = images or need_images(workspace.derived, source)
    with Store(workspace.store) as store:
        return plan_render(read_inputs(workspace, source, images, store))


def _services(workspace: Workspace, plan: RenderPlan, live: Path | None) -> dict[str, str]:
    project, folder = workspace.settings.deploy.project, releases.live_folder(workspace.data)
    now = Stack.read(folder, project).config if live else {}
    return differing(now, planned(plan, folder, project, workspace.derived))


def _holds(path: Path, content: bytes) -> bool:
    try:
        return files.read_bytes(path, limit=files.TREE) == content
    except OSError:
        return False


def stack_status(workspace: Workspace, folder: Path) -> Status:
    """The services of the live release folder. Raises CommandFailed when the engine does not answer."""
    project = workspace.settings.deploy.project
    live = Stack.read(folder, project)
    found = engine.project_containers(project)
    names = {one.name: one.service for one in found}
    stale = {names.get(name, "") for name in engine.compose_recreates(folder, project)}
    try:
        ahead, unknown = _services(workspace, _render_plan(workspace, None), folder), ""
    except DifyKitError as error:
        ahead, unknown = {}, error.message
    others = _others(found, folder)
    rows = [
        ServiceStatus(
            one.service,
            one.state,
            one.health,
            one.image,
            others.get(one.service) or _differs(one.service, live, ahead, stale),
        )
        for one in found
    ]
    absent = [name for name in live.services if name not in names.values()]
    rows += [ServiceStatus(name, "absent", "", str(live.services[name].get("image", "")), "absent") for name in absent]
    return Status(tuple(sorted(rows, key=lambda row: row.service)), unknown)


def _others(found: Sequence[engine.ProjectContainer], folder: Path) -> dict[str, str]:
    """The services that run something else than what was proved under that name."""
    manifest = Manifest.read(folder)
    images = dict(manifest.images) if manifest else {}
    here = engine.inspect_all(sorted(name for name in images if "@" in name))
    proved = {name: here[name].id if name in here else oid for name, oid in images.items()}
    return {
        one.service: f"runs the image {one.image_id[7:19]}, and {proved[one.image][7:19]} was proved"
        for one in found
        if one.image in proved and one.image_id != proved[one.image] and ("@" not in one.image or one.image in here)
    }


def _differs(service: str, live: Stack, ahead: Mapping[str, str], stale: set[str]) -> str:
    if service not in live.services:
        return "left over"
    if service in ahead:
        return "deploy removes it" if ahead[service] == "removed" else "deploy changes it"
    # Also what depends on a changed service is made anew by Compose: then that one is what differs.
    return "not as deployed" if service in stale and not live.needs(service) & stale else ""
