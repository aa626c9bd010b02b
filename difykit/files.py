"""Files written whole or not at all, paths that stay inside, and a lock that dies with its process."""

from __future__ import annotations

import errno
import fcntl
import os
import re
import shutil
import signal
import stat
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from difykit import door, scratch
from difykit.errors import DifyKitError, NotThere, naming

# The door, under the names by which all ask for it.
opened, chunks = door.opened, door.chunks
read_bytes, read_bytes_if_there = door.read_bytes, door.read_bytes_if_there
read_text, read_json = door.read_text, door.read_json
appending, writing, present = door.appending, door.writing, door.present
check_answers, check_size = door.check_answers, door.check_size
TEXT, STATE, PATCH, TREE, CONTEXT = door.TEXT, door.STATE, door.PATCH, door.TREE, door.CONTEXT


def write(path: Path, data: bytes | str, *, mode: int = 0o644) -> bool:
    """Make `path` hold `data`, by rename, so that a reader sees the old file or the new one; True if it changed.

    An unchanged file is left alone, its modification time too. Raises Unreadable where a FIFO, device or socket is in
    its place, which would be lost.
    """
    raw = data.encode() if isinstance(data, str) else data
    try:
        if _holds(path, raw, mode):
            return False
    except NotThere:
        path.parent.mkdir(parents=True, exist_ok=True)
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".new", dir=scratch.folder_for(path))
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            error.filename = str(path)  # the file that is meant; of any other fault it is the folder that matters
        raise
    try:
        with naming(path), os.fdopen(handle, "wb") as new:
            os.fchmod(new.fileno(), mode)
            new.write(raw)
            new.flush()
            os.fsync(new.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return True


def _holds(path: Path, raw: bytes, mode: int) -> bool:
    with opened(path) as old:
        info = os.fstat(old.fileno())
        return info.st_size == len(raw) and stat.S_IMODE(info.st_mode) == mode and old.read(len(raw) + 1) == raw


def append(path: Path, text: str) -> None:
    """Put a line at the end of a file. Raises Unreadable for what is no regular file."""
    with appending(path) as end:
        end.write(text.encode())


def copy(source: Path, target: Path) -> None:
    """Copy a file with its times and permissions; a link as a link. Raises Unreadable for what is no regular file."""
    if source.is_symlink():
        target.symlink_to(source.readlink())
    else:
        with opened(source) as old, naming(target), target.open("wb") as new:
            shutil.copyfileobj(old, new, 4 << 20)
    shutil.copystat(source, target, follow_symlinks=False)


def tail(path: Path, lines: int) -> list[str]:
    """The last lines of a log, however long it is. Raises Unreadable for what is no regular file."""
    with opened(path) as source:
        return [line.decode("utf-8", "replace").rstrip("\r\n") for line in deque(source, maxlen=lines)]


def same(one: Path, other: Path) -> bool:
    """Whether two regular files hold the same. Raises Unreadable for what is none."""
    with opened(one) as first, opened(other) as second:
        if os.fstat(first.fileno()).st_size != os.fstat(second.fileno()).st_size:
            return False
        while chunk := first.read(1 << 20):
            if chunk != second.read(1 << 20):
                return False
    return True


def as_text(raw: bytes) -> str:
    """Text as it is, its lines as they end on Linux; what is not UTF-8 survives being written again."""
    return raw.decode("utf-8", "surrogateescape").replace("\r\n", "\n")


def differing(folder: Path, wanted: Mapping[str, tuple[int, bytes]]) -> list[str]:
    """Which of the files, given as permissions and content by their path, the folder does not hold like that."""
    found: list[str] = []
    for name, (mode, content) in wanted.items():
        place = folder / name
        try:
            if not _holds(place, content, mode):
                found.append(name)
        except OSError:
            found.append(name)
    return found


@contextmanager
def fresh_folder(path: Path) -> Iterator[Path]:
    """A new empty folder that takes the place of `path` when the block ends well; else `path` is as it was.

    Raises DifyKitError when a link or a file stands there: it is not difykit's, whose places all are folders.
    """
    if path.is_symlink() or (path.exists() and not path.is_dir()):
        what = "a symlink" if path.is_symlink() else "no folder"
        raise DifyKitError(f"{path} is {what}, and difykit makes a folder there", hint=f"move {path} away")
    path.parent.mkdir(parents=True, exist_ok=True)
    new = Path(tempfile.mkdtemp(prefix=f".{path.name}.", suffix=".new", dir=scratch.parent_of(path)))
    try:
        new.chmod(0o755)
        yield new
        old = new.with_suffix(".old")
        if path.exists():
            path.rename(old)
        new.rename(path)
        shutil.rmtree(old, ignore_errors=True)
    finally:
        shutil.rmtree(new, ignore_errors=True)


def forget_unfinished(folder: Path, names: str = "*") -> None:
    """Remove what `fresh_folder` left in `folder` when it was killed; for who holds the lock under which it works.

    `names` is a pattern for those that were made, where others work in the same folder.
    """
    for path in (*folder.glob(f".{names}.new"), *folder.glob(f".{names}.old")):
        with suppress(OSError):
            scratch.remove(path)


def copy_tree(source: Path, target: Path) -> None:
    """Copy a folder's content into an empty one, links as links. Raises OSError: the first fault, not a list of all."""
    try:
        shutil.copytree(source, target, symlinks=True, dirs_exist_ok=True)
    except shutil.Error as error:
        _, place, said = error.args[0][0]
        found = re.match(r"\[Errno (\d+)\]", said)
        number = int(found[1]) if found else 0
        raise OSError(number, os.strerror(number) if number else said, place) from error


_HELD: list[int] = []
_DYING = 1.0
"""Seconds that a process may take to be gone after it was killed."""
_LAST_WORDS = 60.0
"""Seconds that are waited for what a difykit that is no more has started: it is ended already, or all but."""


def held() -> tuple[int, ...]:
    """The open files of the locks that this process holds, for a program that writes what they protect."""
    return tuple(_HELD)


@contextmanager
def locked(
    path: Path,
    doing: str,
    *,
    what: str = "in this workspace",
    patience: float = 0,
    on_wait: Callable[[str], None] = lambda _: None,
) -> Iterator[int]:
    """Hold `path` alone for the block, as the open file that it yields; the kernel gives it back however that ends.

    Waits for another process that holds it for `patience` seconds, and tells `on_wait` which that is. Where that one is
    no more, and what it had started still writes, it waits longer.
    Raises DifyKitError when it is still held then, and says by which; Unreadable where `path` is no file.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with door.shared(path) as handle:
        _wait(handle, doing, what, patience, on_wait)
        handle.seek(0)
        handle.truncate()
        handle.write(f"{doing} (process {os.getpid()})\n")
        handle.flush()
        _HELD.append(handle.fileno())
        try:
            yield handle.fileno()
        finally:
            _HELD.remove(handle.fileno())


def _wait(handle: IO[str], doing: str, what: str, patience: float, on_wait: Callable[[str], None]) -> None:
    started, told = time.monotonic(), ""
    while not _lock(handle):
        handle.seek(0)
        other = handle.read().strip() or "another difykit"
        orphaned = not _lives(other)
        seconds = time.monotonic() - started
        if seconds >= max(patience, _LAST_WORDS if orphaned else _DYING):
            if orphaned:
                text = f"{other} was ended, and what it started is still at work {what}"
                raise DifyKitError(text, hint=f"wait for it, or end it; then {doing} again")
            raise DifyKitError(f"{other} is at work {what}", hint=f"wait for it, then {doing} again")
        text = f"{other} was ended; what it started still writes" if orphaned else f"{other} is at work {what}"
        if text != told and (patience or seconds > 1):
            on_wait(f"{text}: waiting for it")
            told = text
        time.sleep(0.2 if patience else 0.05)


def _lives(other: str) -> bool:
    """Whether the process is still there that a lock file names; a zombie is not, though it has its id."""
    found = re.search(r"\(process (\d+)\)$", other)
    if not found:
        return True
    try:
        os.kill(int(found[1]), 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return not _is_dying(int(found[1]))


def _is_dying(pid: int) -> bool:
    """Whether a process has ended, and nobody has asked how yet, or was killed, and has still to be taken down."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text("utf-8", "replace").splitlines()
    except OSError:
        return False
    fields = dict(line.split(":\t", 1) for line in lines if ":\t" in line)
    killed = int(fields.get("ShdPnd", "0"), 16) & 1 << (signal.SIGKILL - 1)
    return fields.get("State", "")[:1] in {"Z", "X"} or bool(killed)


def _lock(handle: IO[str]) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def prune_empty(path: Path, top: Path) -> None:
    """Remove the folders above `path` that are empty now, up to `top`, which stays."""
    for folder in path.parents:
        if folder == top or any(folder.iterdir()):
            return
        folder.rmdir()


def path_fault(path: str) -> str:
    """Why a repository path may not be written, or "" when it may: it must stay inside the tree, outside `.git`."""
    if not path or path.startswith("/") or "\0" in path:
        return "is not a path inside the tree"
    for part in path.split("/"):
        if part in {"", ".", ".."}:
            return "leaves the tree or is not in its plain form"
        # Git refuses what a case-folding or NTFS file system would take for `.git`.
        for piece in part.split("\\"):
            if piece.lower().partition(":")[0].rstrip(". ") in {".git", "git~1"}:
                return "reaches into .git"
    return ""


def tree_files(root: Path) -> Iterator[tuple[str, Path]]:
    """Every file below `root` as (path with slashes, place), sorted by path; symlinks are yielded, not followed.

    Raises DifyKitError for a device, socket or pipe, OSError for a folder that cannot be read.
    """
    yield from sorted(_walk(root))


def _walk(root: Path) -> Iterator[tuple[str, Path]]:
    def refuse(error: OSError) -> None:
        raise error  # os.walk would leave the folder out without a word

    for folder, names, found in os.walk(root, onerror=refuse):
        here = Path(folder)
        links = [name for name in names if (here / name).is_symlink()]
        names[:] = [name for name in names if name not in links and name != "__pycache__"]
        for name in (*found, *links):
            place = here / name
            kind = place.lstat().st_mode
            if not (stat.S_ISREG(kind) or stat.S_ISLNK(kind)):
                raise DifyKitError(f"{place} is not a regular file", hint="remove it from the overlay")
            yield place.relative_to(root).as_posix(), place
