"""`overlay.new`: a complete overlay that works as it is written."""

from __future__ import annotations

import difflib
import os
from dataclasses import dataclass

from packaging.version import Version

from difykit.core import files
from difykit.core.errors import DifyKitError
from difykit.git import Tree
from difykit.source.overlay.addresses import check_free
from difykit.source.overlay.enable import settings_with, write_settings
from difykit.source.overlay.kinds import KINDS, OverlayKind, answer, overlay_files
from difykit.source.overlay.listing import NAME, enabled_overlays, own_names, preset_names
from difykit.workspace.manifest import OverlayManifest, read_manifest
from difykit.workspace.workspace import Overlay, Workspace


@dataclass(frozen=True)
class NewOverlay:
    """A new overlay: the paths written, and what to see once it is deployed."""

    paths: tuple[str, ...]
    answer: str


def new(
    workspace: Workspace,
    name: str,
    kind: str,
    *,
    disabled: bool = False,
    version: Version | None = None,
    tree: Tree | None = None,
) -> NewOverlay:
    """Write the overlay `name` into the workspace and, unless `disabled`, enable it as the last one.

    `version` and `tree` are the pinned Dify's, where they are known: what it has already is not taken. Raises
    DifyKitError, and leaves everything as it was, for a name or an address that is taken, and when the overlay could
    not be enabled.
    """
    chosen = _kind(kind)
    with files.locked(workspace.derived / "settings.lock", "difykit overlay.new"):
        check_new_name(workspace, name)
        check_free(name, kind, enabled_overlays(workspace), tree)
        target = workspace.root / "overlays" / name
        with files.fresh_folder(target) as folder:
            written = overlay_files(name, chosen)
            for path, text in written.items():
                files.write(folder / path, text)
            label = f"overlays/{name}/overlay.yaml"
            overlay = Overlay(name, folder, read_manifest(OverlayManifest, folder / "overlay.yaml", label))
            settings = "" if disabled else settings_with(workspace, overlay, before="", version=version)
        # Last: until then the new folder is one that nothing uses.
        if settings:
            write_settings(workspace, settings)
        return NewOverlay(tuple(f"overlays/{name}/{path}" for path in written), answer(name, chosen))


def _kind(kind: str) -> OverlayKind:
    if kind not in KINDS:
        close = difflib.get_close_matches(kind, KINDS, n=1)
        hint = f"did you mean {close[0]}?" if close else f"--kind takes {', '.join(KINDS)}"
        raise DifyKitError(f"there is no kind {kind}", hint=hint)
    return KINDS[kind]


def check_new_name(workspace: Workspace, name: str) -> None:
    """Raises DifyKitError, with what would do, when a new overlay cannot have this name."""
    if not NAME.fullmatch(name):
        hint = "use a-z, 0-9 and '-', with a letter or a digit at both ends, 64 characters at most"
        raise DifyKitError(f"{name!r} cannot be the name of an overlay", hint=f"{hint}: {_suggested(name)}")
    if name in own_names(workspace):
        hint = f"change it there, or choose another name; to use it: difykit overlay.enable {name}"
        raise DifyKitError(f"this workspace has overlays/{name} already", hint=hint)
    if name in preset_names(workspace):
        hint = f"use it: difykit overlay.enable {name}; change it: difykit overlay.eject {name}; or choose another name"
        raise DifyKitError(f"{name} is an overlay that difykit ships", hint=hint)
    target = workspace.root / "overlays" / name
    if os.path.lexists(target):
        raise DifyKitError(f"{target} is there, but is no overlay: it has no overlay.yaml", hint="move it away first")
    if name in workspace.settings.overlays:
        hint = f"difykit overlay.disable {name}, then again"
        raise DifyKitError(f"difykit.yaml enables an overlay {name}, which is not there", hint=hint)


def _suggested(name: str) -> str:
    """The nearest name that is one."""
    parts = "".join(char if char.isascii() and char.isalnum() else "-" for char in name.lower()).split("-")
    return "-".join(filter(None, parts))[:64].rstrip("-") or "my-overlay"
