"""A unit test starts no program: what needs git, Docker, a shell or another Python is a test of another layer."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

STARTS = {
    *("os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "os.system", "pty.spawn"),
    "subprocess.Popen",
}
"""What Python says, to those who listen, before another program starts."""


class Watch:
    """Refuses what starts a program, while a test runs."""

    def __init__(self) -> None:
        self.on = False

    def __call__(self, event: str, args: tuple[object, ...]) -> None:
        if self.on and event in self.starts:
            raise AssertionError(f"a unit test starts a program ({event} {args[:2]}): move it to tests/git")

    starts = frozenset(STARTS)


_watch = Watch()
sys.addaudithook(_watch)  # there is no way to take it back


@pytest.fixture(autouse=True)
def _no_programs() -> Iterator[None]:
    _watch.on = True
    yield
    _watch.on = False
