"""Running external programs: argument lists only, never a shell."""

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

from difykit import redact
from difykit.errors import CommandFailed, MissingTool, TimedOut


@dataclass(frozen=True)
class Completed:
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
) -> Completed:
    """Run a program to its end and return both streams.

    Raises MissingTool when there is no such program, CommandFailed when it fails and `check` is set, TimedOut when
    it takes longer than `timeout` seconds.
    """
    try:
        done = subprocess.run(
            list(argv), cwd=cwd, env=env, input=stdin, capture_output=True, check=False, timeout=timeout
        )
    except FileNotFoundError as error:
        raise _missing(argv[0], cwd, error) from error
    except subprocess.TimeoutExpired as error:
        raise TimedOut(argv, 124, f"no answer within {timeout:.0f} s", hint=hint) from error
    if check and done.returncode:
        output = (done.stderr or done.stdout).decode("utf-8", "replace")
        raise CommandFailed(argv, done.returncode, output, hint=hint)
    return Completed(tuple(argv), done.returncode, done.stdout, done.stderr)


def stream(
    argv: Sequence[str],
    on_line: Callable[[str], None],
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    log: Path | None = None,
    check: bool = True,
) -> int:
    """Run a program, hand on each line of its joined output as it comes, keep all of it in `log`.

    A carriage return ends a line too, since progress meters use it.
    Raises MissingTool when there is no such program, CommandFailed when it fails and `check` is set.
    """
    tail: list[str] = []
    # Unbuffered, so that also what a killed run heard is kept.
    sink = redact.Sink(log.open("ab", buffering=0), redact.text) if log else None
    try:
        with subprocess.Popen(
            list(argv), cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        ) as child:
            assert child.stdout is not None
            pending = b""
            while chunk := os.read(child.stdout.fileno(), 65536):
                if sink:
                    sink.write(chunk)
                *lines, pending = (pending + chunk).replace(b"\r", b"\n").split(b"\n")
                for raw in lines:
                    _hand_on(raw, tail, on_line)
            _hand_on(pending, tail, on_line)
        code = child.returncode
    except FileNotFoundError as error:
        raise _missing(argv[0], cwd, error) from error
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
    """Run a program that goes on to its end even when this process is killed; ^C reaches it as its own ^C.

    Its joined output goes to the end of `log`, and each line of it to `on_line`. The open files `hold` are its too: a
    lock on one of them lasts as long as it does.
    Raises MissingTool when there is no such program, CommandFailed when it fails.
    """
    tail: list[str] = []
    try:
        with log.open("ab") as sink, log.open("rb") as source:
            source.seek(0, os.SEEK_END)
            child = subprocess.Popen(
                list(argv),
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                pass_fds=tuple(hold),
            )
            try:
                _follow(child, source, lambda raw: _hand_on(raw, tail, on_line))
            except BaseException:
                os.killpg(child.pid, signal.SIGINT)
                child.wait()
                raise
    except FileNotFoundError as error:
        raise _missing(argv[0], None, error) from error
    if child.returncode:
        raise CommandFailed(argv, child.returncode, "\n".join(tail), hint=f"the whole output is in {log}")


def _follow(child: subprocess.Popen[bytes], source: IO[bytes], hand_on: Callable[[bytes], None]) -> None:
    pending = b""
    while True:
        ended = child.poll() is not None
        *lines, pending = (pending + source.read()).replace(b"\r", b"\n").split(b"\n")
        for raw in lines:
            hand_on(raw)
        if ended:
            hand_on(pending)
            return
        time.sleep(0.05)


def save(argv: Sequence[str], write: Callable[[bytes], object]) -> None:
    """Run a program and hand its standard output to `write` as it comes.

    Raises MissingTool when there is no such program, CommandFailed when it fails, and whatever `write` raises.
    """
    with tempfile.TemporaryFile() as said:
        try:
            child = subprocess.Popen(list(argv), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=said)
        except FileNotFoundError as error:
            raise _missing(argv[0], None, error) from error
        with child:
            assert child.stdout is not None
            try:
                while chunk := os.read(child.stdout.fileno(), 1 << 20):
                    write(chunk)
            except BaseException:
                child.kill()
                raise
        said.seek(0)
        if child.returncode:
            raise CommandFailed(argv, child.returncode, said.read().decode("utf-8", "replace"))


@contextmanager
def reading(argv: Sequence[str]) -> Iterator[IO[bytes]]:
    """Run a program and read its standard output in the block; what the block leaves is read to its end.

    Raises MissingTool when there is no such program, CommandFailed when it fails after a block that ended well.
    """
    with _held(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        yield child.stdout
        while child.stdout.read(1 << 20):
            pass


@contextmanager
def feeding(argv: Sequence[str]) -> Iterator[Callable[[bytes], object]]:
    """Run a program that reads what the block writes; both its output streams are told when it fails.

    Raises MissingTool when there is no such program, CommandFailed when it fails, also in the middle of the block.
    """
    with _held(argv, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as child:
        assert child.stdin is not None
        try:
            yield child.stdin.write
            child.stdin.close()
        except BrokenPipeError:
            child.wait()  # it has ended, and says why


@contextmanager
def _held(argv: Sequence[str], *, stdin: int, stdout: int) -> Iterator[subprocess.Popen[bytes]]:
    with tempfile.TemporaryFile() as said:
        try:
            child = subprocess.Popen(list(argv), stdin=stdin, stdout=stdout, stderr=said)
        except FileNotFoundError as error:
            raise _missing(argv[0], None, error) from error
        failed: Exception | None = None
        try:
            yield child
            child.wait()
        except Exception as error:  # noqa: BLE001 - raised again, unless the program itself says why
            failed = error
            with suppress(subprocess.TimeoutExpired):
                child.wait(1)
        finally:
            ended = child.poll()
            child.kill()
            for pipe in (child.stdin, child.stdout):
                with suppress(OSError):
                    _ = pipe and pipe.close()
            child.wait()
        if ended:
            said.seek(0)
            raise CommandFailed(argv, ended, said.read().decode("utf-8", "replace")) from failed
        if failed:
            raise failed


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


def found(program: str) -> bool:
    """Whether a program of this name is on PATH."""
    return shutil.which(program) is not None
