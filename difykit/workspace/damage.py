"""Which records in `.difykit` cannot be read, and what stands where difykit keeps a folder."""

from __future__ import annotations

import os
from pathlib import Path

from difykit.core.errors import Unreadable
from difykit.workspace import state
from difykit.workspace.manifest import Model

_FOLDERS = ("adopt", "build", "finish", "logs", "release", "schema", "transaction")


def unreadable(derived: Path) -> list[str]:
    """The files of this kind that exist and cannot be read."""
    models: dict[str, type[Model]] = {
        "source.json": state.Source,
        "images.json": state.BuiltImages,
        "made.json": state.EngineContent,
        state.BUILT_SETTINGS: state.BuiltSettings,
        state.STORE_FILES: state.StoreFiles,
    }
    return [name for name, model in models.items() if os.path.lexists(derived / name) and _fails(model, derived / name)]


def _fails(model: type[Model], path: Path) -> bool:
    try:
        return state.read_record(model, path) is None
    except Unreadable:
        return True


def no_folders(derived: Path) -> list[str]:
    """What stands where difykit keeps a folder, and is none."""
    return [name for name in _FOLDERS if os.path.lexists(derived / name) and not (derived / name).is_dir()]
