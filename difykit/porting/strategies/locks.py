"""Lock files: upstream's, and how to make them again where that is due.

A lock file is made by a program from the manifest beside it, so merging its lines would make one that no program
would. Upstream's is safe to take where the customised side asks for no other packages, and where the install itself
compares the two and stops (`uv sync --locked`, `pnpm install`, `npm ci`). `uv sync --frozen`, which Dify's api has from
1.15 on, and poetry install what the lock says in silence: there a person must make it, before a build lacks a package.
"""

from __future__ import annotations

import json
import tomllib
from typing import Any

from difykit.git import Changes, Store
from difykit.porting.strategies.model import Conflict, Solved, Trees

_LOCKS = {
    "uv.lock": ("pyproject.toml", "uv lock"),
    "poetry.lock": ("pyproject.toml", "poetry lock"),
    "pnpm-lock.yaml": ("package.json", "pnpm install --lockfile-only"),
    "package-lock.json": ("package.json", "npm install --package-lock-only"),
    "yarn.lock": ("package.json", "yarn install --mode update-lockfile"),
}
_STRICT = {"pnpm-lock.yaml", "package-lock.json", "yarn.lock"}
_NODE = (
    "dependencies",
    "devDependencies",
    "optionalDependencies",
    "peerDependencies",
    "overrides",
    "resolutions",
    "pnpm",
)


def take_lock(store: Store, conflict: Conflict, trees: Trees) -> tuple[Changes, Solved] | None:
    """Upstream's lock file, or that it has none; the note says whether it has to be made again, and how."""
    folder, _, name = conflict.path.rpartition("/")
    if name not in _LOCKS or conflict.kind not in {"content", "add/add", "modify/delete"}:
        return None
    entry = conflict.ours
    changes: Changes = {conflict.path: (entry.mode, store.blob(entry.oid)) if entry else None}
    manifest, command = _LOCKS[name]
    path = f"{folder}/{manifest}" if folder else manifest
    note = "taken from upstream" if entry else "upstream has none here any more"
    if _asks_for_others(path, trees):
        if entry and not _compared(name, folder, trees):
            return None
        at = f" in {folder}" if folder else ""
        note += f"; {path} asks for other packages on your side: make it again with `{command}`{at} before a build"
    return changes, Solved(conflict.path, "lock file", note)


def _asks_for_others(path: str, trees: Trees) -> bool:
    """Whether the customised side asks for other packages: by this merge, or by another patch or an overlay."""
    pairs = [(trees.base.read(path), trees.theirs.read(path))]
    if trees.own and trees.pin and path in trees.own.entries:
        pairs.append((trees.pin.read(path), trees.own.read(path)))
    return any(_wants(before) != _wants(after) for before, after in pairs)


def _compared(name: str, folder: str, trees: Trees) -> bool:
    """Whether the image's build stops where the lock file does not hold what the manifest asks for."""
    if name in _STRICT:
        return True
    dockerfile = trees.ours.read(f"{folder}/Dockerfile" if folder else "Dockerfile")
    return name == "uv.lock" and dockerfile is not None and b"uv sync --locked" in dockerfile[1]


def _wants(blob: tuple[str, bytes] | None) -> Any:
    """What a manifest asks for; a manifest that cannot be read asks for what it says."""
    if blob is None:
        return None
    try:
        if blob[1].lstrip().startswith(b"{"):
            node = json.loads(blob[1])
            return [node.get(key) for key in _NODE]
        project = tomllib.loads(blob[1].decode())
    except (ValueError, AttributeError, RecursionError):
        return blob[1]
    table = project.get("project", {})
    tool = project.get("tool", {})
    return [table.get("dependencies"), table.get("optional-dependencies"), table.get("requires-python"),
            project.get("dependency-groups"), tool.get("uv"), tool.get("poetry")]  # fmt: skip


def is_lock(path: str) -> bool:
    """Whether only its own program may write this file."""
    return path.rpartition("/")[2] in _LOCKS
