"""What a path leads to, and how it meets the paths that are somebody's already: by name, and by what the disk says."""

from __future__ import annotations

import os
import stat
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

_MOST_LINKS = 40  # as Linux counts them


class PathFault(ValueError):
    """Why a path cannot be used, as the end of a sentence."""


class PathRule(NamedTuple):
    """A path that is somebody's: which one, and whose."""

    path: Path
    owner: str
    inside: bool = True
    """Whether what lies in it is the owner's, too."""
    above: bool = True
    """Whether a folder that holds it is no good either."""


class PathRoute(NamedTuple):
    """The way from a path as it is written to where it leads."""

    end: Path
    links: tuple[Path, ...]


def follow(path: Path) -> PathRoute:
    """Where an absolute path leads, every link on the way followed, whether it is there or not.

    Raises PathFault for a loop of links.
    """
    current, links = Path(path.anchor), []
    remaining = list(reversed(path.parts[1:]))
    while remaining:
        part = remaining.pop()
        current = current.parent if part == ".." else current / part
        target = _target(current) if part != ".." else None
        if target is None:
            continue
        links.append(current)
        if len(links) > _MOST_LINKS:
            raise PathFault(f"is a loop of symlinks: {links[-1]} leads back to itself")
        current = Path(target.anchor) if target.is_absolute() else current.parent
        remaining += reversed(target.parts[1:] if target.is_absolute() else target.parts)
    return PathRoute(current, tuple(links))


def end_of(path: Path) -> Path:
    """Where a path leads; a loop of links leads to itself."""
    try:
        return follow(path).end
    except PathFault:
        return path


def _target(path: Path) -> Path | None:
    try:
        return path.readlink()
    except OSError:
        return None  # no link, or not there, or not ours to look at


def folder_fault(path: Path) -> str:
    """Why no folder can be at `path`, which has no links in it, or "": something else is there, or above it."""
    for ancestor in (path, *path.parents):
        try:
            mode = ancestor.lstat().st_mode
        except PermissionError:
            return ""  # whoever uses it says so
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:
            return f"cannot be used: {error.strerror}"
        if stat.S_ISDIR(mode):
            return ""
        return "is not a folder" if ancestor == path else f"lies in {ancestor}, which is not a folder"
    return ""


class PathComparison:
    """Compares paths by their names and by their numbers on the disk, each of which it asks for once.

    Where the file system `folds` names, those that differ only in case or Unicode form are one, as on macOS.
    """

    def __init__(self, *, folds: bool) -> None:
        self._folds = folds
        self._keys: dict[Path, frozenset[object]] = {}
        self._chains: dict[Path, list[frozenset[object]]] = {}

    def conflict(self, path: Path, rules: Iterable[PathRule]) -> str:
        """How the path meets the first rule that it meets, or "" for none: `is …`, `lies in …` or `holds …`."""
        chain = self._chain(path)
        for rule in rules:
            rule_chain = self._chain(rule.path)
            if chain[0] & rule_chain[0]:
                return f"is {rule.owner}"
            if rule.inside and any(rule_chain[0] & key for key in chain):
                return f"lies in {rule.owner}"
            if rule.above and any(chain[0] & key for key in rule_chain):
                return f"holds {rule.owner}"
        return ""

    def _chain(self, path: Path) -> list[frozenset[object]]:
        """The keys of a path and of all folders above it."""
        if path not in self._chains:
            self._chains[path] = [self._key(folder) for folder in (path, *path.parents)]
        return self._chains[path]

    def _key(self, path: Path) -> frozenset[object]:
        if path not in self._keys:
            text = unicodedata.normalize("NFC", str(path)).casefold() if self._folds else str(path)
            try:
                status = path.stat()
            except OSError:
                self._keys[path] = frozenset({text})
            else:
                self._keys[path] = frozenset({text, (status.st_dev, status.st_ino)})
        return self._keys[path]


def folds_names(path: Path) -> bool:
    """Whether the file system takes the names of two spellings for one, asked by a file that is there."""
    try:
        return path.with_name(path.name.swapcase()).samefile(path)
    except OSError:
        return False


def plain(path: Path) -> Path:
    """The path without `.`, `..` and doubled slashes, as it is written: links are not looked at."""
    return Path(os.path.normpath(path))
