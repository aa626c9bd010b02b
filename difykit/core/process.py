"""Running external programs: argument lists only, never a shell.

Three kinds, and each call says which:

- one that writes what a lock protects is given the lock (`hold=files.held_locks()`): the kernel keeps it until the last
  that writes has ended, so that whoever comes next waits for it, also where difykit was killed;
- one that may leave a daemon behind (git as it fetches, the docker program, npm) is given none, or the daemon would
  keep the lock for ever;
- `outlive` and `detach` start what goes on when difykit is no more.

All but those end with difykit, also when it is killed (`difykit.core.spawner`), and stay in its session, where ssh and
credential helpers ask for passphrases.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from difykit.core import child_process, redact
from difykit.core.errors import CommandFailed, MissingTool, TimedOut
from difykit.core.running_program import RunningProgram

end_all = child_process.end_all
_LONGEST = 1 << 20  # bytes of a line that are kept while its end is waited for


@dataclass(frozen=True)
class CompletedProgram:
    """What a finished program left: its exit code and both streams as bytes."""

    argv: tuple[str, ...]
    code: int
    stdout: bytes
    stderr: bytes

    @property
    def text(self) -> str:
        return self.stdout.decode("utf-8", "replace")


def run(
    argv: Sequence[str],
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    stdin: bytes = b"",
    check: bool = True,
    timeout: float | None = None,
    hint: str = "",
    hold: Sequence[int] = (),
) -> CompletedProgram:
    """Run a program to its end and return both streams; the open files `hold` are its, too.

    Raises MissingTool when there is no such program, CommandFailed when it fails and `check` is set, TimedOut when
    it takes longer than `timeout` seconds.
    """
    stdout, stderr = bytearray(), bytearray()
    pipe = subprocess.PIPE
    with _running(
        argv, cwd=cwd, env=env, stdin=pipe if stdin else subprocess.DEVNULL, stdout=pipe, stderr=pipe, hold=hold
    ) as program:
        assert program.stdout
        assert program.stderr
        try:
            code = program.talk(stdin, {program.stdout: stdout.extend, program.stderr: stderr.extend}, timeout)
        except TimeoutError as error:
            raise TimedOut(argv, 124, f"no answer within {timeout:.0f} s", hint=hint) from error
    if check and code:
        raise CommandFailed(argv, code, (stderr or stdout).decode("utf-8", "replace"), hint=hint)
    return CompletedProgram(tuple(argv), code, bytes(stdout), bytes(stderr))


def stream(
    argv: Sequence[str],
    on_line: Callable[[str], None],
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    log: Path | None = None,
    check: bool = True,
    meters: bool = True,
) -> int:
    """Run a program, hand on each line of its joined output as it comes, keep all of it in `log`.

    With `meters`, a carriage return ends a line too; a line without an end is handed on in pieces.
    Raises MissingTool when there is no such program, CommandFailed when it fails and `check` is set.
    """
    tail: list[str] = []
    pending = b""
    sink = redact.Sink(log.open("ab", buffering=0), redact.text) if log else None  # also what a killed run heard

    def hear(chunk: bytes) -> None:
        nonlocal pending
        if sink:
            sink.write(chunk)
        *lines, pending = _split(pending + chunk, meters=meters)
        for raw in lines:
            _hand_on(raw, tail, on_line)

    try:
        with _running(argv, cwd=cwd, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as program:
            assert program.stdout
            code = program.talk(b"", {program.stdout: hear}, None)
        _hand_on(pending, tail, on_line)
    finally:
        if sink:
            sink.close()
    if check and code:
        raise CommandFailed(argv, code, "\n".join(tail), hint=f"the whole output is in {log}" if log else "")
    return code


def outlive(
    argv: Sequence[str],
    on_line: Callable[[str], None],
    *,
    log: Path,
    env: Mapping[str, str] | None = None,
    hold: Sequence[int] = (),
) -> None:
    """Run a program that goes on to its end even when this process is killed; ^C and SIGTERM reach it as ^C.

    Its joined output goes to the end of `log`, and each line of it to `on_line`. The open files `hold` are its too: a
    lock on one of them lasts as long as it does.
    Raises MissingTool when there is no such program, CommandFailed when it fails.
    """
    tail: list[str] = []
    try:
        with log.open("ab") as sink, log.open("rb") as source:
            source.seek(0, os.SEEK_END)
            hands = subprocess.Popen(
                list(argv),
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                pass_fds=tuple(hold),
            )
            try:
                _follow(hands, source, lambda raw: _hand_on(raw, tail, on_line))
            except BaseException:
                if hands.returncode is None:
                    os.killpg(hands.pid, signal.SIGINT)
                    hands.wait()
                raise
    except FileNotFoundError as error:
        raise _missing(argv[0], None, error) from error
    if hands.returncode:
        raise CommandFailed(argv, hands.returncode, "\n".join(tail), hint=f"the whole output is in {log}")


def _follow(hands: subprocess.Popen[bytes], source: IO[bytes], hand_on: Callable[[bytes], None]) -> None:
    pending = b""
    while True:
        ended = hands.poll() is not None
        *lines, pending = _split(pending + source.read())
        for raw in lines:
            hand_on(raw)
        if ended:
            hand_on(pending)
            return
        time.sleep(0.05)


def detach(argv: Sequence[str], env: Mapping[str, str]) -> None:
    """Start a program that is no part of this one: in a session of its own, without streams. Raises OSError."""
    nothing = subprocess.DEVNULL
    subprocess.Popen(
        list(argv), env=env, stdin=nothing, stdout=nothing, stderr=nothing, start_new_session=True
    ).returncode = 0  # nobody waits for it


def save(argv: Sequence[str], write: Callable[[bytes], object]) -> None:
    """Run a program and hand its standard output to `write` as it comes.

    Raises MissingTool when there is no such program, CommandFailed when it fails, and whatever `write` raises.
    """
    with tempfile.TemporaryFile() as errors:
        with _running(argv, stdout=subprocess.PIPE, stderr=errors.fileno()) as program:
            assert program.stdout
            code = program.talk(b"", {program.stdout: write}, None)
        errors.seek(0)
        if code:
            raise CommandFailed(argv, code, errors.read().decode("utf-8", "replace"))


@contextmanager
def reading(argv: Sequence[str]) -> Iterator[IO[bytes]]:
    """Run a program and read its standard output in the block; what the block leaves is read to its end.

    Raises MissingTool when there is no such program, CommandFailed when it fails after a block that ended well.
    """
    with _run_checked(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as program:
        assert program.stdout
        yield program.stdout
        while program.stdout.read(1 << 20):
            pass


@contextmanager
def feeding(argv: Sequence[str]) -> Iterator[Callable[[bytes], object]]:
    """Run a program that reads what the block writes; both its output streams are told when it fails.

    Raises MissingTool when there is no such program, CommandFailed when it fails, also in the middle of the block.
    """
    with _run_checked(argv, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as program:
        assert program.stdin
        try:
            yield program.stdin.write
            program.stdin.close()
        except BrokenPipeError:
            program.child.wait()  # it has ended, and says why


@contextmanager
def _run_checked(argv: Sequence[str], *, stdin: int, stdout: int) -> Iterator[RunningProgram]:
    with tempfile.TemporaryFile() as errors:
        failed: Exception | None = None
        with _running(argv, stdin=stdin, stdout=stdout, stderr=errors.fileno()) as program:
            try:
                yield program
                program.child.wait()
            except Exception as error:  # noqa: BLE001 - raised again, unless the program itself says why
                failed = error
                with suppress(TimeoutError):
                    program.child.wait(1)
            ended = program.child.poll()
        if ended:
            errors.seek(0)
            raise CommandFailed(argv, ended, errors.read().decode("utf-8", "replace")) from failed
        if failed:
            raise failed


class Dialogue:
    """A program that answers what it is asked, for as long as nobody closes it. Raises as `run` does."""

    def __init__(self, argv: Sequence[str], *, env: Mapping[str, str] | None = None, hold: Sequence[int] = ()) -> None:
        pipe, quiet = subprocess.PIPE, subprocess.DEVNULL  # what is wrong with an answer, who asked says in our words
        self._program = _running(argv, env=env, stdin=pipe, stdout=pipe, stderr=quiet, hold=hold)
        assert self._program.stdin
        assert self._program.stdout
        self.stdin, self.stdout = self._program.stdin, self._program.stdout

    def close(self) -> None:
        """Let it end."""
        with self._program, suppress(OSError):
            self.stdin.close()
            self._program.child.wait()


def _running(
    argv: Sequence[str],
    *,
    stdin: int = subprocess.DEVNULL,
    stdout: int = subprocess.DEVNULL,
    stderr: int | None = None,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    hold: Sequence[int] = (),
) -> RunningProgram:
    try:
        return RunningProgram(argv, stdin=stdin, stdout=stdout, stderr=stderr, cwd=cwd, env=env, hold=hold)
    except FileNotFoundError as error:
        raise _missing(argv[0], cwd, error) from error


def _split(raw: bytes, *, meters: bool = True) -> list[bytes]:
    lines = (raw.replace(b"\r", b"\n") if meters else raw).split(b"\n")
    return [*lines, b""] if len(lines[-1]) > _LONGEST else lines


def _hand_on(raw: bytes, tail: list[str], on_line: Callable[[str], None]) -> None:
    line = raw.decode("utf-8", "replace").rstrip()
    if line:
        tail.append(line)
        del tail[:-40]
        on_line(line)


def _missing(program: str, cwd: Path | None, error: OSError) -> Exception:
    if cwd is not None and not cwd.is_dir():
        return error
    return MissingTool(f"{program} is not installed", hint=f"install {program} and run the command again")


def is_installed(program: str) -> bool:
    """Whether a program of this name is on PATH."""
    return shutil.which(program) is not None
