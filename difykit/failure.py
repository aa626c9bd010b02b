"""What an exception of Python's own says to a user; what says nothing to a user is a bug."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass

from difykit.errors import DifyKitError

AGAIN = "mend it and run the command again"
_MEANS = {
    errno.ENOSPC: ("there is no space left on the disk", "make room there (df -h; df -i), then run the command again"),
    errno.EDQUOT: ("your disk quota is used up", "make room there, then run the command again"),
    errno.EROFS: ("the file system is read-only", AGAIN),
    errno.EIO: ("the disk or its file system reports an error", "see what the kernel says: dmesg"),
    errno.ELOOP: ("a link there leads in a circle", "put what it should lead to in its place"),
    errno.ENAMETOOLONG: ("the name is longer than the file system allows", "give it a shorter name"),
    errno.E2BIG: ("a name or value is longer than a program can be given", "give a shorter one"),
    errno.EMFILE: ("too many files are open", "allow more: ulimit -n 4096; then run the command again"),
    errno.ENFILE: ("too many files are open on this machine", "end other programs, then run the command again"),
}


@dataclass(frozen=True)
class Failure:
    """What happened, and the next command."""

    message: str
    hint: str


_TOO_MUCH = {
    MemoryError: Failure(
        "there is not enough memory for this", "end other programs, or leave large files out, then run it again"
    ),
}


def explain(error: BaseException) -> Failure | None:
    """What an exception that is no DifyKitError means; None for one that only a bug raises."""
    if isinstance(error, OSError):
        return _of_system(error)
    for kind, failure in _TOO_MUCH.items():
        if isinstance(error, kind):
            return failure
    if isinstance(error, ImportError) and (error.name or "").partition(".")[0] != "difykit":
        return unusable(error)
    if isinstance(error, UnicodeEncodeError):
        return Failure(
            f"this locale ({sys.getfilesystemencoding()}) has no {error.object[error.start : error.end]!a}",
            "use one that has all characters: LC_ALL=C.UTF-8, or PYTHONUTF8=1",
        )
    if isinstance(error, RuntimeError) and str(error).startswith("Symlink loop"):
        place = str(error).removeprefix("Symlink loop from ").strip("'")
        return Failure(f"{place}: {_MEANS[errno.ELOOP][0]}", _MEANS[errno.ELOOP][1])
    return None


def unusable(error: BaseException) -> Failure:
    """What difykit is made of is missing, broken, or made for another machine or Python."""
    what = f"{error.name} is missing or broken" if isinstance(error, ImportError) and error.name else "it is not whole"
    return Failure(
        f"difykit cannot run: {what} ({type(error).__name__}: {_first_line(error)})",
        f"install it anew for this Python ({sys.executable}), in an environment of its own",
    )


def told(work: Callable[[], int], tell: Callable[[str], None]) -> int:
    """Do the work of a program of difykit's own that has no screen: its exit code, and in one line why it failed."""
    try:
        return work()
    except DifyKitError as error:
        tell(error.message.splitlines()[0])
        return 1
    except Exception as error:  # noqa: BLE001 - as in the boundary
        failure = explain(error)
        tell(failure.message if failure else f"this is a bug in difykit: {type(error).__name__}: {_first_line(error)}")
        return 1 if failure else 3


def _of_system(error: OSError) -> Failure:
    means, hint = _MEANS.get(error.errno or 0, ("", f"{AGAIN}; nothing is half done"))
    means = means or str(error.strerror or _first_line(error))
    names = [os.fsdecode(name) for name in (error.filename, error.filename2) if isinstance(name, str | bytes)]
    if error.errno == errno.ENOENT and not "".join(names).startswith("/") and _homeless():
        return Failure("the folder that you are in is not there any more", "go to the workspace: cd; then again")
    return Failure(f"{' -> '.join(names)}: {means}" if names else means, hint)


def _homeless() -> bool:
    try:
        os.getcwd()  # noqa: PTH109 - Path.cwd() is the same, and pathlib is not needed for a question
    except OSError:
        return True
    return False


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
