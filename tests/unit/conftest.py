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


_on = [False]


def _watch(event: str, args: tuple[object, ...], starts: frozenset[str] = frozenset(STARTS)) -> None:
    """Refuses what starts a program, while a test runs."""
    if event in starts and _on[0]:
        raise AssertionError(f"a unit test starts a program ({event} {args[:2]}): move it to tests/git")


sys.addaudithook(_watch)  # there is no way to take it back; it is called for every file that is opened


@pytest.fixture(autouse=True)
def _no_programs() -> Iterator[None]:
    _on[0] = True
    yield
    _on[0] = False
