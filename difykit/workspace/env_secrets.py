"""The secrets of a workspace, for the redaction: read from its env files, and anew only when one of them changed."""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import cache
from pathlib import Path

from difykit.core import fifos, redact
from difykit.dify import layout
from difykit.workspace import dotenv
from difykit.workspace.workspace import Workspace

_Stamp = tuple[tuple[int, int, int] | None, ...]


_LARGEST = 1 << 20  # of a difykit.yaml that is read only to find more env files


class Vault:
    """What `redact.watch` asks; `root` finds the workspace, or None where there is none."""

    def __init__(self, root: Callable[[], Path | None]) -> None:
        self._root = root
        self._folder: Path | None = None
        self._data: tuple[_Stamp, Path | None] | None = None
        self._values: tuple[_Stamp, redact.Values] | None = None

    def values(self) -> redact.Values:
        """The secrets as the files are now.

        Every value of the files that are the user's or hold secrets alone; of those that are filled with all of Dify's
        own settings, whose values are common words, what is a secret by its name.
        """
        with suppress(OSError):  # a current folder that is gone
            self._folder = self._folder or self._root()
        if self._folder is None:
            return redact.Values()
        places = _env_files(self._folder, self._data_folder(self._folder))
        stamp = tuple(_stamp(path) for path, _ in places)
        if self._values is None or self._values[0] != stamp:
            self._values = stamp, _read(places)
        return self._values[1]

    def _data_folder(self, root: Path) -> Path | None:
        stamp = (_stamp(root / "difykit.yaml"),)
        if self._data is None or self._data[0] != stamp:
            data: Path | None = None
            if stamp[0] and stamp[0][1] < _LARGEST:
                with suppress(Exception):  # difykit.yaml may be what is wrong
                    data = Workspace.open(root).data
            self._data = stamp, data
        return self._data[1]


@cache
def _env_files(root: Path, data: Path | None) -> tuple[tuple[Path, bool], ...]:
    """The user's, and what middleware.dev writes, each with whether every value of it is private."""
    moved = ((data / "dev" / ".env", True),) if data else ()
    return (
        (root / ".env", True),
        (root / "data" / "dev" / ".env", True),
        *moved,
        (root / ".difykit" / "dev" / ".env", False),
        (root / ".difykit" / "source" / layout.API_ENV, False),
    )


def _stamp(path: Path) -> tuple[int, int, int] | None:
    """What changes with a file, or with what was read of a FIFO; None for what is neither."""
    try:
        info = path.stat()
    except (OSError, ValueError):
        return None
    if stat.S_ISFIFO(info.st_mode):  # reading from it takes from it what others wait for
        return (0, len(fifos.peek_env(path)), info.st_ino)
    return (info.st_mtime_ns, info.st_size, info.st_ino) if stat.S_ISREG(info.st_mode) else None


def _read(places: Iterable[tuple[Path, bool]]) -> redact.Values:
    secrets: set[str] = set()
    private: set[str] = set()
    for path, all_secret in places:
        for line in dotenv.assignments(fifos.peek_env(path).decode("utf-8", "replace")):
            values = {line.raw, line.raw.strip("\"'"), dotenv.decode(line.raw) or ""} - {""}
            secrets |= values if redact.is_secret_name(line.key) else redact.passwords(values)
            if all_secret:
                private |= values
    return redact.Values(frozenset(secrets), frozenset(private))
