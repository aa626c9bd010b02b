"""The patches of a workspace, in the order of `patches/series`."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from difykit.core import files
from difykit.core.errors import ConfigError, Problem
from difykit.source.patch.model import Malformed, Patch
from difykit.source.patch.parse import parse
from difykit.source.patch.paths import checked, printable

SERIES = "patches/series"
MOST = 10_000
"""How many patches a series may name: a series of a thousand takes minutes to carry already."""


def read_series(text: str) -> tuple[tuple[str, int], ...]:
    """Give each entry of a series file and its line; `#` comments and blank lines are left out."""
    entries = ((line.split(" #", 1)[0].strip(), number) for number, line in enumerate(text.split("\n"), 1))
    return tuple((name, number) for name, number in entries if name and not name.startswith("#"))


def load(folder: Path) -> tuple[Patch, ...]:
    """Read the series in `folder` and its patches; none where there is no folder, or nothing in it.
    Raises ConfigError with every problem of the series and of its patches at once.
    """
    check_place(folder)
    problems: list[Problem] = []
    present = set(_patch_files(folder, problems))
    unreadable: list[Problem] = []
    entries = _entries(folder, unreadable)
    problems += unreadable
    patches: list[Patch] = []
    for name, line in _usable(entries, problems):
        patch = _read(folder, name, line, problems)
        if patch is not None:
            patches.append(patch)
    for name in sorted(set() if unreadable else present - {name for name, _ in entries}):
        text = "not in patches/series: add it there, or remove it"
        problems.append(Problem(f"patches/{printable(name)}", 0, text))
    if problems:
        raise ConfigError(problems)
    return tuple(patches)


def check_place(folder: Path) -> None:
    """Raises ConfigError for a `patches` that is no folder, and for one, or a series, that is a symlink."""
    if folder.is_symlink() or (folder / "series").is_symlink():
        raise ConfigError([Problem(SERIES, 0, "patches and patches/series must not be symlinks")])
    if folder.exists() and not folder.is_dir():
        raise ConfigError([Problem("patches", 0, "is not a folder")])


def _patch_files(folder: Path, problems: list[Problem]) -> Iterator[str]:
    """Find `*.patch` at any depth; what is behind a symlink is not looked at, but said."""
    for root, folders, names in os.walk(folder, followlinks=False):
        for name in folders:
            if Path(root, name).is_symlink():
                path = Path(root, name).relative_to(folder).as_posix()
                problems.append(Problem(f"patches/{printable(path)}", 0, "a symlink: put the folder itself here"))
        for name in names:
            if name.endswith(".patch"):
                yield Path(root, name).relative_to(folder).as_posix()


def _entries(folder: Path, problems: list[Problem]) -> tuple[tuple[str, int], ...]:
    try:
        entries = read_series(files.read_bytes(folder / "series").decode("utf-8-sig"))
    except (FileNotFoundError, NotADirectoryError):
        return ()
    except UnicodeDecodeError:
        problems.append(Problem(SERIES, 0, "not UTF-8 text"))
    except OSError as error:
        problems.append(Problem(SERIES, 0, f"cannot be read: {error.strerror}"))
    else:
        if len(entries) <= MOST:
            return entries
        text = f"names {len(entries):,} patches; difykit reads up to {MOST:,}"
        problems.append(Problem(SERIES, entries[MOST][1], text))
    return ()


def _usable(entries: Sequence[tuple[str, int]], problems: list[Problem]) -> Iterator[tuple[str, int]]:
    first_lines: dict[str, int] = {}
    for name, line in entries:
        first = first_lines.setdefault(name, line)
        if first != line:
            problems.append(Problem(SERIES, line, f"{printable(name)} is in line {first} already"))
            continue
        try:
            checked(name.encode("utf-8"), line)
        except Malformed:
            text = f"{printable(name)}: names are relative to patches/, without `.`, `..` or empty parts"
            problems.append(Problem(SERIES, line, text))
        else:
            yield name, line


def _read(folder: Path, name: str, line: int, problems: list[Problem]) -> Patch | None:
    path = folder / name
    inside = [path, *path.parents[: name.count("/")]]
    shown = printable(name)
    try:
        if any(part.is_symlink() for part in inside):
            problems.append(Problem(SERIES, line, f"{shown} is a symlink: put the patch itself here"))
        elif not path.exists():
            problems.append(Problem(SERIES, line, f"patches/{shown} does not exist"))
        elif not path.is_file():  # a pipe would wait forever
            problems.append(Problem(SERIES, line, f"patches/{shown} is not a file"))
        else:
            return parse(name, files.read_bytes(path, limit=files.PATCH))
    except ConfigError as error:
        problems += error.problems
    except OSError as error:
        problems.append(Problem(SERIES, line, f"patches/{shown} cannot be read: {error.strerror}"))
    return None
