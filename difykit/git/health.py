"""Everything below `.difykit` looked at, as deep as it takes: what is damaged, and the command that mends it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from difykit.core import files, transaction
from difykit.core.errors import CommandFailed, Damaged, in_line
from difykit.git.damage import RepositoryFault, Seen, broken_objects, describe, object_files, store_faults, tree_faults
from difykit.git.repair_store import lacks_objects
from difykit.git.store import Store
from difykit.git.worktree import WorkTree
from difykit.workspace.damage import no_folders, unreadable
from difykit.workspace.derived import check_derived
from difykit.workspace.state import STORE_FILES, read_store_files

SYNC = "difykit sync"


@dataclass(frozen=True)
class Harm:
    """A thing below `.difykit` that is damaged, and what mends it."""

    text: str
    mend: str


def look_over(root: Path) -> list[Harm]:
    """What is damaged below `.difykit` of the workspace at `root`. Nothing is changed."""
    derived = root / ".difykit"
    try:
        check_derived(derived)
    except Damaged as error:
        return [Harm(error.message, error.hint)]
    if not derived.is_dir():
        return []
    store = Store(derived / "upstream.git")
    harms = [*_access(derived), *_store(derived, store)]
    harms += _tree(root, WorkTree(derived / "source", store, only_look=True), store)
    harms += [Harm(f"{derived / name} cannot be read", SYNC) for name in unreadable(derived)]
    harms += [Harm(f"{derived / name} is not a folder", SYNC) for name in no_folders(derived)]
    return [*harms, *_journals(derived, store), *_release(derived / "release")]


def _access(derived: Path) -> Iterator[Harm]:
    if not os.access(derived, os.R_OK | os.W_OK | os.X_OK):
        yield Harm(f"{derived} cannot be written", f"give it to your user, or mount it writable: ls -ld {derived}")


def _store(derived: Path, store: Store) -> Iterator[Harm]:
    path = store.path
    if not os.path.lexists(path) or (path.is_dir() and not any(path.iterdir())):
        return
    faults = store_faults(path) or broken_objects(path)
    if faults:
        yield Harm(
            f"{path} is damaged: {describe(faults)}",
            _again(derived, broken_objects(path, _checked_objects(derived)), faults),
        )
    elif lacks_objects(path):
        gone = not (_checked_objects(derived) or {}).keys() <= {*object_files(path), "../shallow"}
        forget = "" if gone or _checked_objects(derived) is None else f"rm {derived / STORE_FILES}; "
        yield Harm(f"{path} is damaged: it lacks objects of its commits", f"{forget}{SYNC}")


def _checked_objects(derived: Path) -> Seen | None:
    return read_store_files(derived)


def _again(derived: Path, quick: list[RepositoryFault], faults: list[RepositoryFault]) -> str:
    """A sync reads only what looks otherwise than last time: where that does not show, it has to forget that look."""
    shown = quick or any(not fault.path.startswith("objects/") for fault in faults)
    return SYNC if shown else f"rm {derived / STORE_FILES}; {SYNC}"


def _tree(root: Path, tree: WorkTree, store: Store) -> Iterator[Harm]:
    if tree.path.is_symlink() or (tree.path.exists() and not tree.path.is_dir()):
        yield Harm(f"{tree.path} is not a folder of difykit's", f"move {tree.path} away, then: {SYNC}")
        return
    faults = tree_faults(tree, store)
    if faults and faults[0].path == ".git" and not _was_synced(root):
        yield Harm(f"{tree.path} exists and is not difykit's work tree", f"move {tree.path} away, then: {SYNC}")
        return
    if not faults and tree.git_dir.is_dir():
        faults = broken_objects(tree.git_dir)
    if faults:
        yield Harm(f"{tree.path} is damaged: {describe(faults)}; a sync keeps edits of yours", SYNC)
    elif store_faults(store.path):
        return  # git would answer for the store, from which the tree borrows
    elif tree.git_dir.is_dir() and not tree.interrupted() and any(path.name != ".git" for path in tree.path.iterdir()):
        if tree.head() is None:
            yield Harm(f"the commit that {tree.path} is at is lost; a sync keeps edits of yours", SYNC)
        elif text := _status_fault(tree):
            yield Harm(f"{tree.path} is damaged: {text}; a sync keeps edits of yours", SYNC)


def _was_synced(root: Path) -> bool:
    return (root / ".difykit" / "source.json").exists() or (root / "difykit.lock").exists()


def _status_fault(tree: WorkTree) -> str:
    try:
        tree.dirty()
    except CommandFailed as error:
        return (error.output.strip().splitlines() or ["git cannot read it"])[0]
    return ""


def _journals(derived: Path, store: Store) -> Iterator[Harm]:
    try:
        transaction.pending(derived.parent)
    except Damaged as error:
        yield Harm(error.message, error.hint)
    path = derived / "upgrade" / "journal.json"
    if os.path.lexists(path) and not _is_json(path):
        yield Harm(f"{path} cannot be read", "difykit upgrade.abort, which puts all of the upgrade aside")
    work = WorkTree(derived / "upgrade" / "work", store, only_look=True)
    if faults := tree_faults(work, store):
        yield Harm(f"{work.path} is damaged: {describe(faults)}", "difykit upgrade.abort, which puts it aside")


def _is_json(path: Path) -> bool:
    try:
        return isinstance(files.read_json(path), dict)
    except (OSError, ValueError):
        return False


def _release(folder: Path) -> Iterator[Harm]:
    """A release folder that lacks what its manifest lists."""
    if not folder.is_dir():
        return
    try:
        names = [str(name) for name in files.read_json(folder / "manifest.json")["files"]]
    except (OSError, ValueError, KeyError, TypeError):
        yield Harm(f"{folder} has no manifest.json that can be read", "difykit render")
        return
    if lost := [name for name in names if not (folder / name).is_file()]:
        yield Harm(f"{folder} lacks {in_line(lost, 3)}", "difykit render")
