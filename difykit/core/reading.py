"""The door by which every file is opened: it asks what a path leads to before it reads, and reads to a bound.

`difykit.core.files` hands it on; `difykit.core.fifos` reads the FIFOs that a user means.
"""

from __future__ import annotations

import errno
import json
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from difykit.core.errors import IsFolder, NotThere, Unreadable

TEXT = 4 << 20
"""What people write by hand, and what Dify ships of that kind: its largest such file has some 100 KiB."""
STATE = 64 << 20
"""JSON that difykit writes: a bundle of 200,000 files is noted in as much."""
PATCH = 64 << 20
"""A patch: a diff of every file of Dify has less."""
TREE = 512 << 20
"""A file that becomes a blob of git, which is held in memory: GitHub takes none above 100 MiB."""
CONTEXT = 4 << 30
"""A file beside a Dockerfile, read a piece at a time: above it, no run would be quick."""

FLAGS = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY
PIECE = 1 << 20
_KINDS: tuple[tuple[Callable[[int], bool], str, int], ...] = (
    (stat.S_ISDIR, "folder", errno.EISDIR),
    (stat.S_ISFIFO, "FIFO (a named pipe)", errno.ESPIPE),
    (stat.S_ISSOCK, "socket", errno.ENXIO),
    (stat.S_ISCHR, "device", errno.ENODEV),
    (stat.S_ISBLK, "device", errno.ENODEV),
)
_WHY = {
    errno.ELOOP: ("it is a link that leads in a circle", "put the file itself there, or a link to it"),
    errno.ENOTDIR: ("a part of its path is a file, and no folder", "look at each part of the path"),
    errno.ENAMETOOLONG: ("its name is longer than the file system allows", "give it a shorter name"),
    errno.EIO: ("the disk or its file system reports an error", "see what the kernel says: dmesg"),
    errno.EAGAIN: ("it has nothing to read yet, and would be waited for", "put a file in its place"),
}


@contextmanager
def opened(path: Path, *, limit: int | None = None) -> Iterator[IO[bytes]]:
    """A regular file, open for reading; without a limit it is for those who take it a piece at a time.

    Raises Unreadable for all else, and for what holds more than `limit` bytes.
    """
    with os.fdopen(descriptor(path, limit), "rb") as source:
        yield source


@contextmanager
def appending(path: Path) -> Iterator[IO[bytes]]:
    """A regular file, open to write at its end, made if it is not there. Raises Unreadable for all else."""
    try:
        handle = _create(path, os.O_WRONLY | os.O_APPEND)
    except Unreadable:
        raise
    except (OSError, ValueError) as error:
        raise refused(path, error) from error
    with os.fdopen(handle, "ab") as end:
        yield end


@contextmanager
def shared(path: Path) -> Iterator[IO[str]]:
    """A text file of a few words, open to read and write, made if it is not there.

    Raises Unreadable for what is no regular file, OSError where it cannot be made.
    """
    with os.fdopen(_create(path, os.O_RDWR | os.O_APPEND), "a+", encoding="utf-8", errors="replace") as file:
        yield file


@contextmanager
def writing(path: Path, *, mode: int) -> Iterator[IO[bytes]]:
    """A regular file, open to be written anew, made if it is not there.

    Raises Unreadable for what is no regular file, OSError where it cannot be made.
    """
    handle = _create(path, os.O_WRONLY, mode)
    with os.fdopen(handle, "wb") as sink:
        os.ftruncate(handle, 0)
        yield sink


def flush(path: Path) -> None:
    """Let a file's content, or the names in a folder, be on the disk when this returns. Raises OSError if they are not.

    A file system that cannot say so of folders is believed.
    """
    handle = os.open(path, FLAGS)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in {errno.EINVAL, errno.ENOTSUP}:
            raise
    finally:
        os.close(handle)


def _create(path: Path, flags: int, mode: int = 0o666) -> int:
    if path.exists():
        check(path, path.stat(), None)
    handle = os.open(path, flags | os.O_CREAT | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY, mode)
    try:
        check(path, os.fstat(handle), None)
    except BaseException:
        os.close(handle)
        raise
    return handle


def check_size(path: Path, limit: int) -> None:
    """Raises Unreadable for a regular file with more than `limit` bytes, which a program would read to its end."""
    try:
        info = path.lstat()
    except (OSError, ValueError):
        return
    if stat.S_ISREG(info.st_mode):
        check(path, info, limit)


def check_answers(path: Path) -> None:
    """Raises Unreadable for a FIFO, on which a program that opens the file itself would wait without end."""
    try:
        info = path.stat()
    except (OSError, ValueError):
        return  # the program says what it makes of that
    if stat.S_ISFIFO(info.st_mode):
        check(path, info, None)


