"""What becomes of a path, as a value; and what a path holds, as a digest."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from difykit.core import files
from difykit.core.errors import DifyKitError, Unreadable, naming
from difykit.core.scratch_files import remove

FOLDER = "folder "
"""How the digest of a folder begins."""
_BESIDE = ".difykit-new"


@dataclass(frozen=True)
class Write:
    """A file with this content and these permissions; with another mode alone, a change of mode."""

    path: str
    content: bytes
    mode: int = 0o644
    through: bool = False
    """Whether a link that stands there stays, and the file that it leads to is written."""


@dataclass(frozen=True)
class Link:
    """A symbolic link."""

    path: str
    target: str


@dataclass(frozen=True)
class Take:
    """What stands at `source`: a file is copied with its times, a link is too, a folder is moved, with all in it."""

    path: str
    source: Path


@dataclass(frozen=True)
class Delete:
    """Nothing; folders that are empty then go, too."""

    path: str


Change = Write | Link | Take | Delete


def as_git(root: Path, path: str, blob: tuple[str, bytes] | None) -> Change:
    """A file as git has it, by mode and content; None takes it away. Whoever may read it may as before."""
    if blob is None:
        return Delete(path)
    mode, content = blob
    if mode == "120000":
        return Link(path, os.fsdecode(content))
    target = root / path
    permissions = target.stat().st_mode & 0o666 if target.is_file() and not target.is_symlink() else 0o644
    return Write(path, content, permissions | (permissions >> 2 & 0o111 if mode == "100755" else 0))


def settings(root: Path, content: bytes) -> Write:
    """`difykit.yaml` with another text: its byte order mark and mode stay, and the link that it may be."""
    path = root / "difykit.yaml"
    mark = b"\xef\xbb\xbf" if files.read_bytes(path).startswith(b"\xef\xbb\xbf") else b""
    return Write(path.name, mark + content, stat.S_IMODE(path.stat().st_mode), through=True)


def digest(path: Path, without: Collection[Path] = ()) -> str:
    """What stands at a path: "" for nothing, which a folder without a file is, too.

    Kind, content and whether a file may be run count; `without` are files that do not, where it is a folder.
    Raises Unreadable for a file that may not be read.
    """
    if path.is_symlink():
        return "link " + hashlib.sha256(os.fsencode(path.readlink())).hexdigest()
    if path.is_file():
        content = hashlib.sha256()
        for chunk in files.chunks(path):
            content.update(chunk)
        return ("program " if path.stat().st_mode & 0o100 else "file ") + content.hexdigest()
    if not path.is_dir():
        return "other" if os.path.lexists(path) else ""
    try:
        contents = [
            (name, file) for name, file in files.tree_files(path) if file not in without and _BESIDE not in name
        ]
        rows = [f"{name}\0{digest(file)}\0" for name, file in contents]
    except Unreadable:
        raise
    except DifyKitError:  # a device, a socket or a FIFO in it
        return "other"
    return FOLDER + hashlib.sha256(os.fsencode("".join(rows))).hexdigest() if rows else ""


def store(change: Change, path: Path) -> None:
    """Make at `path`, in the journal, what the change is to put in its place. Raises OSError where that fails."""
    with naming(path):
        if isinstance(change, Write):
            with files.writing(path, mode=change.mode) as file:
                file.write(change.content)
            path.chmod(change.mode)
        elif isinstance(change, Link):
            path.symlink_to(change.target)
        elif isinstance(change, Take) and change.source.is_dir() and not change.source.is_symlink():
            move(change.source, path)
        elif isinstance(change, Take):
            files.copy(change.source, path)


def move(source: Path, path: Path) -> None:
    """Let `source` stand at `path`, whose parents are made; in place of a file that is there, in one step."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        source.replace(path)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        # `.difykit` is on another file system: then a copy is made beside the path.
        copy = temporary_path(path)
        remove(copy)
        if source.is_dir() and not source.is_symlink():
            files.copy_tree(source, copy)
        else:
            files.copy(source, copy)
        to_disk(copy)
        copy.replace(path)
        if source.is_dir():
            source = source.rename(temporary_path(source))  # a folder goes in more than one step
        remove(source)


def temporary_path(path: Path) -> Path:
    """Where a copy of what is to stand at a path is made; what a kill leaves there is nothing of anybody's."""
    return path.with_name(f".{path.name}{_BESIDE}")


def to_disk(path: Path) -> None:
    """Let a file, or a folder and all in it, be on the disk when this returns."""
    if path.is_symlink():
        return
    for child in sorted(path.iterdir()) if path.is_dir() else ():
        to_disk(child)
    files.flush(path)
