"""Which overlays there are: the enabled ones in their order, then the workspace's others, then the presets."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from difykit.core import files
from difykit.core.errors import DifyKitError
from difykit.workspace.manifest import OverlayManifest, read_manifest
from difykit.workspace.workspace import Overlay, Workspace, presets

NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?")
"""What manifests take for a name."""


@dataclass(frozen=True)
class Listed:
    """An overlay that is enabled or could be."""

    name: str
    folder: Path
    origin: Literal["workspace", "preset", "nowhere"]
    position: int
    """Where it stands among the enabled ones, from 1 on; 0 when it is not one of them."""
    manifest: OverlayManifest | None
    problem: str = ""

    @property
    def overlay(self) -> Overlay:
        """It, to be used. Raises DifyKitError when its manifest cannot be read."""
        if self.manifest is None:
            raise DifyKitError(self.problem, hint=f"mend {self.folder / 'overlay.yaml'}")
        return Overlay(self.name, self.folder, self.manifest)

    def describe(self) -> dict[str, object]:
        """It, as `--json` prints it."""
        requires = self.manifest.requires if self.manifest else None
        return {
            "name": self.name,
            "enabled": bool(self.position),
            "from": self.origin,
            "description": self.manifest.description if self.manifest else "",
            "requires": {"dify": requires.dify, "overlays": list(requires.overlays)} if requires else {},
            "problem": self.problem,
        }


def listed(workspace: Workspace) -> tuple[Listed, ...]:
    """Every overlay that is enabled or could be; what is wrong with one stands in its `problem`."""
    return tuple(_listed(workspace, name, position) for name, position in _positions(workspace).items())


def find(workspace: Workspace, name: str) -> Listed:
    """The overlay `name`; no other one is read. Raises DifyKitError, with the nearest name, when there is none."""
    positions = _positions(workspace)
    overlay = _listed(workspace, name, positions[name]) if name in positions else None
    if overlay is None or overlay.origin == "nowhere":
        raise DifyKitError(f"there is no overlay {name}", hint=nearest(name, positions))
    return overlay


def to_change(workspace: Workspace, name: str) -> Overlay:
    """The workspace's own overlay `name`. Raises DifyKitError when there is none, or difykit ships it."""
    entry = find(workspace, name)
    if entry.origin == "preset":
        raise DifyKitError(f"{name} is an overlay that difykit ships", hint=f"copy it: difykit overlay.eject {name}")
    return entry.overlay


def has_tables(workspace: Workspace, name: str) -> bool:
    """Whether there is an overlay `name`, and it brings tables of its own."""
    positions = _positions(workspace)
    overlay = _listed(workspace, name, positions[name]) if name in positions else None
    return bool(overlay and overlay.manifest and overlay.manifest.api.migrations)


def enabled_overlays(workspace: Workspace) -> list[Overlay]:
    """The enabled overlays that can be read, in their order."""
    enabled = (_listed(workspace, name, position) for name, position in _positions(workspace).items() if position)
    return [overlay.overlay for overlay in enabled if overlay.manifest]


def own_names(workspace: Workspace) -> list[str]:
    """The overlays that the workspace itself has."""
    return _names(workspace.root)


def preset_names(workspace: Workspace) -> list[str]:
    """The overlays that difykit ships; none in difykit's own repository, whose overlays they are."""
    return [] if presets() == workspace.root else _names(presets())


def nearest(name: str, names: Iterable[str]) -> str:
    """A hint for a name that is not known."""
    close = difflib.get_close_matches(name, list(names), n=1)
    return f"did you mean {close[0]}?" if close else "see them all: difykit overlay.list"


def _positions(workspace: Workspace) -> dict[str, int]:
    """Every name that `listed` lists, with its place among the enabled ones or 0."""
    enabled = dict.fromkeys(workspace.settings.overlays)
    others = dict.fromkeys([*own_names(workspace), *preset_names(workspace)])
    return {
        **{name: place for place, name in enumerate(enabled, 1)},
        **{name: 0 for name in others if name not in enabled},
    }


def _names(base: Path) -> list[str]:
    # A folder that a killed `overlay.new` left begins with a dot.
    names = (path.name for path in (base / "overlays").glob("*") if os.path.lexists(path / "overlay.yaml"))
    return sorted(name for name in names if NAME.fullmatch(name))


def _listed(workspace: Workspace, name: str, position: int) -> Listed:
    own = workspace.root / "overlays" / name
    for folder, origin in ((own, "workspace"), (presets() / "overlays" / name, "preset")):
        if not files.present(folder / "overlay.yaml"):
            continue
        where: Literal["workspace", "preset"] = "workspace" if origin == "workspace" else "preset"
        try:
            manifest = read_manifest(OverlayManifest, folder / "overlay.yaml", f"overlays/{name}/overlay.yaml")
        except DifyKitError as error:
            return Listed(name, folder, where, position, None, error.message)
        return Listed(name, folder, where, position, manifest)
    return Listed(name, own, "nowhere", position, None, f"there is no overlays/{name}/overlay.yaml")
