"""What may stand where a file is expected, and is none: made for a test, by a name."""

from __future__ import annotations

import os
import shutil
import socket
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

ENDLESS = 100 << 30
"""Bytes of a file that no machine holds in memory; on disk it takes none."""

KINDS = {
    "fifo": "FIFO",
    "socket": "socket",
    "zero": "device",
    "tty": "device",
    "memory": "cannot be read",
    "folder": "folder",
    "circle": "circle",
    "dangling": "link to nowhere, which is not there",
    "endless": "no more than",
    "file above": "a part of its path is a file",
}
"""Each with what a message must say of it."""


def put(path: Path, kind: str) -> None:
    """Put such a thing in the place of `path`."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    MAKE[kind](path)


def _socket(path: Path) -> None:
    # The name of a socket is short: it is bound elsewhere, and moved.
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as made:
        made.bind(f"{folder}/s")
        shutil.move(f"{folder}/s", path)


def _endless(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(ENDLESS)


def _file_above(path: Path) -> None:
    path.parent.rmdir()
    path.parent.write_text("a file")


MAKE: Mapping[str, Callable[[Path], object]] = {
    "fifo": os.mkfifo,
    "socket": _socket,
    "zero": lambda path: path.symlink_to("/dev/zero"),
    "tty": lambda path: path.symlink_to("/dev/tty"),
    "memory": lambda path: path.symlink_to("/proc/self/mem"),
    "folder": lambda path: path.mkdir(),
    "circle": lambda path: path.symlink_to(path.name),
    "dangling": lambda path: path.symlink_to("nowhere"),
    "endless": _endless,
    "file above": _file_above,
}
