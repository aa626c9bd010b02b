"""The journals of an older difykit, written out as it wrote them: of a finish, a landing and an adoption."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path

from tests.support.trees import write_tree

Blob = tuple[str, bytes]


def sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def finish_journal(root: Path, rows: Mapping[str, tuple[Blob | None, Blob | None]], **note: str | None) -> Path:
    """`.difykit/finish`: for each path what was and what is to be; the folder."""
    folder = root / ".difykit/finish"
    folder.mkdir(parents=True)
    files = []
    for number, (path, (old, new)) in enumerate(rows.items()):
        row = {"path": os.fsencode(path).hex(), "mode": new[0] if new else None}
        row["old"] = sha(old[0].encode() + b"\0" + old[1]) if old else ""
        files.append(row | ({"new": sha(new[1])} if new else {}))
        if new:
            (folder / str(number)).write_bytes(new[1])
    told = {"files": files, "tree": None, "head": "", "commit": ""} | note
    (folder / "journal.json").write_text(json.dumps(told))
    return folder


def landing_journal(
    root: Path, rows: Mapping[str, tuple[str | None, str | None]], *, back: bool = False, git: object = None
) -> Path:
    """`.difykit/upgrade` with `staged`, `before` and `landing.json`: for each path what was and what is to be."""
    folder = root / ".difykit/upgrade"
    write_tree(folder / "before", {path: old for path, (old, _) in rows.items() if old is not None})
    write_tree(folder / "staged", {path: new for path, (_, new) in rows.items() if new is not None})
    moves = [
        {"path": path, "before": old and 0o644, "after": new and 0o644, "phase": "ported"}
        for path, (old, new) in rows.items()
    ]
    told = {"version": 1, "to": "1.1.0", "moves": moves, "git": git, "back": back}
    (folder / "landing.json").write_text(json.dumps(told, indent=1) + "\n")
    return folder


def adoption_journal(root: Path, tree: Mapping[str, str], *, name_alone: bool = False) -> Path:
    """`.difykit/adopt` with `made` and `ready`."""
    folder = root / ".difykit/adopt"
    write_tree(folder / "made", tree)
    note = {"name": "fork", "files": {path: sha(text.encode()) for path, text in tree.items()}}
    (folder / "ready").write_text("fork" if name_alone else json.dumps(note))
    return folder
