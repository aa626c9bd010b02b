"""What goes into the overlay, and what into patches; pure."""

from __future__ import annotations

import os
import posixpath
import unicodedata
from collections.abc import Callable, Mapping
from pathlib import PurePosixPath

from difykit.adopt.model import Entries, ForkSplit
from difykit.core.errors import DifyKitError, in_rows
from difykit.core.files import path_fault
from difykit.source.patch import LIMIT, link_fault, printable

_LINK = "120000"
_SWAPPED = "a file and a folder change places there"
# In an overlay's tree they would tell the workspace's own git what to convert and what to leave out.
_READ_BY_GIT = {".gitattributes", ".gitignore"}


def split(
    base: Entries, fork: Entries, moved: Mapping[str, str], blob: Callable[[str], bytes], size: Mapping[str, int]
) -> ForkSplit:
    """Where each difference goes: what the fork adds into the overlay, all else into patches.

    `moved` are files that have another path in the fork, `blob` reads one by its id, `size` are the sizes of blobs.
    Raises DifyKitError for what neither can carry: a link out of the tree, a path into `.git`, a submodule of Dify's.
    """
    added = sorted(fork.keys() - base.keys())
    deleted = sorted(base.keys() - fork.keys())
    changed = sorted(path for path in base.keys() & fork.keys() if base[path] != fork[path])
    _refuse(fork, [*added, *changed], blob)
    swapped = _swapped(added, deleted)
    swapped_paths = {path for paths in swapped.values() for path in paths}
    moved = {new: old for new, old in moved.items() if not swapped_paths & {new, old} and _may_move(new, base, fork)}
    unfit = {path: _SWAPPED for path in added if path in swapped_paths}
    links = {path for path, entry in fork.items() if entry.startswith(_LINK)}
    plain = [path for path in added if path not in moved and path not in swapped_paths]
    unfit |= {path: why for path in plain if (why := _unfit(path, fork[path], blob, links))}
    oversized = [path for path in changed if max(size.get(_oid(side[path]), 0) for side in (base, fork)) > LIMIT]
    overlay = [path for path in plain if path not in unfit] + oversized
    gone = tuple(path for path in deleted if path not in moved.values() and path not in swapped_paths)
    patched = {*changed, *moved, *moved.values(), *unfit, *swapped_paths}.difference(oversized)
    return ForkSplit(tuple(sorted(overlay)), tuple(sorted(patched)), gone, moved, unfit, swapped)


def _swapped(added: list[str], deleted: list[str]) -> dict[str, tuple[str, ...]]:
    """Where a file becomes a folder or the other way round, with the paths that come and go there."""
    swaps: dict[str, set[str]] = {}
    for one_side, other_side in ((set(added), deleted), (set(deleted), added)):
        for path in other_side:
            for folder in map(str, PurePosixPath(path).parents):
                if folder in one_side:
                    swaps.setdefault(folder, {folder}).add(path)
    return {folder: tuple(sorted(paths)) for folder, paths in sorted(swaps.items())}


def _oid(entry: str) -> str:
    return entry.partition(" ")[2]


def _may_move(new: str, base: Entries, fork: Entries) -> bool:
    """Whether it can be told as a move: a copy that a merge left beside a file is none."""
    return not is_merge_copy(new, {*base, *fork})


def is_merge_copy(path: str, paths: set[str]) -> str:
    """The file that a merge put this copy beside (`AGENTS.md~upstream_main`); "" when it is none."""
    # A branch may have slashes in its name: git writes them as underscores.
    head, mark, branch = path.rpartition("~")
    return head if mark and branch and "/" not in branch and head in paths else ""


def _unfit(path: str, entry: str, blob: Callable[[str], bytes], links: set[str]) -> str:
    """Why an overlay cannot carry an added file, or ""."""
    mode, _, oid = entry.partition(" ")
    parts = path.split("/")
    if parts[-1] in _READ_BY_GIT:
        return "in an overlay's tree it would rule over the workspace's own files in git"
    if "__pycache__" in parts:
        return "overlays leave __pycache__ out"
    if not path.isprintable() or "\\" in path or unicodedata.normalize("NFC", path) != path:
        return "not every file system can hold its name"
    if any(len(part.encode("utf-8", "surrogateescape")) > 240 for part in parts):
        return "its name is too long for a workspace"
    return _unfit_link(path, blob(oid), links) if mode == _LINK else ""


def _unfit_link(path: str, target: bytes, links: set[str]) -> str:
    if not target or b"\0" in target:
        return "no file system can hold this link"
    end = posixpath.normpath(posixpath.join(posixpath.dirname(path), os.fsdecode(target)))
    passed = {end, *map(str, PurePosixPath(end).parents)}
    return "it leads by way of another link" if passed & links else ""


def _refuse(fork: Entries, paths: list[str], blob: Callable[[str], bytes]) -> None:
    faults = [f"{printable(path)}: {why}" for path in paths if (why := _fault(path, fork[path], blob))]
    if faults:
        raise DifyKitError(
            f"the fork holds what neither a patch nor an overlay can carry:{in_rows(faults, 20)}",
            hint="take that out in the fork (a branch is enough), then adopt that",
        )


def _fault(path: str, entry: str, blob: Callable[[str], bytes]) -> str:
    mode, _, oid = entry.partition(" ")
    if mode == "160000":
        return "a submodule: its files are in another repository"
    if fault := path_fault(path):
        return fault
    return link_fault(path, blob(oid)) if mode == _LINK else ""
