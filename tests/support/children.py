"""Servers that a test starts: on loopback, their output kept in a file, ended by their id whatever happens."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

PATIENCE = 180.0


@contextmanager
def running(
    argv: Sequence[str],
    ready: Callable[[], bool],
    *,
    log: Path,
    env: Mapping[str, str],
    cwd: Path,
    user: str | None = None,
    stop: signal.Signals = signal.SIGTERM,
) -> Iterator[None]:
    """A server that is ready to answer; raises RuntimeError with the end of its output when it does not get there."""
    # The kernel ends it even when pytest itself is killed; a change of user would take that back, so it is made first.
    guarded = [*as_user(user), "--pdeathsig", stop.name.removeprefix("SIG"), *argv]
    with (
        log.open("wb") as sink,
        subprocess.Popen(
            guarded,
            cwd=cwd,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        ) as child,
    ):
        try:
            _wait(child, ready, log)
            yield
        finally:
            _end(child, stop)


def as_user(name: str | None) -> list[str]:
    """What runs the program behind it as another user, or as this one."""
    return ["setpriv", *([f"--reuid={name}", f"--regid={name}", "--init-groups"] if name else [])]


def _wait(child: subprocess.Popen[bytes], ready: Callable[[], bool], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while not ready():
        if child.poll() is not None or time.monotonic() > deadline:
            ended = "is not ready" if child.returncode is None else f"ended with {child.returncode}"
            raise RuntimeError(f"{child.args!r} {ended}:\n{log.read_text('utf-8', 'replace')[-4000:]}")
        time.sleep(0.1)


def _end(child: subprocess.Popen[bytes], stop: signal.Signals) -> None:
    child.send_signal(stop)
    with suppress(subprocess.TimeoutExpired):
        child.wait(30)
    with suppress(ProcessLookupError):  # its workers, if it did not see to them
        os.killpg(child.pid, signal.SIGKILL)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def listens(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        return False
