"""What a deployment would change, and how far what runs is what the workspace describes: nothing is touched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from difykit import docker
from difykit.core.errors import DifyKitError
from difykit.docker.project import Stack
from difykit.git import Store
from difykit.release import history
from difykit.release.data_files import DataPlan
from difykit.release.render import (
    Manifest,
    RenderPlan,
    check_begun,
    check_data_files,
    folder_of,
    plan_render,
    preview_plan,
    read_inputs,
)
from difykit.targets import DeploymentPlan, DeploymentStatus, ServiceStatus, changed_files, check_parts
from difykit.targets.compose.difference import differing, planned
from difykit.targets.compose.reread import binds_of, mounts_any
from difykit.workspace.state import BuiltImages, need_images, need_source
from difykit.workspace.workspace import Workspace


def plan_deploy(workspace: Workspace, images: BuiltImages) -> DeploymentPlan:
    """Which files of the live release folder a deployment would change, and which services; nothing is written.

    Raises DifyKitError when `sync` has not run, the secrets of data that was used are gone, or what difykit keeps in
    the data folder is no folder.
    """
    check_parts(workspace.data)
    plan = _render_plan(workspace, images)
    check_begun(plan.missing, workspace.data)
    live = history.current(workspace.data)
    folder = live if live and live.is_dir() else None
    changed = changed_files(folder, plan)
    data_files = check_data_files(workspace, plan)
    services: Mapping[str, str] = {}
    if (changed or data_files.work) and docker.compose_version():
        config = _planned(workspace, plan)
        services = {**_readers(workspace, config, data_files), **_services(workspace, config, folder)}
    project = workspace.settings.deploy.project
    unmet = tuple(f"{text}; {hint}" for text, hint in plan.unmet)
    return DeploymentPlan(project, folder, changed, dict(sorted(services.items())), data_files.files, unmet)


def _readers(workspace: Workspace, config: Mapping[str, Any], data_files: DataPlan) -> dict[str, str]:
    """The services that a deployment starts again, since files change that they read when they start."""
    if history.current(workspace.data) is None:
        return {}
    folder = folder_of(workspace)
    changing = [folder.files / file.path for file in data_files.work if not file.marks_folder]
    bodies: Mapping[str, Mapping[str, object]] = config.get("services") or {}
    paths = (*changing, *folder.unread())
    return {name: "restarted" for name, body in bodies.items() if mounts_any(binds_of(body), paths)}


def _render_plan(workspace: Workspace, images: BuiltImages | None = None) -> RenderPlan:
    source = need_source(workspace.derived, workspace.settings.upstream.ref)
    images = images or need_images(workspace.derived, source)
    with Store(workspace.store) as store:
        return preview_plan(read_inputs(workspace, source, images, store), plan_render)


def _planned(workspace: Workspace, plan: RenderPlan) -> dict[str, Any]:
    live = history.live_folder(workspace.data)
    return planned(plan, live, workspace.settings.deploy.project, workspace.derived)


def _services(workspace: Workspace, config: Mapping[str, Any], live: Path | None) -> dict[str, str]:
    project, folder = workspace.settings.deploy.project, history.live_folder(workspace.data)
    current = Stack.read(folder, project).config if live else {}
    return differing(current, config)


def stack_status(workspace: Workspace, folder: Path) -> DeploymentStatus:
    """The services of the live release folder. Raises CommandFailed when the engine does not answer."""
    project = workspace.settings.deploy.project
    live = Stack.read(folder, project)
    containers = docker.project_containers(project)
    names = {container.name: container.service for container in containers}
    stale = {names.get(name, "") for name in docker.compose_recreates(folder, project)}
    try:
        planned_changes, unknown = _services(workspace, _planned(workspace, _render_plan(workspace)), folder), ""
    except DifyKitError as error:
        planned_changes, unknown = {}, error.message
    unproved = _unproved(containers, folder)
    rows = [
        ServiceStatus(
            container.service,
            container.state,
            container.health,
            container.image,
            unproved.get(container.service) or _differs(container.service, live, planned_changes, stale),
        )
        for container in containers
    ]
    absent = [name for name in live.services if name not in names.values()]
    rows += [ServiceStatus(name, "absent", "", str(live.services[name].get("image", "")), "absent") for name in absent]
    return DeploymentStatus(tuple(sorted(rows, key=lambda row: row.service)), unknown)


def _unproved(containers: Sequence[docker.ProjectContainer], folder: Path) -> dict[str, str]:
    """The services that run something else than what was proved under that name."""
    manifest = Manifest.read(folder)
    images = dict(manifest.images) if manifest else {}
    infos = docker.inspect_all(sorted(name for name in images if "@" in name))
    proved = {name: infos[name].id if name in infos else oid for name, oid in images.items()}
    return {
        container.service: f"runs the image {container.image_id[7:19]}, and {proved[container.image][7:19]} was proved"
        for container in containers
        if container.image in proved
        and container.image_id != proved[container.image]
        and ("@" not in container.image or container.image in infos)
    }


def _differs(service: str, live: Stack, planned_changes: Mapping[str, str], stale: set[str]) -> str:
    if service not in live.services:
        return "left over"
    if service in planned_changes:
        return "deploy removes it" if planned_changes[service] == "removed" else "deploy changes it"
    # Also what depends on a changed service is made anew by Compose: then that one is what differs.
    return "not as deployed" if service in stale and not live.needs(service) & stale else ""
