"""A unit test starts no program: what needs git, Docker, a shell or another Python is a test of another layer."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

STARTS = {"os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "os.system", "pty.spawn", "subprocess.Popen"}
_watched = [False]


def _refuse(event: str, args: tuple[object, ...]) -> None:
    if _watched[0] and event in STARTS:
        raise AssertionError(f"a unit test starts a program ({event} {args[:2]}): move it to tests/git")


sys.addaudithook(_refuse)  # there is no way to take it back


@pytest.fixture(autouse=True)
def _no_programs() -> Iterator[None]:
    _watched[0] = True
    yield
    _watched[0] = False
