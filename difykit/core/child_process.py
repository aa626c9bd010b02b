"""Programs that end with this process, whatever ends it: started through `difykit.core.spawner`, their parent."""

from __future__ import annotations

import atexit
import errno
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

_PROGRAM = Path(__file__).with_name("spawner.py")
_LOST = -int(signal.SIGKILL)


class Child:
    """A running program. Who lets go of it ends it, and what it started: nothing is left behind by a lost object."""

    def __init__(self, name: str, channel: socket.socket) -> None:
        self._name = name
        self._channel = channel
        self._received = b""
        self.returncode: int | None = None

    def __del__(self) -> None:
        self._channel.close()

    def fileno(self) -> int:
        """For `select`: readable once it has ended."""
        return self._channel.fileno()

    def poll(self) -> int | None:
        """Its exit code, None while it runs; minus the number of the signal that ended it."""
        with suppress(TimeoutError):
            self.wait(0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Its exit code, once it has ended.

        Raises TimeoutError when it runs on for `timeout` seconds, OSError when it could not be started.
        """
        if self.returncode is None:
            line = self._line(timeout)
            self.returncode = _LOST if not line or line.startswith(b"!") else int(line)
            self._channel.close()
            if line.startswith(b"!"):
                raise OSError(int(line[1:]), os.strerror(int(line[1:])), self._name)
        return self.returncode

    def end(self) -> None:
        """Ask it to end, and make it in a few seconds; what it started ends with it."""
        with suppress(OSError):
            self._channel.shutdown(socket.SHUT_WR)

    def _line(self, timeout: float | None) -> bytes:
        """The next line that the spawner says; b"" when there is no spawner any more."""
        until = None if timeout is None else time.monotonic() + timeout
        while b"\n" not in self._received:
            if until is not None and not _readable(self._channel, max(0.0, until - time.monotonic())):
                raise TimeoutError
            try:
                part = self._channel.recv(64)
            except ConnectionError:
                part = b""
            if not part:
                return b""
            self._received += part
        line, _, self._received = self._received.partition(b"\n")
        return line


def _readable(channel: socket.socket, seconds: float) -> bool:
    poll = select.poll()
    poll.register(channel, select.POLLIN)
    return bool(poll.poll(seconds * 1000))


class _Spawners:
    """The one spawner of this process; another where it was lost, or where this process is a fork of that one."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._owner = 0
        self._orders: socket.socket | None = None
        self._is_cut_off = False  # by ^C in the middle of an order: what follows would be read as its rest
        self.pid = 0

    def send(self, payload: bytes, fds: Sequence[int]) -> None:
        with self._lock:
            try:
                self._send(payload, fds)
            except (BrokenPipeError, ConnectionError):
                self._owner = 0
                self._send(payload, fds)

    def _send(self, payload: bytes, fds: Sequence[int]) -> None:
        if self._owner != os.getpid() or self._is_cut_off:
            self._start()
        assert self._orders
        self._is_cut_off = True
        try:
            socket.send_fds(self._orders, [len(payload).to_bytes(4, "big")], fds)
            self._orders.sendall(payload)
        except BaseException:
            self.close()
            raise
        self._is_cut_off = False

    def _start(self) -> None:
        parent_end, child_end = socket.socketpair()
        with child_end:
            argv = [sys.executable, "-I", "-S", str(_PROGRAM)]
            spawner = subprocess.Popen(
                argv, stdin=child_end.fileno(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
        spawner.returncode = 0  # it ends by itself, once this process is no more
        self.close()
        self._orders, self._owner, self.pid = parent_end, os.getpid(), spawner.pid

    def close(self) -> None:
        """Let the spawner end, once all that it runs has."""
        if self._orders:
            self._orders.close()

    def end_all(self) -> None:
        """Ask all that runs to end. From a signal handler, too: nothing is waited for."""
        if self._owner == os.getpid():
            with suppress(OSError):
                os.kill(self.pid, signal.SIGTERM)


_spawners = _Spawners()
atexit.register(_spawners.close)


def end_all() -> None:
    """Ask every program that this process runs to end."""
    _spawners.end_all()


def start(
    argv: Sequence[str],
    *,
    stdin: int,
    stdout: int,
    stderr: int,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    hold: Sequence[int] = (),
) -> Child:
    """Start a program with these streams. The open files `hold` are its, too, and what it starts has them as well.

    Raises FileNotFoundError when there is no such program or folder. That it cannot be started for another reason,
    `Child.wait` raises: nobody waits for the spawner here.
    """
    env = os.environ if env is None else env
    folder = os.fspath(cwd or _current_folder())
    if not Path(folder).is_dir():
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), folder)
    program = shutil.which(argv[0], path=env.get("PATH", os.defpath))
    if program is None:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), argv[0])
    settings = [f"{key}={value}" for key, value in env.items()]
    texts = [str(Path(folder, program)), folder, str(len(argv)), *argv, *settings]
    if any("\0" in text for text in texts):
        raise ValueError("embedded null byte")
    parent_end, child_end = socket.socketpair()
    child = Child(argv[0], parent_end)
    with child_end:
        payload = "\0".join(texts).encode("utf-8", "surrogateescape")
        _spawners.send(payload, [child_end.fileno(), stdin, stdout, stderr, *hold])
    return child


def _current_folder() -> str:
    try:
        return str(Path.cwd())
    except FileNotFoundError:
        return "/"
