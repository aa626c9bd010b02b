"""Transactions that an older difykit began: a finish, an upgrade as it landed, an adoption, each in its own way."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from difykit.core import files
from difykit.core.errors import Damaged
from difykit.core.scratch_files import remove
from difykit.core.transaction.change import Change, Delete, Take, Write, as_git, digest, settings
from difykit.core.transaction.journal import Broken, Known, Owner, link_above, path_fault

_FINISH, LANDING, _ADOPTION = "finish/journal.json", "upgrade/landing.json", "adopt/ready"
FINISH = Owner("finish", "a finish", "difykit finish")
ADOPTION = Owner("adopt", "an adoption", "difykit sync")
_WRONG = (OSError, ValueError, KeyError, TypeError, AttributeError)


def landing_of(to: str) -> Owner:
    """The upgrade to a release, as it lands."""
    return Owner("upgrade", f"the upgrade to {to}", "difykit upgrade.continue")


@dataclass(frozen=True)
class Earlier:
    """What an older difykit's journal says."""

    source: str
    owner: Owner
    note: Mapping[str, Any]
    changes: tuple[Known, ...]
    back: bool = False


def read(root: Path) -> Earlier | None:
    """The transaction of an older difykit; None where there is none. Raises Damaged for one that is not sound."""
    derived = root / ".difykit"
    readers: dict[str, Callable[[Path, Path], Earlier]] = {LANDING: _landing, _ADOPTION: _adoption, _FINISH: _finish}
    for source, reader in readers.items():
        if derived.is_dir() and files.present(derived / source):
            return reader(root, derived / source)
    return None


def forget(root: Path, source: str) -> None:
    """Take an older difykit's journal away, once it is written down anew."""
    if source in {_FINISH, LANDING, _ADOPTION}:
        journal_path = root / ".difykit" / source
        journal_path.unlink(missing_ok=True)
        if source != LANDING:  # of an upgrade, more than that is there
            remove(journal_path.parent if source == _FINISH else journal_path.parent / "made")


def _finish(root: Path, path: Path) -> Earlier:
    """Rows of hexadecimal paths, git's modes and digests; the files beside it by their numbers."""
    try:
        record = files.read_json(path)
        rows = enumerate(record["files"])
        changes = tuple(_of_finish(root, path.with_name(str(number)), row) for number, row in rows)
        note = {key: record[key] for key in ("tree", "head", "commit")}
    except Broken:
        raise
    except _WRONG as error:
        raise Broken(path.parent, FINISH, "its journal cannot be read") from error
    return Earlier(_FINISH, FINISH, note, changes)


def _of_finish(root: Path, stored: Path, row: Mapping[str, Any]) -> Known:
    name = os.fsdecode(bytes.fromhex(row["path"]))
    if fault := path_fault(name) or (link_above(root, name) and "leads through a link"):
        raise Broken(stored.parent, FINISH, f"the path {name!r} in its journal {fault}")
    blob = (row["mode"], files.read_bytes(stored, limit=files.TREE)) if row["mode"] else None
    if blob and row.get("new", _sha(blob[1])) != _sha(blob[1]):
        raise Broken(stored.parent, FINISH, f"the file {stored.name} of its journal is broken")
    before = digest(root / name) if row["old"] == _git_digest(root / name) else f"unknown {row['old']}"
    return Known(as_git(root, name, blob), before if row["old"] else "")


def _git_digest(path: Path) -> str:
    if path.is_symlink():
        return _sha(b"120000\0" + os.fsencode(path.readlink()))
    if not path.is_file():
        return ""
    mode = b"100755" if path.stat().st_mode & 0o100 else b"100644"
    return _sha(mode + b"\0" + files.read_bytes(path, limit=files.TREE))


def _sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _landing(_: Path, path: Path) -> Earlier:
    """Moves of files, as they were in `before` and are to be in `staged`, both by their paths."""
    try:
        record = files.read_json(path)
        changes = tuple(_moved(path.parent, move) for move in record["moves"])
        note = {"to": str(record["to"]), "git": record.get("git")}
    except _WRONG as error:
        raise Damaged(
            f"{path} cannot be read: it is damaged, or another version of difykit wrote it",
            hint="go on with the difykit that started it; or difykit upgrade.abort, which puts all of it aside",
        ) from error
    return Earlier(LANDING, landing_of(str(note["to"])), note, changes, back=bool(record.get("back")))


def _moved(folder: Path, move: Mapping[str, Any]) -> Known:
    name = move["path"]
    if fault := files.path_fault(name):
        raise ValueError(fault)
    old, new = (folder / side / name for side in ("before", "staged"))
    original = old if move["before"] is not None else None
    change = Take(name, new) if move["after"] is not None else Delete(name)
    for location in (original, new if isinstance(change, Take) else None):
        if location and (link_above(folder, location.relative_to(folder).as_posix()) or not digest(location)):
            raise ValueError(f"{location} is gone")
    return Known(change, digest(original) if original else "", original)


def _adoption(root: Path, path: Path) -> Earlier:
    """A folder laid out as a workspace, and the digests of its files; the settings come last."""
    staged = path.parent / "made"
    if fault := _adoption_fault(root, path, staged):
        raise Damaged(
            f"an adoption was cut off while it was moved in, and {fault}",
            hint=f"put overlays/, patches/ and difykit.yaml right (git status), then: rm {path}",
        )
    changes = tuple(Known(change, digest(root / change.path)) for change in _adopted(root, staged))
    return Earlier(_ADOPTION, ADOPTION, {}, changes)


def _adopted(root: Path, staged: Path) -> Iterator[Change]:
    for folder in sorted((staged / "overlays").glob("*")):
        if not folder.is_symlink():
            yield from (Take(f"overlays/{folder.name}/{name}", file) for name, file in files.tree_files(folder))
    patches = [name for name, _ in files.tree_files(staged / "patches")] if (staged / "patches").is_dir() else []
    for name in sorted(patches, key=lambda name: name == "series"):
        yield Write(f"patches/{name}", files.read_bytes(staged / "patches" / name, limit=files.PATCH))
    if (staged / ".env").is_file():
        yield Write(".env", files.read_bytes(staged / ".env"), 0o600)
    yield settings(root, files.read_bytes(staged / "difykit.yaml"))


def _adoption_fault(root: Path, path: Path, staged: Path) -> str:
    """What of the result is broken or gone, "" for nothing; an overlay that is moved in is in the workspace."""
    if not (staged / "difykit.yaml").is_file():
        return f"{staged} is gone"
    try:
        listed = dict(files.read_json(path)["files"])
    except _WRONG:  # the first of them wrote a name alone
        return "" if (staged / "difykit.yaml").stat().st_size else f"{staged / 'difykit.yaml'} is empty"
    for name, content in listed.items():
        overlay = "/".join(name.split("/")[:2])
        if name.startswith("overlays/") and not (staged / overlay).exists() and (root / overlay).exists():
            continue  # its user may have changed it since
        places = [
            candidate for candidate in (staged / name, root / name) if candidate.is_symlink() or candidate.is_file()
        ]
        if content not in {_plain_digest(candidate) for candidate in places}:
            return f"{staged / name} is broken or gone"
    return ""


def _plain_digest(path: Path) -> str:
    return _sha(os.fsencode(path.readlink()) if path.is_symlink() else files.read_bytes(path, limit=files.TREE))
