"""Every failure a user can meet, as one tree.

    DifyKitError            exit 1   the user can act on it
    |-- ConfigError         exit 2   a file of the workspace is wrong; carries all problems at once
    |-- MissingTool         exit 1   git, docker, buildx or compose is absent or too old
    |-- CommandFailed       exit 1   an external program failed; carries argv, code and last lines
    |   |-- TimedOut        exit 1   it did not end in the time it was given
    |   `-- EngineLost      exit 1   no Docker engine answers, or not any more
    |-- PatchConflict       exit 1   a patch does not fit the pinned release
    |-- DirtyTree           exit 1   the work tree holds edits that would be lost
    |-- BuildFailed         exit 1   an image was not built, or lacks what it was built for
    `-- Unhealthy           exit 1   a service did not become healthy
    anything else           exit 3   a bug: crash report in .difykit/logs
    KeyboardInterrupt       exit 130

Exceptions never print and never exit; `difykit.console.boundary` does both, once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class DifyKitError(Exception):
    """What happened, to which thing, and why; `hint` is the next command."""

    exit_code = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


@dataclass(frozen=True)
class Problem:
    """One finding in one file of the workspace; `line` counts from 1, 0 where no line applies."""

    file: str
    line: int
    text: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        return f"{where}: {self.text}"


class ConfigError(DifyKitError):
    """Files of the workspace are wrong; all their problems at once."""

    exit_code = 2

    def __init__(self, problems: Sequence[Problem], *, hint: str = "") -> None:
        super().__init__("\n".join(str(problem) for problem in problems), hint=hint)
        self.problems = tuple(problems)


class MissingTool(DifyKitError):
    """A program that difykit calls is absent or too old."""


class CommandFailed(DifyKitError):
    """An external program ended with a failure."""

    def __init__(self, argv: Sequence[str], code: int, output: str, *, hint: str = "") -> None:
        last = "\n".join(output.strip().splitlines()[-20:])
        super().__init__(f"`{' '.join(argv)}` failed with exit code {code}" + (f":\n{last}" if last else ""), hint=hint)
        self.argv = tuple(argv)
        self.code = code
        self.output = output


class TimedOut(CommandFailed):
    """An external program did not end in the time it was given."""


class EngineLost(CommandFailed):
    """No Docker engine answers, or not any more; `said` is the docker program's line on it."""

    def __init__(self, argv: Sequence[str], code: int, output: str, said: str) -> None:
        super().__init__(argv, code, output, hint="see that it runs: docker info; then run the command again")
        self.message = f"the Docker engine does not answer, or went away meanwhile: {said}"


class PatchConflict(DifyKitError):
    """A patch does not fit the release it is applied to."""


class DirtyTree(DifyKitError):
    """The work tree holds edits that would be lost."""


class BuildFailed(DifyKitError):
    """An image was not built, or lacks what it was built for."""


class Unhealthy(DifyKitError):
    """A service did not become healthy."""
