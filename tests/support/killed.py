"""Work that is killed at its n-th step, in a process of its own: every moment, and each the same again."""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Callable
from typing import Any

EVENTS = {
    "open",
    "os.chmod",
    "os.link",
    "os.mkdir",
    "os.remove",
    "os.rename",
    "os.rmdir",
    "os.symlink",
    "os.truncate",
    "os.utime",
}
"""What Python tells of before it does it; `fsync` is counted beside them."""


def killed_at(number: int, work: Callable[[], object]) -> bool:
    """Do the work in a child that is killed before its step `number`; False where it came to its end first.

    Raises AssertionError where it failed by itself.
    """
    child = os.fork()
    if not child:
        _work(number, work)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return True
    assert os.WEXITSTATUS(status) == 0
    return False


def _work(number: int, work: Callable[[], object]) -> None:
    left = number
    fsync = os.fsync

    def count(event: str, _: object = ()) -> None:
        nonlocal left
        if event in EVENTS:
            if not left:
                os.kill(os.getpid(), signal.SIGKILL)
            left -= 1

    def counted(fd: Any) -> None:
        count("open")
        fsync(fd)

    try:
        sys.addaudithook(count)
        os.fsync = counted
        work()
    except BaseException:  # noqa: BLE001 - it ends here, whatever it was
        traceback.print_exc()
        os._exit(1)
    os._exit(0)
