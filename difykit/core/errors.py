"""Every failure a user can meet, as one tree.

    DifyKitError            exit 1   the user can act on it
    |-- ConfigError         exit 2   a file of the workspace is wrong; carries all problems at once
    |-- MissingTool         exit 1   git, docker, buildx or compose is absent or too old
    |-- CommandFailed       exit 1   an external program failed; carries argv, code and last lines
    |   |-- TimedOut        exit 1   it did not end in the time it was given
    |   `-- EngineLost      exit 1   no Docker engine answers, or not any more
    |-- UsageError          exit 2   the command line has a word or a flag that there is not
    |-- PatchConflict       exit 1   a patch does not fit the pinned release
    |-- DirtyTree           exit 1   the work tree holds edits that would be lost
    |-- Unreadable          exit 1   a file is not there, is no file, may not be read, or is too large; an OSError too
    |-- NoRelease           exit 1   the upstream has no release of the name that was given
    |-- Damaged             exit 1   something below .difykit is broken or gone
    |-- BuildFailed         exit 1   an image was not built, or lacks what it was built for
    `-- Unhealthy           exit 1   a service did not become healthy
    anything else           exit 3   a bug: crash report in .difykit/logs
    KeyboardInterrupt       exit 130
    `-- Terminated          exit 143   SIGTERM, as clean as ^C; 129 for SIGHUP, a terminal that was closed

Exceptions never print and never exit; `difykit.cli.screen.boundary` does both, once.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

SHOWN = 200
"""How many characters of a user's text a message repeats: enough to know it again, and a message stays one."""


_LINE = 1000
"""How long a line of a message may be, whatever is repeated in it."""
_MOST = 100
"""Of more problems than that nobody reads all: those of one file are mostly of one cause."""


def shortened(text: str, most: int = SHOWN) -> str:
    """The text, cut after so many characters, with an ellipsis where it was."""
    return text if len(text) <= most else f"{text[:most]}…"


def bounded(text: str) -> str:
    """The text with no line longer than a message's may be: of a name or a path nobody needs more."""
    return "\n".join(shortened(line, _LINE) for line in text.split("\n"))


def in_line(names: Sequence[object], most: int) -> str:
    """The first of the names, and how many more there are."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(map(str, names[:most])) + more


def in_rows(names: Sequence[object], most: int) -> str:
    """The same with a line for each, which begins it."""
    more = f"\n  and {len(names) - most} more" if len(names) > most else ""
    return "".join(f"\n  {name}" for name in names[:most]) + more


def visible(text: str) -> str:
    """The text with bytes that are not UTF-8, as names of files may hold them, spelled out: JSON takes it then."""
    try:
        return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    except UnicodeEncodeError:  # half a character that no file's name gave
        return text.encode("utf-8", "backslashreplace").decode("utf-8")


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
        location = f"{self.file}:{self.line}" if self.line else self.file
        return bounded(f"{location}: {self.text}")


class ConfigError(DifyKitError):
    """Files of the workspace are wrong; all their problems at once."""

    exit_code = 2

    def __init__(self, problems: Sequence[Problem], *, hint: str = "") -> None:
        remainder = [f"and {len(problems) - _MOST} more problems"] if len(problems) > _MOST else []
        super().__init__("\n".join([*map(str, problems[:_MOST]), *remainder]), hint=hint)
        self.problems = tuple(problems)


class UsageError(DifyKitError):
    """The command line has a word or a flag that there is not, or lacks one."""

    exit_code = 2


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

    def __init__(self, argv: Sequence[str], code: int, output: str, reason: str) -> None:
        super().__init__(argv, code, output, hint="see that it runs: docker info; then run the command again")
        self.message = f"the Docker engine does not answer, or went away meanwhile: {reason}"


class NoRelease(DifyKitError):
    """The upstream has no release of a name."""


class PatchConflict(DifyKitError):
    """A patch does not fit the release it is applied to."""


class Unreadable(DifyKitError, OSError):
    """A file that cannot be read; `strerror` is why, as in any OSError, so that whoever expects one is told as well."""

    def __init__(self, path: object, why: str, *, hint: str = "", number: int = errno.EINVAL) -> None:
        super().__init__(f"{path} cannot be read: {why}", hint=hint)
        self.errno = number
        self.strerror = why
        self.filename = str(path)

    def __str__(self) -> str:
        return self.message


class NotThere(Unreadable, FileNotFoundError):
    """There is nothing of that name, not even a link."""

    def __init__(self, path: object) -> None:
        super().__init__(path, os.strerror(errno.ENOENT), hint=f"see where it is: ls -l {path}", number=errno.ENOENT)


class IsFolder(Unreadable, IsADirectoryError):
    """There is a folder of that name."""


class DirtyTree(DifyKitError):
    """The work tree holds edits that would be lost."""


class Damaged(DifyKitError):
    """Something below `.difykit` is broken or gone, so that it cannot be read."""


class BuildFailed(DifyKitError):
    """An image was not built, or lacks what it was built for."""


class Terminated(KeyboardInterrupt):
    """The process was asked to end, by the signal `number`."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


class Unhealthy(DifyKitError):
    """A service did not become healthy."""


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """An OSError of the block that names no file, as those of writing are, is one of this path."""
    try:
        yield
    except OSError as error:
        if error.filename is None:
            error.filename = str(path)
        raise
