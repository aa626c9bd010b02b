"""A lock between processes that dies with the one that holds it."""

from __future__ import annotations

import fcntl
import os
import re
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from difykit.core import reading
from difykit.core.errors import DifyKitError

_HELD: list[int] = []
_DYING = 1.0
"""Seconds that a process may take to be gone after it was killed."""
_LAST_WORDS = 60.0
"""Seconds that are waited for what a difykit that is no more has started: it is ended already, or all but."""


def held_locks() -> tuple[int, ...]:
    """The open files of the locks that this process holds, for a program that writes what they protect."""
    return tuple(_HELD)


@contextmanager
def locked(
    path: Path,
    doing: str,
    *,
    scope: str = "in this workspace",
    patience: float = 0,
    on_wait: Callable[[str], None] = lambda _: None,
) -> Iterator[int]:
    """Hold `path` alone for the block, as the open file that it yields; the kernel gives it back however that ends.

    Waits for another process that holds it for `patience` seconds, and tells `on_wait` which that is. Where that one is
    no more, and what it had started still writes, it waits longer.
    Raises DifyKitError when it is still held then, and says by which; Unreadable where `path` is no file.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with reading.shared(path) as handle:
        _wait(handle, doing, scope, patience, on_wait)
        handle.seek(0)
        handle.truncate()
        handle.write(f"{doing} (process {os.getpid()})\n")
        handle.flush()
        _HELD.append(handle.fileno())
        try:
            yield handle.fileno()
        finally:
            _HELD.remove(handle.fileno())


def _wait(handle: IO[str], doing: str, scope: str, patience: float, on_wait: Callable[[str], None]) -> None:
    started, shown = time.monotonic(), ""
    while not _lock(handle):
        handle.seek(0)
        holder = handle.read().strip() or "another difykit"
        orphaned = not _lives(holder)
        seconds = time.monotonic() - started
        if seconds >= max(patience, _LAST_WORDS if orphaned else _DYING):
            if orphaned:
                text = f"{holder} was ended, and what it started is still at work {scope}"
                raise DifyKitError(text, hint=f"wait for it, or end it; then {doing} again")
            raise DifyKitError(f"{holder} is at work {scope}", hint=f"wait for it, then {doing} again")
        text = f"{holder} was ended; what it started still writes" if orphaned else f"{holder} is at work {scope}"
        if text != shown and (patience or seconds > 1):
            on_wait(f"{text}: waiting for it")
            shown = text
        time.sleep(0.2 if patience else 0.05)


def _lives(holder: str) -> bool:
    """Whether the process is still there that a lock file names; a zombie is not, though it has its id."""
    match = re.search(r"\(process (\d+)\)$", holder)
    if not match:
        return True
    try:
        os.kill(int(match[1]), 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return not _is_dying(int(match[1]))


def _is_dying(pid: int) -> bool:
    """Whether a process has ended, and nobody has asked how yet, or was killed, and has still to be taken down."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text("utf-8", "replace").splitlines()
    except OSError:
        return False
    fields = dict(line.split(":\t", 1) for line in lines if ":\t" in line)
    killed = int(fields.get("ShdPnd", "0"), 16) & 1 << (signal.SIGKILL - 1)
    return fields.get("State", "")[:1] in {"Z", "X"} or bool(killed)


def _lock(handle: IO[str]) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
