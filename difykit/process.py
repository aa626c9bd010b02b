"""Running external programs: argument lists only, never a shell."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from difykit.errors import CommandFailed, MissingTool


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

    Raises MissingTool when there is no such program, CommandFailed when it fails and `check` is set.
    """
    try:
        done = subprocess.run(
            list(argv), cwd=cwd, env=env, input=stdin, capture_output=True, check=False, timeout=timeout
        )
    except FileNotFoundError as error:
        raise _missing(argv[0], cwd, error) from error
    except subprocess.TimeoutExpired as error:
        raise CommandFailed(argv, 124, f"no answer within {timeout:.0f} s", hint=hint) from error
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
    sink = log.open("ab") if log else None
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


def free_port() -> int:
    """A port of loopback that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def found(program: str) -> bool:
    """Whether a program of this name is on PATH."""
    return shutil.which(program) is not None
