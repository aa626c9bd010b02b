"""Enabling and disabling overlays: one name more or less in `overlays:` of `difykit.yaml`."""

from __future__ import annotations

from collections.abc import Sequence

from packaging.version import Version

from difykit.core import files, transaction
from difykit.core.errors import ConfigError, DifyKitError, Problem
from difykit.source.overlay.check import check_overlays
from difykit.source.overlay.listing import enabled_overlays, find, nearest
from difykit.source.overlay.yaml_list import inserted, removed
from difykit.workspace.manifest import read_text
from difykit.workspace.workspace import Overlay, Workspace

_FILE = "difykit.yaml"
_KEY = "overlays"


def enable(workspace: Workspace, name: str, *, before: str = "", version: Version | None = None) -> bool:
    """Add the overlay to `difykit.yaml`, as the last one or before another; False when it is enabled already.

    `version` is the pinned Dify's, where it is known. Raises DifyKitError when there is no such overlay, when it
    would not fit the release or the other overlays, or when the file cannot be changed safely.
    """
    with files.locked(workspace.derived / "settings.lock", "difykit overlay.enable"):
        overlay = find(workspace, name).overlay
        if name in workspace.settings.overlays:
            return False
        write_settings(workspace, settings_with(workspace, overlay, before=before, version=version))
        return True


def settings_with(workspace: Workspace, overlay: Overlay, *, before: str, version: Version | None) -> str:
    """The text of `difykit.yaml` with `overlay` enabled. Raises DifyKitError as `enable` does."""
    names = workspace.settings.overlays
    if before and before not in names:
        raise DifyKitError(f"--before: the overlay {before} is not enabled", hint=nearest(before, names))
    index = names.index(before) if before else len(names)
    enabled = enabled_overlays(workspace)
    after = {entry.name for entry in enabled} & set(names[index:])
    position = len(enabled) - len(after)
    if faults := _new_faults(enabled, [*enabled[:position], overlay, *enabled[position:]], version):
        text = "\n".join(str(fault) for fault in faults)
        raise DifyKitError(f"the overlay {overlay.name} cannot be enabled:\n{text}", hint="mend that first")
    return inserted(_text(workspace), _KEY, overlay.name, index)


def disable(workspace: Workspace, name: str) -> bool:
    """Take the overlay out of `difykit.yaml`, its folder stays; False when it is not enabled.

    Raises DifyKitError when there is no such overlay, when an enabled one requires it, or when the file cannot be
    changed safely.
    """
    with files.locked(workspace.derived / "settings.lock", "difykit overlay.disable"):
        if name not in workspace.settings.overlays:  # one whose folder is gone can be disabled, too
            find(workspace, name)
            return False
        users = [
            dependent.name for dependent in enabled_overlays(workspace) if name in dependent.manifest.requires.overlays
        ]
        if users:
            raise DifyKitError(
                f"the overlay {name} is required by {', '.join(users)}; it stays enabled",
                hint=f"first: difykit overlay.disable {users[-1]}",
            )
        write_settings(workspace, removed(_text(workspace), _KEY, name))
        return True


def write_settings(workspace: Workspace, text: str) -> None:
    """Write `difykit.yaml`, whole or not at all, with the mode it has, and through a symlink if it is one."""
    change = transaction.settings(workspace.root, text.encode())
    files.write((workspace.root / _FILE).resolve(), change.content, mode=change.mode)


def _text(workspace: Workspace) -> str:
    return read_text(workspace.root / _FILE, _FILE)


def _new_faults(before: Sequence[Overlay], after: Sequence[Overlay], version: Version | None) -> list[Problem]:
    """What is wrong with the overlays after a change and was not before; nothing where the release is not known."""
    if version is None:
        return []
    old = _faults(before, version)
    return [fault for fault in _faults(after, version) if fault not in old]


def _faults(overlays: Sequence[Overlay], version: Version) -> tuple[Problem, ...]:
    try:
        check_overlays(overlays, version)
    except ConfigError as error:
        return error.problems
    return ()
