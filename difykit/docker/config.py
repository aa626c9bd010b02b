"""The files that the docker program opens by itself: one that never answers is told before it waits for it."""

from __future__ import annotations

import os
from itertools import chain
from pathlib import Path

from difykit.core import files


def check_config() -> None:
    """Raises Unreadable where Docker's own configuration is a FIFO."""
    folder = os.environ.get("DOCKER_CONFIG") or os.path.expanduser("~/.docker")  # noqa: PTH111 - never fails
    files.check_answers(Path(folder) / "config.json")


def check_folder(folder: Path) -> None:
    """Raises Unreadable where a file that Compose reads in a release folder is a FIFO."""
    for path in chain(folder.glob("*"), folder.glob("overlays/*/*"), folder.glob("envs/**/*.env")):
        files.check_answers(path)
