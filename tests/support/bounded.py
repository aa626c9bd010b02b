"""A program in a session of its own, which is ended with all its children when they are too many or take too long."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

MOST = 40
PATIENCE = 90


class Bounded(NamedTuple):
    """What a run left: its exit code, its output, how many processes it had at most, and how many outlived it."""

    code: int
    said: str
    peak: int
    left: int


def members(group: int) -> int:
    """How many processes of a group are alive."""
    listed = subprocess.run(["ps", "-A", "-o", "pgid=,stat="], capture_output=True, text=True, check=True).stdout
    rows = [line.split() for line in listed.splitlines()]
    return sum(1 for pgid, stat in rows if int(pgid) == group and not stat.startswith("Z"))


def end(group: int) -> None:
    """End a whole group: it is stopped first, so that it cannot grow while it is ended."""
    for number in (signal.SIGSTOP, signal.SIGKILL, signal.SIGKILL):
        try:
            os.killpg(group, number)
        except ProcessLookupError:
            return


def bounded(*args: str, cwd: Path, env: Mapping[str, str] | None = None, interrupt_at: str = "") -> Bounded:
    """Run `difykit ARGS`; ^C for the whole group once it says `interrupt_at`."""
    log = cwd.parent / f"{cwd.name}.said"
    with log.open("wb") as sink:
        child = subprocess.Popen(
            [sys.executable, "-m", "difykit", *args],
            cwd=cwd,
            env={**os.environ, **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=sink,
            start_new_session=True,
        )
        try:
            peak = _watch(child, log, interrupt_at)
            left = members(child.pid)
        finally:
            end(child.pid)
            child.wait()
    return Bounded(child.returncode, log.read_text("utf-8", "replace"), peak, left)


def _watch(child: subprocess.Popen[bytes], log: Path, interrupt_at: str) -> int:
    peak, end_at = 0, time.monotonic() + PATIENCE
    while child.poll() is None:
        peak = max(peak, members(child.pid))
        if peak > MOST or time.monotonic() > end_at:
            return peak
        if interrupt_at and interrupt_at in log.read_text("utf-8", "replace"):
            os.killpg(child.pid, signal.SIGINT)
            interrupt_at = ""
        time.sleep(0.02)
    return peak
