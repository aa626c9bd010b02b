"""The folder of an image as the context of its build: all of it for one of our own, what a template copies else."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from difykit.core import files
from difykit.core.errors import ConfigError, DifyKitError, Problem
from difykit.images.definition import dockerfile
from difykit.images.definition.additions import FOLDER

# What difykit reads is not for the build: a comment in it would make another image.
_NOT_IN_IT = "image.yaml"


@dataclass(frozen=True)
class OwnFile:
    """A file of the folder: its mode as git has it, and what stands for its content."""

    path: str
    mode: str
    digest: str  # of a link its target's


@dataclass(frozen=True)
class ImageFolder:
    """The folder of an image that replaces none."""

    dockerfile: str
    files: tuple[OwnFile, ...] = ()
    arguments: frozenset[str] = frozenset()
    text: str = ""  # of the Dockerfile; bytes that are not UTF-8 are in it as surrogates


def read_own(folder: Path, name: str, file: str) -> ImageFolder:
    """What the image `name` is built from.

    Raises ConfigError when it has no Dockerfile, or its folder holds what is no file or leads out of it.
    """
    label = f"images/{name}"
    if not files.present(folder / file):
        text = f"replaces no image, so it is built from {label}/{file}, which is not there"
        raise ConfigError([Problem(f"{label}/image.yaml", 0, text)])
    text = files.read_text(folder / file, errors="surrogateescape")
    return ImageFolder(file, _files(folder, label, {_NOT_IN_IT}), dockerfile.parse(text).arguments, text)


def read_beside(folder: Path, name: str, file: str, text: str) -> tuple[OwnFile, ...]:
    """The files that a template can copy: those of its folder, when it copies any.

    Raises ConfigError when the folder holds what is no file, leads out of it, or has the name of what difykit adds.
    """
    if not any(not copy.origin and copy.sources for copy in dockerfile.parse(text).copies):
        return ()
    label = f"images/{name}"
    if (folder / FOLDER).exists():
        raise ConfigError([Problem(f"{label}/{FOLDER}", 0, "difykit puts a folder of this name there: rename it")])
    return _files(folder, label, {_NOT_IN_IT, file})


def _files(folder: Path, label: str, without: set[str]) -> tuple[OwnFile, ...]:
    own_files, problems = [], []
    try:
        places = [pair for pair in files.tree_files(folder) if pair[0] not in without]
    except DifyKitError as error:
        raise ConfigError([Problem(label, 0, f"{error.message}, an image cannot be built from it")]) from error
    for path, file_path in places:
        if file_path.is_symlink() and _leaves(file_path, folder):
            problems.append(Problem(f"{label}/{path}", 0, f"is a link that leaves {label}: {file_path.readlink()}"))
        else:
            own_files.append(_file(path, file_path))
    if problems:
        raise ConfigError(problems)
    return tuple(own_files)


def copy_files(own_files: Iterable[OwnFile], folder: Path, to: Path) -> None:
    """Copy files of the folder as they were read. Raises DifyKitError when one has changed since."""
    for own_file in own_files:
        target = to / own_file.path
        target.parent.mkdir(parents=True, exist_ok=True)
        files.copy(folder / own_file.path, target)
        if own_file.mode != "120000":
            target.chmod(0o755 if own_file.mode == "100755" else 0o644)
        if _file(own_file.path, target) != own_file:
            raise DifyKitError(f"{folder / own_file.path} was changed during the build", hint="run it again")


def _leaves(link: Path, folder: Path) -> bool:
    target = link.readlink()
    end = Path(os.path.realpath(link.parent / target))
    return target.is_absolute() or not end.is_relative_to(os.path.realpath(folder))


def _file(path: str, file_path: Path) -> OwnFile:
    if file_path.is_symlink():
        return OwnFile(path, "120000", hashlib.sha256(os.fsencode(file_path.readlink())).hexdigest())
    mode, content = (
        "100755" if file_path.stat().st_mode & 0o100 else "100644",
        files.chunks(file_path, limit=files.CONTEXT),
    )
    digest = hashlib.sha256()
    for chunk in content:
        digest.update(chunk)
    return OwnFile(path, mode, digest.hexdigest())
