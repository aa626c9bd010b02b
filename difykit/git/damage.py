"""What is broken in a repository of difykit's, read from its files: git itself may not answer any more.

Nothing is written here, and git is not run but where `shallow` is gone: `sync` asks this each time, so it has to cost
next to nothing.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from difykit.core import files
from difykit.core.errors import in_line
from difykit.git import refs
from difykit.git.setup import lacking_cuts
from difykit.git.store import Store
from difykit.git.worktree import BESIDE, WorkTree

_ID = re.compile(rb"[0-9a-f]{40}")
_HEAD = re.compile(rb"(ref: refs/heads/[^\0-\x20\x7f~^:?*\[\\]+|[0-9a-f]{40})\n?")
_REF = re.compile(rb"(ref: [^\0\n]+|[0-9a-f]{40})\n?")
_PACKED = re.compile(rb"(#[^\0]*|\^[0-9a-f]{40}|[0-9a-f]{40} refs/[^\0]+)?")
_SETTING = re.compile(rb"\s*(\[[^\0\]]*\].*|[#;].*|[A-Za-z][A-Za-z0-9-]*\s*(=.*)?)?")
_LOOSE = re.compile(r"[0-9a-f]{2}/[0-9a-f]{38}")

_LEFT_ALONE = ("commondir", "info/exclude", "info/attributes", "objects/info/alternates")

Seen = Mapping[str, list[int]]
"""Files of a repository by path, each with its size and time."""


@dataclass(frozen=True)
class RepositoryFault:
    """A part of a repository that is gone or broken: its path in the repository, and what is the matter with it."""

    path: str
    text: str

    def __str__(self) -> str:
        return f"{self.path} {self.text}"


def store_faults(git_dir: Path) -> list[RepositoryFault]:
    """What is broken in a bare repository, but for its objects. One that does not exist has no fault."""
    if not os.path.lexists(git_dir):
        return []
    return list(_frame(git_dir)) if git_dir.is_dir() else [RepositoryFault(git_dir.name, "is not a folder")]


def tree_faults(tree: WorkTree, store: Store) -> list[RepositoryFault]:
    """What is broken in the repository of a work tree, its index among it. One that does not exist has no fault."""
    git_dir = tree.git_dir
    if not tree.path.is_dir() or tree.path.is_symlink():
        return []
    if not git_dir.is_dir():
        if os.path.lexists(git_dir):
            return [RepositoryFault(".git", "is not a folder")]
        return [RepositoryFault(".git", "is gone")] if has_files(tree.path) else []
    faults = [*_frame(git_dir), *_lent(git_dir, store)]
    # At the first check-out, and while one is cut off, there may be files and no index or branch yet.
    if has_files(tree.path) and not tree.interrupted():
        faults += filter(None, (head_fault(git_dir), _index_fault(git_dir)))
    elif os.path.lexists(git_dir / "index"):
        faults += filter(None, (_index_fault(git_dir),))
    return faults


def describe(faults: list[RepositoryFault]) -> str:
    """The faults in a few words."""
    return in_line(faults, 3)


def _frame(git_dir: Path) -> Iterator[RepositoryFault]:
    if text := _file_fault(git_dir / "HEAD", _HEAD):
        yield RepositoryFault("HEAD", text)
    for name in ("objects", "refs"):
        if not (git_dir / name).is_dir():
            yield RepositoryFault(f"{name}/", "is gone")
    if text := _lines_fault(git_dir / "config", _SETTING):
        yield RepositoryFault("config", text)
    for name, line in (("packed-refs", _PACKED), ("shallow", _ID)):
        if os.path.lexists(git_dir / name) and (text := _lines_fault(git_dir / name, line)):
            yield RepositoryFault(name, text)
    yield from (RepositoryFault(name, "is no file") for name in _LEFT_ALONE if is_special(git_dir / name))
    for path in sorted((git_dir / "refs").rglob("*")):
        if not path.is_dir() and path.suffix != ".lock" and (text := _file_fault(path, _REF)):
            yield RepositoryFault(path.relative_to(git_dir).as_posix(), text)


def _lent(git_dir: Path, store: Store) -> Iterator[RepositoryFault]:
    """What a work tree needs of the store to read its objects."""
    alternates, objects = git_dir / "objects" / "info" / "alternates", store.path / "objects"
    lines = (content(alternates) or b"").splitlines()
    if objects.is_dir() and not any(_is_same(git_dir / "objects" / os.fsdecode(line), objects) for line in lines):
        yield RepositoryFault("objects/info/alternates", "does not lead to the store" if lines else "is gone")
    if not os.path.lexists(git_dir / "shallow") and lacking_cuts(git_dir, store.path):
        yield RepositoryFault("shallow", "is gone")


def _is_same(path: Path, second: Path) -> bool:
    try:
        return path.samefile(second)
    except (OSError, ValueError):
        return False


def _file_fault(path: Path, form: re.Pattern[bytes]) -> str:
    return _fault(path, lambda raw: bool(form.fullmatch(raw)))


def _lines_fault(path: Path, line: re.Pattern[bytes]) -> str:
    return _fault(path, lambda raw: all(line.fullmatch(row) for row in raw.splitlines()))


def _fault(path: Path, is_sound: Callable[[bytes], bool]) -> str:
    raw = content(path)
    if raw is None:
        return "cannot be read" if os.path.lexists(path) else "is gone"
    if not raw.strip(b"\0\n"):
        return "is empty"
    return "" if is_sound(raw) else "is not as git writes it"


def head_fault(git_dir: Path) -> RepositoryFault | None:
    """A branch that HEAD names and that does not exist."""
    head = content(git_dir / "HEAD") or b""
    name = head.removeprefix(b"ref: ").strip()
    if not refs.has_files(git_dir.joinpath):
        return None  # the other format keeps its branches, and HEAD, in a place of its own
    if not head.startswith(b"ref: ") or b"\0" in name or os.path.lexists(git_dir / os.fsdecode(name)):
        return None
    packed = (content(git_dir / "packed-refs") or b"").splitlines()
    return None if any(line.endswith(b" " + name) for line in packed) else RepositoryFault(os.fsdecode(name), "is gone")


def _index_fault(git_dir: Path) -> RepositoryFault | None:
    text = _fault(git_dir / "index", _is_index)
    return RepositoryFault("index", text) if text else None


def is_index(path: Path) -> bool:
    """Whether a file is an index that git can read."""
    return not _fault(path, _is_index)


def _is_index(raw: bytes) -> bool:
    # With index.skipHash git writes zeros for the digest.
    return raw.startswith(b"DIRC") and raw[-20:] in {bytes(20), hashlib.sha1(raw[:-20], usedforsecurity=False).digest()}


def is_special(path: Path) -> bool:
    """Whether something is there that is neither a file nor a folder: git would wait there without end."""
    return os.path.lexists(path) and not path.is_file() and not path.is_dir()


def has_files(folder: Path) -> bool:
    """Whether a work tree has anything beside its repository, and what a kill has left of making that."""
    return any(path.name not in {".git", BESIDE} for path in folder.iterdir())


def broken_objects(git_dir: Path, sound: Seen | None = None) -> list[RepositoryFault]:
    """The files of objects whose content is not what git wrote. Those that look as in `sound` are not read again."""
    current = object_files(git_dir)
    faults = [
        RepositoryFault(f"objects/{path}", "is broken")
        for path, look in sorted(current.items())
        if not (sound and sound.get(path) == look) and not _is_sound(git_dir / "objects" / path, path)
    ]
    packs = {path.rpartition(".")[0] for path in current if re.fullmatch(r"pack/pack-.*\.(pack|idx)", path)}
    for pack in sorted(packs):
        lost = [f"{pack}{end}" for end in (".pack", ".idx") if f"{pack}{end}" not in current]
        faults += [RepositoryFault(f"objects/{path}", "is gone") for path in lost]
    return faults


def object_files(git_dir: Path) -> dict[str, list[int]]:
    """Each file below `objects/` with its size and time: how a file that was changed shows without being read."""
    look: dict[str, list[int]] = {}
    top = git_dir / "objects"
    for path in top.rglob("*") if top.is_dir() else ():
        state = path.lstat()
        if stat.S_ISREG(state.st_mode):
            look[path.relative_to(top).as_posix()] = [state.st_size, state.st_mtime_ns]
    return look


def _is_sound(path: Path, name: str) -> bool:
    if _LOOSE.fullmatch(name):
        return is_object(path)
    if name.startswith("pack/tmp_") or name.endswith((".keep", ".promisor", ".lock", "/alternates", "/packs")):
        return True
    return is_sealed(path) if name.startswith(("pack/", "info/commit-graph")) else True


def is_object(path: Path) -> bool:
    """Whether a loose object is whole and what its name says."""
    try:
        raw = zlib.decompress(content(path) or b"")
    except zlib.error:
        return False
    return hashlib.sha1(raw, usedforsecurity=False).hexdigest() == path.parent.name + path.name


def is_sealed(path: Path) -> bool:
    """Whether a file ends with the digest of all before, as packs, their indexes and commit graphs do."""
    digest, end = hashlib.sha1(usedforsecurity=False), b""
    try:
        for chunk in files.chunks(path):
            end += chunk
            digest.update(end[:-20])
            end = end[-20:]
    except OSError:
        return False
    return digest.digest() == end


def content(path: Path) -> bytes | None:
    """What a file holds; None where it is none, or cannot be read."""
    try:
        return files.read_bytes(path, limit=files.TREE) if path.is_file() else None
    except OSError:
        return None
