"""The three standard streams as whoever started this process left them, made fit to use.

A closed one leads to /dev/null, as git does it, or the next file that is opened would take its number. What an encoding
cannot show is written as an escape. It imports nothing that may be missing: it says so when something is.
"""

from __future__ import annotations

import os
import select
import sys
from contextlib import suppress

SIGPIPE = 141
"""The exit code when the reader went away, as in `difykit --help | head -1`: 128 + 13, what a shell shows for git,
cat or grep then, so that a script with `pipefail` needs no other rule for difykit."""


def prepare() -> None:
    """Make the streams fit to use; done twice, it is done once."""
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            null = os.open(os.devnull, os.O_RDWR)  # the lowest number that is free: this one
            os.set_inheritable(null, True)  # noqa: FBT003 - it has no name
    # Python has no stream where it found none open.
    sys.stdin = sys.stdin or os.fdopen(0, "r", encoding="utf-8", errors="replace")
    sys.stdout = sys.stdout or os.fdopen(1, "w", encoding="utf-8")
    sys.stderr = sys.stderr or os.fdopen(2, "w", encoding="utf-8")
    for stream in (sys.stdout, sys.stderr):
        if reconfigure := getattr(stream, "reconfigure", None):
            reconfigure(errors="backslashreplace")


def shows(stream: object) -> bool:
    """Whether a stream can show every character."""
    return str(getattr(stream, "encoding", None) or "utf-8").lower().replace("-", "").startswith("utf")


def reader_gone() -> bool:
    """Whether nobody reads standard output or standard error any more."""
    return any(_broken(number) for number in (1, 2))


def _broken(number: int) -> bool:
    poller = select.poll()
    poller.register(number, 0)
    try:
        return any(event & (select.POLLERR | select.POLLHUP) for _, event in poller.poll(0))
    except OSError:
        return False


def write(text: str) -> None:
    """Write on standard output, to its end. Raises OSError, which names the stream."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except OSError as error:
        raise OSError(error.errno, error.strerror, "standard output") from error


def give_up() -> None:
    """Send what is left for a stream that takes no more to /dev/null, or Python complains once more at its end."""
    for number, stream in ((1, sys.stdout), (2, sys.stderr)):
        try:
            stream.flush()
        except (OSError, ValueError):
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, number)
            os.close(null)


def say(word: str, text: str) -> None:
    """A line on standard error, by nothing but Python itself; never raises."""
    with suppress(OSError, ValueError):
        sys.stderr.write(f"{word:>4} {text}\n")
        sys.stderr.flush()
