"""What stands in and beside a workspace, made for a test: links, folders, a socket."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path


def link(path: str, target: str) -> Callable[[Path], object]:
    """A symlink in the workspace."""

    def make(root: Path) -> None:
        place = root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(target.replace("SPACE", str(root)).replace("AWAY", str(root.parent / "away")))

    return make


def every(*makers: Callable[[Path], object]) -> Callable[[Path], object]:
    """All of them, in their order."""

    def make(root: Path) -> None:
        for each in makers:
            each(root)

    return make


def folder(path: str) -> Callable[[Path], object]:
    return lambda root: (root / path).mkdir(parents=True, exist_ok=True)


def listening(path: str) -> Callable[[Path], object]:
    def make(root: Path) -> None:
        with socket.socket(socket.AF_UNIX) as server:
            here = Path.cwd()
            os.chdir(root)  # the path of a socket may have 107 bytes
            server.bind(path)
            os.chdir(here)

    return make
