"""Carrying it out: read, plan, write beside, move in. Of the old folder only its volumes may get a file."""

from __future__ import annotations

import os
from pathlib import Path

from difykit.adopt import clear, move_in, scratch
from difykit.adopt.deployment.plan import NAME, DeploymentAdoption, env_text, make_plan, overlay_files, settings_text
from difykit.adopt.deployment.read import read
from difykit.adopt.deployment.report import page
from difykit.core import files, transaction
from difykit.core.errors import DifyKitError
from difykit.core.progress import Progress
from difykit.release.compose import mountable
from difykit.source.patch import read_series
from difykit.workspace.manifest import PathFault, data_folder
from difykit.workspace.workspace import Workspace


def adopt_deployment(
    workspace: Workspace, folder: Path, progress: Progress, *, release: str = "", check: bool = False
) -> DeploymentAdoption:
    """Turn a running Dify into this workspace; with `check`, only say how.

    A run that is killed leaves all of it or nothing, by the same means as an adoption of a fork. Raises DifyKitError
    when the workspace has content already, and for a folder that holds no deployment of a known release.
    """
    transaction.finish(workspace.root, progress)
    _check_room(workspace)
    with files.locked(workspace.derived / "lock", "difykit adopt.deployment"):
        old = read(workspace, folder, release, progress)
        _check_data(workspace, mountable(old.folder))
        plan = make_plan(old)
        if check:
            return plan
        staging = scratch(workspace)
        try:
            _write(workspace, plan, staging)
            _copy(plan, old.folder / "volumes")  # first: once the workspace has its content, no run comes here again
            move_in(workspace)
        finally:
            clear(workspace)
    return plan


def _check_data(workspace: Workspace, folder: Path) -> None:
    """Raises DifyKitError for a deployment whose folder this workspace could not have as its data folder."""
    try:
        data_folder(workspace.root, str(folder))
    except PathFault as error:
        raise DifyKitError(
            f"{folder} would become the data folder of this workspace, but it {error}; nothing was touched",
            hint="make the workspace beside it: difykit init NAME, and adopt there",
        ) from error


def _check_room(workspace: Workspace) -> None:
    """Raises DifyKitError when the workspace holds what would be mixed with the deployment's."""
    occupied = [f"overlays: {', '.join(workspace.settings.overlays)}"] if workspace.settings.overlays else []
    occupied += ["env in difykit.yaml"] if workspace.settings.env else []
    occupied += [".env"] if os.path.lexists(workspace.env_file) else []
    occupied += [f"overlays/{NAME}"] if (workspace.root / "overlays" / NAME).exists() else []
    series = workspace.patches / "series"
    occupied += ["patches"] if series.is_file() and read_series(files.read_text(series)) else []
    occupied += [f"data in {workspace.data}"] if workspace.used else []
    if occupied:
        raise DifyKitError(
            f"this workspace has {'; '.join(occupied)} already, which would be mixed with the deployment's",
            hint="difykit init NAME makes a new one: adopt there",
        )


def _copy(plan: DeploymentAdoption, volumes: Path) -> None:
    for name, content in plan.data.items():
        if not (volumes / name).exists():
            files.write(volumes / name, content, mode=0o600)


def _write(workspace: Workspace, plan: DeploymentAdoption, staging: Path) -> None:
    for name, content in overlay_files(plan).items():
        files.write(staging / "overlays" / NAME / name, content)
    if plan.has_overlay:
        files.write(staging / "overlays" / NAME / "ADOPTED.md", page(plan))
    files.write(staging / ".env", env_text(plan), mode=0o600)
    files.write(staging / "difykit.yaml", settings_text(plan, workspace.settings.upstream.url))
