"""FIFOs that a user means: `.env`, which password managers fill, and a file of the command line, as of `<(jq …)`.

Nobody is waited for without end, and who is waited for is said.
"""

from __future__ import annotations

import os
import re
import select
import stat
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from difykit.core import reading
from difykit.core.errors import Unreadable

_OPEN_FILE = re.compile(r"/(?:dev|proc/self)/fd/(\d+)")
_UNOPENED, _SILENT, _LONGEST = 5.0, 60.0, 120.0
"""Seconds to wait: for a program to open a FIFO, for its next byte (it may ask for a fingerprint), and in all."""

_pipes: dict[tuple[int, int], bytes | Unreadable] = {}
_on_wait: list[Callable[[str], None]] = []


def listen(on_wait: Callable[[str], None]) -> None:
    """Let `on_wait` hear which FIFO is waited for, from now on."""
    _on_wait[:] = [on_wait]


def read_argument(path: Path, *, limit: int = reading.STATE) -> bytes:
    """A file that the command line names: a pipe is read to its end, as `--images <(jq …)` expects.

    Raises Unreadable for what `read_bytes` refuses, and for a FIFO that no program writes into.
    """
    handle = _argument(path)
    try:
        info = os.fstat(handle)
        if stat.S_ISFIFO(info.st_mode):
            return _drain(handle, path, limit)
        reading.check(path, info, limit)
        return reading.content(handle, path, limit)
    finally:
        os.close(handle)


def read_env(path: Path) -> bytes | None:
    """The user's `.env`; None when there is none. A FIFO is read once in this process, and remembered.

    Raises Unreadable as `read_argument` does, and for a link into a folder that is not there.
    """
    try:
        info = path.stat()
    except FileNotFoundError:
        if path.is_symlink() and not Path(os.path.realpath(path)).parent.is_dir():
            raise reading.dangling(path) from None
        return None  # of a link, too: difykit makes the file that it leads to
    except (OSError, ValueError) as error:
        raise reading.refused(path, error) from error
    if not stat.S_ISFIFO(info.st_mode):
        return reading.read_bytes_if_there(path)
    return _once(path, (info.st_dev, info.st_ino))


def _once(path: Path, pipe: tuple[int, int]) -> bytes:
    if pipe not in _pipes:
        try:
            _pipes[pipe] = read_argument(path, limit=reading.TEXT)
        except Unreadable as error:
            _pipes[pipe] = error  # or every reader would wait for as long again
    content = _pipes[pipe]
    if isinstance(content, Unreadable):
        raise content
    return content


def peek_env(path: Path) -> bytes:
    """What is known of an env file without waiting for anybody: of a FIFO, what was read; b"" for what is not known."""
    try:
        info = path.stat()
        if stat.S_ISFIFO(info.st_mode):
            content = _pipes.get((info.st_dev, info.st_ino))
            return content if isinstance(content, bytes) else b""
        return reading.read_bytes(path)
    except (OSError, ValueError):
        return b""


def check_keeps(path: Path, names: str) -> None:
    """Raises Unreadable when `path` is a FIFO or the like, which keeps nothing of what `names` says is to be kept."""
    try:
        kind = path.stat().st_mode
    except (OSError, ValueError):
        return
    if stat.S_ISFIFO(kind):
        raise Unreadable(
            path,
            f"it is a FIFO (a named pipe), which keeps nothing, and {names} must be kept in it; nothing was changed",
            hint=f"add {names} to where your password manager keeps the file, or put a file in the place of the FIFO",
        )


def _argument(path: Path) -> int:
    """The file, or what the shell has opened already: a pipe that is opened anew does not know whether it has ended."""
    already = _OPEN_FILE.fullmatch("/dev/fd/0" if str(path) == "/dev/stdin" else str(path))
    try:
        kind = path.stat().st_mode
        if already and stat.S_ISFIFO(kind):
            return os.dup(int(already[1]))
        if not stat.S_ISFIFO(kind):
            return reading.descriptor(path, None)
        return os.open(path, reading.FLAGS)
    except Unreadable:
        raise
    except (OSError, ValueError) as error:
        raise reading.refused(path, error) from error


def _drain(handle: int, path: Path, limit: int) -> bytes:
    blocking = os.get_blocking(handle)  # of a pipe of the shell it is the shell's, too
    os.set_blocking(handle, False)
    try:
        return b"".join(_pieces(handle, path, limit))
    finally:
        os.set_blocking(handle, blocking)


def _pieces(handle: int, path: Path, limit: int) -> Iterator[bytes]:
    poller = select.poll()
    poller.register(handle, select.POLLIN)
    patience = _Patience(path)
    size = 0
    while True:
        ended = _hung_up(poller.poll(200))
        piece = _piece(handle)
        if piece:
            size += len(piece)
            if size > limit:
                raise reading.too_large(path, limit)
            yield piece
        elif piece is not None and (ended or patience.written):
            return
        patience.check(piece)


def _hung_up(events: Sequence[tuple[int, int]]) -> bool:
    """Whether the last program that wrote has ended.

    Linux says so only of a FIFO that was opened and closed since; other systems may of one that nobody has opened.
    """
    return sys.platform == "linux" and any(event & select.POLLHUP for _, event in events)


def _piece(handle: int) -> bytes | None:
    """What is in the pipe; b"" when no program has it open to write, None when one has and is silent."""
    try:
        return os.read(handle, reading.PIECE)
    except BlockingIOError:
        return None


class _Patience:
    """How long a pipe was waited for, and whether any program writes into it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._began = self._last = time.monotonic()
        self._announced = False
        self.written = False

    def check(self, piece: bytes | None) -> None:
        """Note what came, and say what is waited for. Raises Unreadable when it has been waited for long enough."""
        now = time.monotonic()
        self._last = now if piece else self._last
        self.written = self.written or piece != b""
        silent = now - self._last
        if silent > (_SILENT if self.written else _UNOPENED) or now - self._began > _LONGEST:
            raise _waited(self._path, now - self._began, written=self.written)
        if silent > 0.5 and not self._announced:
            self._announced = True
            for on_wait in _on_wait:
                on_wait(f"{self._path} is a FIFO (a named pipe): waiting for the program that writes into it")
        if piece == b"":
            time.sleep(0.05)


def _waited(path: Path, seconds: float, *, written: bool) -> Unreadable:
    who = "the program that writes into it did not come to its end" if written else "no program writes into it"
    why = f"it is a FIFO (a named pipe), and {who} (waited {seconds:.0f} s)"
    return Unreadable(path, why, hint="start the program that fills it, then run the command again")
