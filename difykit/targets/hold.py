"""One deployment at a time on one data folder."""

from __future__ import annotations

from contextlib import AbstractContextManager

from difykit.core import files
from difykit.core.progress import Progress
from difykit.docker.project import PATIENCE
from difykit.workspace.workspace import Workspace


def hold_data_folder(workspace: Workspace, verb: str, progress: Progress) -> AbstractContextManager[int]:
    """Hold the data folder, whichever workspace it is used from; waits for another deployment to end.

    The value is the open file of the lock, for a program that has to outlive difykit.
    """
    scope = f"on the data folder {workspace.data}"
    return files.locked(workspace.data / ".lock", verb, scope=scope, patience=PATIENCE, on_wait=progress.skip)
