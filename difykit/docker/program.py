"""The docker program: an engine that it cannot reach is said in words, not as a command line."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from difykit.core import process
from difykit.core.errors import CommandFailed, EngineLost, TimedOut
from difykit.docker.config import check_config

# The last two are BuildKit's, cut off before it builds and while it does.
_LOST = re.compile(
    r"(cannot connect to the docker daemon.*|error during connect.*|listing workers for build: .*"
    r"|failed to receive status: rpc error.*)",
    re.IGNORECASE,
)


def run(
    args: Sequence[str],
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    stdin: bytes = b"",
    check: bool = True,
    timeout: float | None = None,
) -> process.CompletedProgram:
    """Run `docker ARGS` to its end.

    Raises EngineLost when no engine answers and `check` is set, else as `process.run` does.
    """
    with _in_words():
        return process.run(["docker", *args], cwd=cwd, env=env, stdin=stdin, check=check, timeout=timeout)


def stream(
    args: Sequence[str],
    on_line: Callable[[str], None],
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    log: Path | None = None,
    meters: bool = True,
) -> None:
    """Run `docker ARGS`, hand on its lines. Raises EngineLost when the engine goes away, else as `process.stream`."""
    with _in_words():
        process.stream(["docker", *args], on_line, cwd=cwd, env=env, log=log, meters=meters)


def save(args: Sequence[str], write: Callable[[bytes], object]) -> None:
    """Run `docker ARGS` and hand what it prints to `write`. Raises as `stream` does, and whatever `write` raises."""
    with _in_words():
        process.save(["docker", *args], write)


@contextmanager
def reading(args: Sequence[str]) -> Iterator[IO[bytes]]:
    """Run `docker ARGS` and read what it prints in the block. Raises as `stream` does."""
    with _in_words(), process.reading(["docker", *args]) as source:
        yield source


@contextmanager
def feeding(args: Sequence[str]) -> Iterator[Callable[[bytes], object]]:
    """Run `docker ARGS`, which reads what the block writes. Raises as `stream` does."""
    with _in_words(), process.feeding(["docker", *args]) as write:
        yield write


@contextmanager
def _in_words() -> Iterator[None]:
    check_config()
    try:
        yield
    except TimedOut:
        raise
    except CommandFailed as error:
        if lost := _LOST.search(error.output):
            raise EngineLost(error.argv, error.code, error.output, lost[1]) from error
        raise
