"""The workspace of a bundle in a folder: a new one made whole, one that is there brought up to date.

What an earlier bundle wrote may be replaced; what somebody changed since is theirs. `.env` and data stay unread.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from difykit.bundle.archive import Bundle
from difykit.bundle.contents import travelling
from difykit.bundle.record import WORKSPACE, is_secret, may_travel
from difykit.core import files, transaction
from difykit.core.errors import DifyKitError
from difykit.core.progress import Progress
from difykit.core.transaction import Change, Delete, Owner, Take, Write
from difykit.workspace.workspace import check_new_folder

OWNER = Owner("bundle", "a bundle.load", "difykit bundle.load")
_NOTE = Path(".difykit") / "bundle.json"


@dataclass(frozen=True)
class Placing:
    """What becomes of a folder's files."""

    folder: Path
    new: bool
    """Whether there is no such folder yet."""
    write: tuple[str, ...]
    remove: tuple[str, ...]
    """Files of an earlier bundle that this one does not have."""
    changed: tuple[str, ...]
    """Files that no bundle wrote like that, and that this one has otherwise or no more."""

    def describe(self) -> dict[str, Any]:
        """As `--json` has it."""
        lists = {"write": list(self.write), "remove": list(self.remove), "changed": list(self.changed)}
        return {"folder": str(self.folder), "new": self.new, **lists}


def plan_place(bundle: Bundle, folder: Path) -> Placing:
    """What would become of a folder. Raises DifyKitError when it is neither empty nor a workspace."""
    _check_folder(bundle, folder)
    entries, earlier = bundle.record.below(WORKSPACE), _earlier_digests(folder)
    write, changed = [], []
    for path, entry in entries.items():
        digest = _digest(folder / path)
        if digest == entry.sha256 and bool((folder / path).stat().st_mode & 0o100) == entry.executable:
            continue
        write.append(path)
        if digest not in {"", entry.sha256, *earlier.get(path, ())}:
            changed.append(path)
    gone = [path for path in earlier if path not in entries and _digest(folder / path)]
    changed += [path for path in gone if _digest(folder / path) not in earlier[path]]
    # What was added there would be in the source too, which would be another then.
    present = [path for path, _ in travelling(folder)] if folder.is_dir() else []
    changed += [path for path in present if path not in entries and path not in earlier]
    return Placing(folder, not folder.exists(), tuple(sorted(write)), tuple(sorted(gone)), tuple(sorted(changed)))


def _check_folder(bundle: Bundle, folder: Path) -> None:
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise DifyKitError(f"{folder} is not a folder; nothing was touched", hint="name another one: --into DIR")
    check_new_folder(folder)
    is_workspace = (folder / "difykit.yaml").is_file() or (folder / _NOTE).is_file()
    _check_writable(folder)
    # A run that was killed early leaves .difykit and nothing in it that matters.
    own_paths = {bundle.path, folder / _NOTE.parent}
    if not is_workspace and folder.is_dir() and any(path not in own_paths for path in folder.iterdir()):
        raise DifyKitError(
            f"{folder} is not empty and no workspace; nothing was touched", hint="name another folder: --into DIR"
        )


def _check_writable(folder: Path) -> None:
    ancestor = next(path for path in (folder, *folder.parents) if path.exists())
    if not (ancestor.is_dir() and os.access(ancestor, os.W_OK | os.X_OK)):
        raise DifyKitError(
            f"{folder} cannot be written: {ancestor} is not a folder of your user; nothing was touched",
            hint="name another one: --into DIR",
        )


def refuse_changed(placing: Placing) -> None:
    """Raises DifyKitError that lists what somebody changed since an earlier bundle, when there is anything."""
    if placing.changed:
        shown = "".join(f"\n  {path}" for path in placing.changed[:20])
        more = f"\n  and {len(placing.changed) - 20} more" if len(placing.changed) > 20 else ""
        raise DifyKitError(
            f"{placing.folder} has files that no bundle wrote, or that were changed since:{shown}{more}\n"
            "nothing was touched",
            hint="bring those changes to where the bundle is made; or take the bundle's, and keep these aside:"
            " --replace",
        )


def write_files(bundle: Bundle, folder: Path, placing: Placing, progress: Progress) -> None:
    """Bring the folder's files to those of the bundle, all or none; changed ones go aside first, if there are any.

    Raises DifyKitError while another difykit is at work there, OSError where the disk does not take it.
    """
    for path in {*placing.changed, *placing.remove, *placing.write}:
        _check_inside(folder, path)
    mark = bundle.summary.seal[7:15]
    below = [path for path in placing.changed if {*map(str, Path(path).parents)} & {*placing.changed}]
    aside = {path: _aside(folder, mark, path) for path in placing.changed if path not in below}
    with files.locked(folder / _NOTE.parent / "lock", "difykit bundle.load"):
        journal = transaction.begin(folder, _changes(bundle, folder, placing, aside), OWNER)
        transaction.forward(journal, progress)
        transaction.end(journal)
    for path, backup in aside.items():
        progress.ok(f"{path}: the changed one is kept as {backup.relative_to(folder)}")


def _changes(bundle: Bundle, folder: Path, placing: Placing, aside: Mapping[str, Path]) -> Iterator[Change]:
    for path, backup in aside.items():
        original = folder / path
        parts = files.tree_files(original) if original.is_dir() and not original.is_symlink() else [("", original)]
        yield from (Take((backup / name).relative_to(folder).as_posix(), part) for name, part in parts)
    yield from (Delete(path) for path in sorted({*aside, *placing.remove} - {*placing.write}))
    entries = bundle.record.below(WORKSPACE)
    digests = {path: [entry.sha256] for path, entry in sorted(entries.items())}
    yield Write(_NOTE.as_posix(), (json.dumps({"files": digests}, indent=1) + "\n").encode())
    # The last makes a folder a workspace.
    for path in sorted(placing.write, key=lambda path: (path == "difykit.yaml", path)):
        yield Write(path, bundle.read(WORKSPACE + path), entries[path].mode)


def _aside(folder: Path, mark: str, path: str) -> Path:
    """A place for a changed file: not beside it, where difykit would read it as a part of an overlay."""
    backup, number = folder / f".before-{mark}" / path, 1
    while backup.exists():
        backup, number = folder / f".before-{mark}-{number}" / path, number + 1
    return backup


def _earlier_digests(folder: Path) -> dict[str, tuple[str, ...]]:
    """What earlier bundles wrote here: path → digests. A note that cannot be read says nothing."""
    try:
        entries = files.read_json(folder / _NOTE)["files"]
        pairs = {str(path): tuple(map(str, digests)) for path, digests in entries.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}
    return {path: digests for path, digests in pairs.items() if may_travel(path) and not is_secret(path)}


def _digest(path: Path) -> str:
    """Of a file; "" where there is none, "other" for what is no file."""
    if path.is_symlink() or (path.exists() and not path.is_file()):
        return "other"
    if not path.exists():
        return ""
    digest = hashlib.sha256()
    for chunk in files.chunks(path):
        digest.update(chunk)
    return digest.hexdigest()


def _check_inside(folder: Path, path: str) -> None:
    """A folder of the workspace may be a link by now."""
    for parent in (folder / path).parents:
        if parent == folder:
            return
        if parent.is_symlink() or (parent.exists() and not parent.is_dir()):
            raise DifyKitError(f"{parent} is not a folder", hint="move it away, then run bundle.load again")