def present(path: Path) -> bool:
    """Whether there is anything of that name, be it a link to nowhere or what cannot be looked at: to read it says."""
    try:
        path.lstat()
    except FileNotFoundError:
        return False
    except (OSError, ValueError):
        return True
    return True


def read_bytes(path: Path, *, limit: int = TEXT) -> bytes:
    """The content of a regular file. Raises Unreadable for all else, and for what holds more than `limit` bytes."""
    handle = descriptor(path, limit)
    try:
        return content(handle, path, limit)
    finally:
        os.close(handle)


def read_bytes_if_there(path: Path, *, limit: int = TEXT) -> bytes | None:
    """As `read_bytes`; None when there is nothing of that name. A link that leads nowhere is something."""
    try:
        return read_bytes(path, limit=limit)
    except NotThere:
        return None


def read_text(path: Path, *, limit: int = TEXT, encoding: str = "utf-8", errors: str = "strict") -> str:
    """The content of a text file, each line ended by a line feed, as Python reads text.

    Raises Unreadable for what `read_bytes` refuses, and for what is no text in that encoding.
    """
    raw = read_bytes(path, limit=limit)
    try:
        text = raw.decode(encoding, errors)
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise Unreadable(path, f"line {line} is not {encoding.upper()} text", hint="save it as UTF-8") from error
    return text.replace("\r\n", "\n").replace("\r", "\n")


def read_json(path: Path, *, limit: int = STATE) -> Any:
    """The value of a JSON file. Raises Unreadable for what `read_bytes` refuses, and for what is not JSON."""
    try:
        return json.loads(read_bytes(path, limit=limit))
    except (ValueError, RecursionError) as error:
        why = str(error) if isinstance(error, ValueError) else "nested too deeply"
        raise Unreadable(path, f"it is not JSON: {why}", hint="remove it, if you do not know how to mend it") from error


def chunks(path: Path, *, limit: int | None = None) -> Iterator[bytes]:
    """The content of a file, some megabytes at a time. Raises Unreadable for what `read_bytes` refuses."""
    with opened(path, limit=limit) as source:
        while chunk := _piece(source, path):
            yield chunk


def _piece(source: IO[bytes], path: Path) -> bytes:
    try:
        return source.read(4 << 20)
    except OSError as error:
        raise refused(path, error) from error


def descriptor(path: Path, limit: int | None) -> int:
    try:
        # Asked before it is opened, since some devices act on being opened, and after, since it may have changed.
        check(path, path.stat(), limit)
        handle = os.open(path, FLAGS)
    except Unreadable:
        raise
    except (OSError, ValueError) as error:
        raise refused(path, error) from error
    try:
        check(path, os.fstat(handle), limit)
    except BaseException:
        os.close(handle)
        raise
    return handle


def check(path: Path, info: os.stat_result, limit: int | None) -> None:
    for is_kind, name, number in _KINDS:
        if is_kind(info.st_mode):
            hint = "put a file in its place" + ("; only .env may be a FIFO" if name.startswith("FIFO") else "")
            kind = IsFolder if number == errno.EISDIR else Unreadable
            raise kind(path, f"it is a {name}, and no file", hint=hint, number=number)
    if limit is not None and info.st_size > limit:
        raise too_large(path, limit, info.st_size)


def too_large(path: Path, limit: int, size: int = 0) -> Unreadable:
    has = f"it has {_amount(size)}, and " if size else ""
    why = f"{has}no more than {_amount(limit)} are read of such a file"
    return Unreadable(path, why, hint="is it the right file? make it smaller, or leave it out", number=errno.EFBIG)


def _amount(size: int) -> str:
    for unit, bound in (("GiB", 1 << 30), ("MiB", 1 << 20)):
        if size >= bound:
            return f"{size / bound:.1f}".removesuffix(".0") + f" {unit}"
    return f"{size} bytes"


def refused(path: Path, error: OSError | ValueError) -> Unreadable:
    if isinstance(error, ValueError):
        return Unreadable(path, "its name cannot be a file's", hint="look at the name: it holds what no file name may")
    number = error.errno or 0
    if number == errno.ENOENT:
        return dangling(path) if path.is_symlink() else NotThere(path)
    why, hint = _WHY.get(number, (error.strerror or str(error), f"see whose it is: ls -l {path}"))
    return Unreadable(path, why, hint=hint, number=number)


def dangling(path: Path) -> Unreadable:
    why = f"it is a link to {path.readlink()}, which is not there"
    return Unreadable(path, why, hint="put the file there, or remove the link", number=errno.ENOLINK)


def content(handle: int, path: Path, limit: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    try:
        while piece := os.read(handle, max(os.fstat(handle).st_size - size, 0) + 1 if not parts else PIECE):
            parts.append(piece)
            size += len(piece)
            if size > limit:
                raise too_large(path, limit)
    except Unreadable:
        raise
    except OSError as error:
        raise refused(path, error) from error
    return parts[0] if len(parts) == 1 else b"".join(parts)
