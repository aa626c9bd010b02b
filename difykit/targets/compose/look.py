"""What a deployment would change, and how far what runs is what the workspace describes: nothing is touched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from difykit import engine
from difykit.errors import DifyKitError
from difykit.git import Store
from difykit.project import Stack
from difykit.render import Manifest, RenderPlan, plan_render, read_inputs
from difykit.state import Images, need_images, need_source
from difykit.targets.base import DeploymentPlan, DeploymentStatus, ServiceStatus
from difykit.targets.compose import releases
from difykit.targets.compose.difference import differing, planned
from difykit.targets.folder import changed_files, check_parts
from difykit.workspace import Workspace


def plan_deploy(workspace: Workspace, images: Images) -> DeploymentPlan:
    """Which files of the live release folder a deployment would change, and which services; nothing is written.

    Raises DifyKitError when `sync` has not run, or what difykit keeps in the data folder is no folder.
    """
    check_parts(workspace.data)
    plan = _render_plan(workspace, images)
    live = releases.current(workspace.data)
    folder = live if live and live.is_dir() else None
    changed = changed_files(folder, plan)
    services: Mapping[str, str] = {}
    if changed and engine.compose_version():
        services = _services(workspace, plan, folder)
    return DeploymentPlan(workspace.settings.deploy.project, folder, changed, services)


def _render_plan(workspace: Workspace, images: Images | None = None) -> RenderPlan:
    source = need_source(workspace.derived, workspace.settings.upstream.ref)
    images = images or need_images(workspace.derived, source)
    with Store(workspace.store) as store:
        return plan_render(read_inputs(workspace, source, images, store))


def _services(workspace: Workspace, plan: RenderPlan, live: Path | None) -> dict[str, str]:
    project, folder = workspace.settings.deploy.project, releases.live_folder(workspace.data)
    now = Stack.read(folder, project).config if live else {}
    return differing(now, planned(plan, folder, project, workspace.derived))


def stack_status(workspace: Workspace, folder: Path) -> DeploymentStatus:
    """The services of the live release folder. Raises CommandFailed when the engine does not answer."""
    project = workspace.settings.deploy.project
    live = Stack.read(folder, project)
    found = engine.project_containers(project)
    names = {one.name: one.service for one in found}
    stale = {names.get(name, "") for name in engine.compose_recreates(folder, project)}
    try:
        ahead, unknown = _services(workspace, _render_plan(workspace), folder), ""
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
    return DeploymentStatus(tuple(sorted(rows, key=lambda row: row.service)), unknown)


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
