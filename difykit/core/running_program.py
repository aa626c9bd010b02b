"""A program that runs, and the conversation with it through its pipes."""

from __future__ import annotations

import os
import selectors
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from difykit.core.child_process import start

_LINGER = 0.5  # a daemon may keep the output of a program that has ended


class RunningProgram:
    """A program that runs, and our ends of its pipes; when the block ends before it does, it is ended."""

    def __init__(
        self,
        argv: Sequence[str],
        *,
        stdin: int,
        stdout: int,
        stderr: int | None,
        cwd: Path | None,
        env: Mapping[str, str] | None,
        hold: Sequence[int],
    ) -> None:
        self._ours: list[IO[bytes]] = []
        with ExitStack() as child_ends:
            reads, self.stdin = self._end(stdin, child_ends, "wb")
            writes, self.stdout = self._end(stdout, child_ends, "rb")
            errors, self.stderr = (writes, None) if stderr == subprocess.STDOUT else self._end(stderr, child_ends, "rb")
            try:
                self.child = start(argv, stdin=reads, stdout=writes, stderr=errors, cwd=cwd, env=env, hold=hold)
            except BaseException:
                self._close()
                raise

    def _end(self, stream: int | None, child_ends: ExitStack, mode: str) -> tuple[int, IO[bytes] | None]:
        """The program's end of a stream, and ours where it is a pipe."""
        if stream == subprocess.PIPE:
            reading, writing = os.pipe()
            child_end, parent_end = (reading, writing) if mode == "wb" else (writing, reading)
            child_ends.callback(os.close, child_end)
            file = os.fdopen(parent_end, mode)
            self._ours.append(file)
            return child_end, file
        if stream == subprocess.DEVNULL:
            nothing = os.open(os.devnull, os.O_RDWR)
            child_ends.callback(os.close, nothing)
            return nothing, None
        return (2 if stream is None else stream), None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if kind or self.child.poll() is None:
            self.child.end()
        self._close()
        self.child.wait()

    def _close(self) -> None:
        for file in self._ours:
            with suppress(OSError):
                file.close()

    def talk(self, data: bytes, hear: Mapping[IO[bytes], Callable[[bytes], object]], timeout: float | None) -> int:
        """Write `data`, hand on what the program says, and return its exit code. Raises TimeoutError."""
        until = None if timeout is None else time.monotonic() + timeout
        with selectors.DefaultSelector() as ready:
            ready.register(self.child, selectors.EVENT_READ, self._heard_of_its_end)
            for file, handed in hear.items():
                ready.register(file, selectors.EVENT_READ, _reader(file, handed))
            if self.stdin:
                ready.register(self.stdin, selectors.EVENT_WRITE, _writer(self.stdin, data))
            while ready.get_map():
                ended = self.child.returncode is not None
                patience = _LINGER if ended else None if until is None else max(0.0, until - time.monotonic())
                events = ready.select(patience)
                if not events and not ended:
                    raise TimeoutError
                if not events:
                    break
                for key, _ in events:
                    if not key.data():
                        ready.unregister(key.fileobj)
                        if key.fileobj is self.stdin:
                            self.stdin.close()
        return self.child.wait()

    def _heard_of_its_end(self) -> bool:
        self.child.wait()
        return False


def _reader(file: IO[bytes], hear: Callable[[bytes], object]) -> Callable[[], bool]:
    def read() -> bool:
        part = os.read(file.fileno(), 1 << 20)
        if part:
            hear(part)
        return bool(part)

    return read


def _writer(file: IO[bytes], data: bytes) -> Callable[[], bool]:
    remaining = memoryview(data)
    os.set_blocking(file.fileno(), False)

    def write() -> bool:
        nonlocal remaining
        try:
            remaining = remaining[os.write(file.fileno(), remaining[: 1 << 20]) :]
        except BlockingIOError:
            return True
        except BrokenPipeError:
            remaining = remaining[:0]  # it does not read on: its exit code says what that means
        return bool(remaining)

    return write
