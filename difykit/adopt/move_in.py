"""From the scratch folder into the workspace: once begun, it is carried to its end, by whoever comes next."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from difykit.adopt.write import SERIES, SETTINGS
from difykit.core import files, transaction
from difykit.core.errors import DifyKitError
from difykit.core.transaction import Change, Take, Write
from difykit.workspace.workspace import Workspace


def scratch(workspace: Workspace) -> Path:
    """An empty folder for the result. What a killed run left there is taken away."""
    clear(workspace)
    staging = _staging_folder(workspace)
    staging.mkdir(parents=True)
    return staging


def clear(workspace: Workspace) -> None:
    """Take the scratch folder away."""
    shutil.rmtree(_staging_folder(workspace), ignore_errors=True)


def move_in(workspace: Workspace) -> None:
    """Move the scratch folder's content into the workspace, all or nothing, for who holds the workspace's lock.

    Raises OSError, with nothing changed, where the disk does not take it.
    """
    with files.locked(workspace.derived / "settings.lock", "difykit adopt", patience=transaction.PATIENCE):
        journal = transaction.begin(workspace.root, _changes(workspace), transaction.ADOPTION)
        transaction.carry_out(journal)
        transaction.end(journal)


def _changes(workspace: Workspace) -> Iterator[Change]:
    """The series and the settings come last: until then nothing of it is used."""
    staging = _staging_folder(workspace)
    for folder in sorted((staging / "overlays").glob("*")):
        if not folder.is_symlink():  # those of the workspace, lent for the proof
            if transaction.digest(to := workspace.root / "overlays" / folder.name):
                raise DifyKitError(f"{to} cannot be made: something is there", hint="move it away, then again")
            yield Take(f"overlays/{folder.name}", folder)
    patches = [path for path, _ in files.tree_files(staging / "patches")] if (staging / "patches").is_dir() else []
    for path in sorted(patches, key=lambda path: f"patches/{path}" == SERIES):
        yield Write(f"patches/{path}", files.read_bytes(staging / "patches" / path, limit=files.PATCH))
    if (staging / ".env").is_file():
        yield Write(".env", files.read_bytes(staging / ".env"), 0o600)
    yield transaction.settings(workspace.root, files.read_text(staging / SETTINGS).encode())


def _staging_folder(workspace: Workspace) -> Path:
    return workspace.derived / "adopt" / "made"
