"""Files written whole or not at all, paths that stay inside, and a lock that dies with its process."""

from __future__ import annotations

import errno
import os
import re
import shutil
import stat
import tempfile
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from difykit.core import file_lock, reading, scratch_files
from difykit.core.errors import DifyKitError, NotThere, naming

# The door, under the names by which all ask for it.
opened, chunks = reading.opened, reading.chunks
read_bytes, read_bytes_if_there = reading.read_bytes, reading.read_bytes_if_there
read_text, read_json = reading.read_text, reading.read_json
appending, writing, present = reading.appending, reading.writing, reading.present
flush = reading.flush
check_answers, check_size = reading.check_answers, reading.check_size
held_locks, locked = file_lock.held_locks, file_lock.locked
TEXT, STATE, PATCH, TREE, CONTEXT = reading.TEXT, reading.STATE, reading.PATCH, reading.TREE, reading.CONTEXT


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
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".new", dir=scratch_files.folder_for(path))
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


def same(path: Path, second_path: Path) -> bool:
    """Whether two regular files hold the same. Raises Unreadable for what is none."""
    with opened(path) as first, opened(second_path) as second:
        if os.fstat(first.fileno()).st_size != os.fstat(second.fileno()).st_size:
            return False
        while chunk := first.read(1 << 20):
            if chunk != second.read(1 << 20):
                return False
    return True


def as_text(raw: bytes) -> str:
    """Text as it is, its lines as they end on Linux; what is not UTF-8 survives being written again."""
    return raw.decode("utf-8", "surrogateescape").replace("\r\n", "\n")


def differing(folder: Path, expected: Mapping[str, tuple[int, bytes]]) -> list[str]:
    """Which of the files, given as permissions and content by their path, the folder does not hold like that."""
    names: list[str] = []
    for name, (mode, content) in expected.items():
        path = folder / name
        try:
            if not _holds(path, content, mode):
                names.append(name)
        except OSError:
            names.append(name)
    return names


def write_all(folder: Path, contents: Mapping[str, tuple[int, bytes]]) -> None:
    """Write files, given as permissions and content by their path, into a folder; each as `write` does."""
    for name, (mode, content) in contents.items():
        write(folder / name, content, mode=mode)


def with_mode(path: Path) -> tuple[int, bytes]:
    """What a file is given as: whether it may be run, and what it holds. Raises Unreadable as `read_bytes` does."""
    return 0o755 if path.stat().st_mode & 0o100 else 0o644, read_bytes(path, limit=TREE)


@contextmanager
def fresh_folder(path: Path) -> Iterator[Path]:
    """A new empty folder that takes the place of `path` when the block ends well; else `path` is as it was.

    Raises DifyKitError when a link or a file stands there: it is not difykit's, whose places all are folders.
    """
    if path.is_symlink() or (path.exists() and not path.is_dir()):
        obstacle = "a symlink" if path.is_symlink() else "no folder"
        raise DifyKitError(f"{path} is {obstacle}, and difykit makes a folder there", hint=f"move {path} away")
    path.parent.mkdir(parents=True, exist_ok=True)
    new = Path(tempfile.mkdtemp(prefix=f".{path.name}.", suffix=".new", dir=scratch_files.parent_of(path)))
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
            scratch_files.remove(path)


def copy_tree(source: Path, target: Path) -> None:
    """Copy a folder's content into an empty one, links as links. Raises OSError: the first fault, not a list of all."""
    try:
        shutil.copytree(source, target, symlinks=True, dirs_exist_ok=True)
    except shutil.Error as error:
        _, failed_path, message = error.args[0][0]
        match = re.match(r"\[Errno (\d+)\]", message)
        number = int(match[1]) if match else 0
        raise OSError(number, os.strerror(number) if number else message, failed_path) from error


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

    for folder, names, file_names in os.walk(root, onerror=refuse):
        folder_path = Path(folder)
        links = [name for name in names if (folder_path / name).is_symlink()]
        names[:] = [name for name in names if name not in links and name != "__pycache__"]
        for name in (*file_names, *links):
            path = folder_path / name
            kind = path.lstat().st_mode
            if not (stat.S_ISREG(kind) or stat.S_ISLNK(kind)):
                raise DifyKitError(f"{path} is not a regular file", hint="remove it from the overlay")
            yield path.relative_to(root).as_posix(), path
