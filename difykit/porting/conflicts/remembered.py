"""What is remembered of resolutions, one at a time: listed, shown, forgotten."""

from __future__ import annotations

import difflib
from pathlib import Path

from difykit.core import files
from difykit.core.errors import Damaged
from difykit.core.progress import Progress
from difykit.git import Store, diff
from difykit.porting.apply.journal import IndexStage, Places
from difykit.porting.conflicts.notebook import Resolution
from difykit.porting.conflicts.resolutions import Memory
from difykit.workspace.workspace import Workspace

_BINARY = "(not a text: {size} bytes)"


def every(workspace: Workspace) -> tuple[Resolution, ...]:
    """All resolutions that are remembered, the oldest first."""
    with Store(workspace.store) as store:
        return Memory(Places(workspace.derived).resolutions, store).notebook.every()


def forget(workspace: Workspace, word: str, progress: Progress) -> Resolution:
    """Forget the resolution of a name or path, in every memory. Raises DifyKitError where there is none, or several."""
    with (
        files.locked(workspace.derived / "lock", "difykit upgrade.resolutions", on_wait=progress.skip),
        Store(workspace.store) as store,
    ):
        memory = Memory(Places(workspace.derived).resolutions, store)
        note = memory.notebook.named(word)
        memory.forget_one(note)
        return note


def show(workspace: Workspace, word: str) -> tuple[Resolution, str]:
    """The resolution of a name or path, and what was made there, against the release's file where that is known.

    Raises DifyKitError where there is none, or several.
    """
    with Store(workspace.store) as store:
        memory = Memory(Places(workspace.derived).resolutions, store)
        note = memory.notebook.named(word)
        keys = [key for key in note.memories if memory.notebook.holds(key)]
        ordered_keys = sorted(keys, key=lambda key: ("files/", "overlays/", "merges/", "rr-cache/").index(_folder(key)))
        return note, _text(memory, store, note, ordered_keys[0])


def _folder(key: str) -> str:
    return key.partition("/")[0] + "/"


def _text(memory: Memory, store: Store, note: Resolution, key: str) -> str:
    path = memory.folder / key
    if key.startswith("merges/"):
        return _merge(memory, store, note, key)
    if key.startswith("rr-cache/"):
        return _compared(_first(path, "preimage"), _first(path, "postimage") or b"")
    if key.endswith(".gone"):
        return "the file was dropped"
    content = files.read_bytes(path, limit=files.TREE)
    return _compared(_released(store, note.ours), content)


def _first(folder: Path, name: str) -> bytes | None:
    """The file of this name, or its first variant."""
    path = next(iter(sorted(folder.glob(f"{name}*"))), None)
    return files.read_bytes(path, limit=files.TREE) if path else None


def _merge(memory: Memory, store: Store, note: Resolution, key: str) -> str:
    commit = memory.merge(key)
    if commit is None:
        return "its commit is gone"
    paths = (note.path,) if note.path else ()
    return diff(store, f"{commit}^", commit, paths=paths).decode("utf-8", "replace")


def _released(store: Store, stage: IndexStage | None) -> bytes | None:
    """The release's file; None where there is none, or none that is here."""
    try:
        return store.blob(stage.oid) if stage else None
    except Damaged:
        return None


def _compared(before: bytes | None, after: bytes) -> str:
    """What changed, as a diff; the whole text where there is nothing to compare it with."""
    if b"\0" in after:
        return _BINARY.format(size=len(after))
    new = after.decode("utf-8", "replace")
    if before is None:
        return new
    old = before.decode("utf-8", "replace")
    rows = difflib.unified_diff(old.splitlines(), new.splitlines(), "the release", "resolved", lineterm="")
    return "\n".join(rows) or "as the release has it"
