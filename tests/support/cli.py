"""The program: in this process, where that is enough, or as a user starts it."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from difykit.__main__ import program


class Ran(NamedTuple):
    """What a run left: its exit code and both streams."""

    code: int
    out: str
    err: str


def inv(*args: str, cwd: Path) -> Ran:
    """Run `difykit ARGS` in this process, with `cwd` as its folder."""
    out, err = io.StringIO(), io.StringIO()
    code: object = 0
    with contextlib.chdir(cwd), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            program.run(["difykit", *args])
        except SystemExit as left:
            code = left.code or 0
    assert isinstance(code, int)
    return Ran(code, out.getvalue(), err.getvalue())


def difykit(*args: str, cwd: Path, env: Mapping[str, str] | None = None, umask: int = -1) -> Ran:
    """Run `python -m difykit ARGS` as a process of its own, with `env` on top of the test's."""
    done = subprocess.run(
        [sys.executable, "-m", "difykit", *args],
        cwd=cwd,
        env={**os.environ, **(env or {})},
        umask=umask,
        capture_output=True,
        text=True,
        check=False,
    )
    return Ran(done.returncode, done.stdout, done.stderr)
