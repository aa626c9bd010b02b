"""The files of a workspace that travel: those that difykit reads, and none that holds secrets."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping
from pathlib import Path

from difykit.bundle.record import BLOBS, SOURCE, WHEELS, WORKSPACE, BundleEntry, is_read, is_secret
from difykit.core import files
from difykit.core.errors import ConfigError, Problem
from difykit.core.files import tree_files
from difykit.workspace.manifest import wheel_fault, wheel_path
from difykit.workspace.workspace import Workspace

_DERIVED = frozenset({"data", "images.json", "registry.json", "__pycache__"})
Content = Path | bytes
File = tuple[bool, bytes]
"""Whether a file is executable, and its content."""


def workspace_files(workspace: Workspace) -> dict[str, File]:
    """The files by their path in the workspace, with the wheel that `toolkit` names there.

    Raises ConfigError for links, for what is called as files with secrets are, and for a wheel of another hash.
    """
    contents: dict[str, File] = {}
    problems: list[Problem] = []
    wheel = wheel_path(workspace.settings.toolkit)
    places = dict(travelling(workspace.root))
    if wheel and os.path.lexists(workspace.root / wheel):
        places[wheel] = workspace.root / wheel
    for path, location in sorted(places.items()):
        if is_secret(path):
            problems.append(Problem(path, 0, "is a file for secrets, and those do not travel; name them in `secrets`"))
        elif location.is_symlink():
            problems.append(Problem(path, 0, "is a link; a bundle holds files only"))
        elif path == wheel and (fault := wheel_fault(workspace.root, workspace.settings.toolkit)):
            problems.append(Problem(path, 0, fault))
        else:
            contents[path] = bool(location.stat().st_mode & 0o100), files.read_bytes(location, limit=files.TREE)
    if problems:
        raise ConfigError(problems)
    return contents


def travelling(root: Path) -> list[tuple[str, Path]]:
    """What difykit reads in a workspace's folder, as far as it is there: path and place."""
    pairs = []
    for entry in sorted(root.iterdir()):
        if entry.is_dir() and not entry.is_symlink():
            if is_read(f"{entry.name}/x"):
                pairs += [(f"{entry.name}/{path}", file_path) for path, file_path in tree_files(entry)]
        elif is_read(entry.name):
            pairs.append((entry.name, entry))
    return pairs


def left_here(workspace: Workspace) -> list[str]:
    """What is at the top of the workspace and does not travel, but for what is made or kept on each machine."""
    names = {entry.name for entry in workspace.root.iterdir()}
    data = workspace.data.name if workspace.data.parent == workspace.root else ""
    read_names = {name for name in names if is_read(name) or is_read(f"{name}/x")}
    wheel = wheel_path(workspace.settings.toolkit)
    top, slash, inner = wheel.partition("/")
    if slash and [path for path, _ in tree_files(workspace.root / top)] == [inner]:
        read_names.add(top)
    return sorted(name for name in names - read_names - _DERIVED - {data, wheel} if not name.startswith("."))


def entries(
    blobs: Mapping[str, tuple[Content, int]],
    layout: Mapping[str, bytes],
    pack: bytes,
    workspace: Mapping[str, File],
    wheels: Mapping[str, bytes],
) -> tuple[tuple[BundleEntry, ...], dict[str, Content]]:
    """What a bundle has, in its order, and the content of each; `blobs` are by digest, with their sizes."""
    plain: dict[str, File] = {path: (False, content) for path, content in {**layout, SOURCE: pack}.items()}
    plain |= {WORKSPACE + path: file for path, file in workspace.items()}
    plain |= {WHEELS + name: (False, content) for name, content in wheels.items()}
    listed = [
        BundleEntry(path=path, size=len(content), sha256=hashlib.sha256(content).hexdigest(), executable=executable)
        for path, (executable, content) in plain.items()
    ]
    contents: dict[str, Content] = {path: content for path, (_, content) in plain.items()}
    for digest, (content, size) in blobs.items():
        plain_digest = digest.removeprefix("sha256:")
        listed.append(BundleEntry(path=BLOBS + plain_digest, size=size, sha256=plain_digest))
        contents[BLOBS + plain_digest] = content
    return tuple(sorted(listed, key=lambda entry: entry.path)), contents


def folder_name(workspace: Workspace) -> str:
    """What the workspace's folder is called, as far as every system takes it."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", workspace.root.name).lstrip("._-") or "dify"
