"""An image of one's own: its folder is the context of its build, and nothing beside it."""

from __future__ import annotations

import hashlib
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from difykit import files
from difykit.errors import ConfigError, DifyKitError, Problem
from difykit.image import dockerfile

# What difykit reads is not for the build: a comment in it would make another image.
_NOT_IN_IT = "image.yaml"


@dataclass(frozen=True)
class OwnFile:
    """A file of the folder: its mode as git has it, and what stands for its content."""

    path: str
    mode: str
    digest: str  # of a link its target's


@dataclass(frozen=True)
class Own:
    """The folder of an image that replaces none."""

    dockerfile: str
    files: tuple[OwnFile, ...] = ()
    arguments: frozenset[str] = frozenset()


def read_own(folder: Path, name: str, file: str) -> Own:
    """What the image `name` is built from.

    Raises ConfigError when it has no Dockerfile, or its folder holds what is no file or leads out of it.
    """
    label = f"images/{name}"
    if not (folder / file).is_file():
        text = f"replaces no image, so it is built from {label}/{file}, which is not there"
        raise ConfigError([Problem(f"{label}/image.yaml", 0, text)])
    found, problems = [], []
    try:
        places = [pair for pair in files.tree_files(folder) if pair[0] != _NOT_IN_IT]
    except DifyKitError as error:
        raise ConfigError([Problem(label, 0, f"{error.message}, an image cannot be built from it")]) from error
    for path, place in places:
        if place.is_symlink() and _leaves(place, folder):
            problems.append(Problem(f"{label}/{path}", 0, f"is a link that leaves {label}: {place.readlink()}"))
        else:
            found.append(_file(path, place))
    if problems:
        raise ConfigError(problems)
    text = (folder / file).read_text("utf-8", "replace")
    return Own(file, tuple(found), dockerfile.parse(text).arguments)


def copy_own(own: Own, folder: Path, to: Path) -> None:
    """Copy the folder as it was read. Raises DifyKitError when it has changed since."""
    with files.fresh_folder(to) as new:
        for each in own.files:
            place = new / each.path
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(folder / each.path, place, follow_symlinks=False)
            if each.mode != "120000":
                place.chmod(0o755 if each.mode == "100755" else 0o644)
            if _file(each.path, place) != each:
                raise DifyKitError(f"{folder / each.path} was changed during the build", hint="run it again")


def _leaves(link: Path, folder: Path) -> bool:
    target = link.readlink()
    end = Path(os.path.realpath(link.parent / target))
    return target.is_absolute() or not end.is_relative_to(os.path.realpath(folder))


def _file(path: str, place: Path) -> OwnFile:
    if place.is_symlink():
        mode, content = "120000", os.fsencode(place.readlink())
    else:
        mode, content = "100755" if place.stat().st_mode & 0o100 else "100644", place.read_bytes()
    return OwnFile(path, mode, hashlib.sha256(content).hexdigest())
