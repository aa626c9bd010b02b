"""Copying a preset into the workspace, to change it."""

from __future__ import annotations

import os
from pathlib import Path

from difykit.core import files
from difykit.core.errors import DifyKitError
from difykit.core.files import fresh_folder, tree_files
from difykit.source.overlay.listing import nearest, own_names, preset_names
from difykit.workspace.workspace import Workspace, presets


def eject(workspace: Workspace, name: str) -> list[str]:
    """Copy the preset `name` to the workspace's `overlays/`, where it is found first; the paths written.

    Raises DifyKitError when the workspace has an overlay of that name, or difykit ships none.
    """
    shipped = preset_names(workspace)
    target = workspace.root / "overlays" / name
    if name in own_names(workspace) or (name in shipped and os.path.lexists(target)):
        raise DifyKitError(f"this workspace has overlays/{name} already", hint=f"change it there: {target}")
    if name not in shipped:
        hint = f"difykit ships: {', '.join(shipped)}" if shipped else nearest(name, own_names(workspace))
        raise DifyKitError(f"difykit ships no overlay {name}", hint=hint)
    with fresh_folder(target) as new:
        for path, file in tree_files(presets() / "overlays" / name):
            _copy(file, new / path)
    return [f"overlays/{name}/{path}" for path, _ in tree_files(target)]


def _copy(file: Path, to: Path) -> None:
    to.parent.mkdir(parents=True, exist_ok=True)
    files.copy(file, to)
