"""The files of a workspace changed so that a kill at any moment loses nothing: written down first, then put in place.

The journal is `.difykit/finish/`: it appears whole, with every file as it is to be, and goes when all are in place.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from difykit import files
from difykit.derived import journal_fault
from difykit.errors import Damaged, DifyKitError
from difykit.finish.chain import read_file
from difykit.finish.rebuild import FileWrite
from difykit.git import Blob
from difykit.patch.paths import printable
from difykit.workspace import Workspace


@dataclass(frozen=True)
class Journal:
    """Files on their way into the workspace, and what the work tree that they came from is settled on."""

    writes: tuple[FileWrite, ...]
    before: tuple[str, ...]
    """For each file, a digest of what it was."""
    tree: Path | None = None
    head: str = ""
    commit: str = ""


def begin(workspace: Workspace, writes: Sequence[FileWrite], *, tree: Path | None, head: str, commit: str) -> Journal:
    """Write the journal down. Raises OSError, with nothing changed, where the disk does not take it."""
    before = tuple(_digest(_look(workspace.root / each.path)) for each in writes)
    place = _place(workspace)
    shutil.rmtree(place, ignore_errors=True)
    with files.fresh_folder(place) as folder:
        rows = []
        for number, (each, old) in enumerate(zip(writes, before, strict=True)):
            row = {"path": os.fsencode(each.path).hex(), "mode": each.blob[0] if each.blob else None, "old": old}
            rows.append(row | ({"new": hashlib.sha256(each.blob[1]).hexdigest()} if each.blob else {}))
            if each.blob:
                files.write(folder / str(number), each.blob[1])
        told = {"files": rows, "tree": str(tree) if tree else None, "head": head, "commit": commit}
        files.write(folder / "journal.json", json.dumps(told))
    return Journal(tuple(writes), before, tree, head, commit)


def left(workspace: Workspace) -> Journal | None:
    """The journal of a finish that was cut off. Raises Damaged for one that cannot be carried out."""
    place = _place(workspace)
    if not os.path.lexists(place / "journal.json"):
        return None
    if fault := journal_fault(place):
        raise Damaged(
            f"a finish was cut off between two files, and {fault}",
            hint="difykit sync puts what it had begun aside; your edits in the work tree stay",
        )
    told = files.read_json(place / "journal.json")
    writes = []
    for number, row in enumerate(told["files"]):
        blob = (row["mode"], files.read_bytes(place / str(number), limit=files.TREE)) if row["mode"] else None
        writes.append(FileWrite(os.fsdecode(bytes.fromhex(row["path"])), blob))
    old = tuple(row["old"] for row in told["files"])
    return Journal(tuple(writes), old, Path(told["tree"]) if told["tree"] else None, told["head"], told["commit"])


def carry_out(workspace: Workspace, journal: Journal) -> None:
    """Put every file in its place; those that are there already stay.

    Raises DifyKitError, with nothing changed, where a file was changed by somebody else meanwhile.
    """
    changed = [
        each.path
        for each, old in zip(journal.writes, journal.before, strict=True)
        if _digest(now := _look(workspace.root / each.path)) != old and now != each.blob
    ]
    if changed:
        shown = "".join(f"\n  {printable(path)}" for path in changed)
        raise DifyKitError(
            f"a finish was cut off, and these files were changed since by somebody else:{shown}",
            hint=f"put them back as they were and finish again; or drop what it had begun: rm -r {_place(workspace)}",
        )
    for each in journal.writes:
        write_file(workspace.root, each, through=_place(workspace))


def end(workspace: Workspace) -> None:
    """Everything is in place: the journal goes, its list first."""
    (_place(workspace) / "journal.json").unlink(missing_ok=True)
    shutil.rmtree(_place(workspace), ignore_errors=True)


def write_file(root: Path, wanted: FileWrite, *, through: Path) -> None:
    """Make a file below `root` what it is to be, by rename; folders that are empty then go.

    What a kill leaves is in the folder `through`: in an overlay's tree it would be taken for a file of the overlay.
    """
    place = root / wanted.path
    if _look(place) == wanted.blob:
        return
    if wanted.blob is None:
        place.unlink()
        files.prune_empty(place, root)
        return
    mode, content = wanted.blob
    place.parent.mkdir(parents=True, exist_ok=True)
    new = through / "new"
    new.unlink(missing_ok=True)
    if mode == "120000":
        new.symlink_to(os.fsdecode(content))
    else:
        kept = stat.S_IMODE(place.stat().st_mode) & 0o666 if place.is_file() and not place.is_symlink() else 0o644
        files.write(new, content, mode=kept | (kept >> 2 & 0o111 if mode == "100755" else 0))
    new.replace(place)


def _place(workspace: Workspace) -> Path:
    return workspace.derived / "finish"


def _look(place: Path) -> Blob | None:
    there = os.path.lexists(place) and (place.is_symlink() or not place.is_dir())
    return read_file(place) if there else None


def _digest(blob: Blob | None) -> str:
    return hashlib.sha256(blob[0].encode() + b"\0" + blob[1]).hexdigest() if blob else ""
