"""From the scratch folder into the workspace: once begun, it is carried to its end, by whoever comes next."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
from pathlib import Path

from difykit import files
from difykit.adopt.write import SERIES, SETTINGS
from difykit.errors import Damaged, DifyKitError
from difykit.overlay.enable import write_settings
from difykit.workspace import Workspace

_MADE = "made"
_READY = "ready"
_PATIENCE = 20.0


def scratch(workspace: Workspace) -> Path:
    """An empty folder for the result. What a killed run left there is taken away."""
    place = workspace.derived / "adopt" / _MADE
    clear(workspace)
    place.mkdir(parents=True)
    return place


def clear(workspace: Workspace) -> None:
    """Take the scratch folder away; never one that is ready, which `finish` needs."""
    if not is_ready(workspace):
        shutil.rmtree(workspace.derived / "adopt" / _MADE, ignore_errors=True)


def is_ready(workspace: Workspace) -> bool:
    """Whether an adoption was begun to be moved in, and not finished: its run was killed."""
    return (workspace.derived / "adopt" / _READY).exists()


def move_in(workspace: Workspace, name: str) -> None:
    """Move the scratch folder's content into the workspace.

    From the first write on it is certain that all of it comes in: a run that is killed leaves the note that `finish`
    goes by, and every command does that first.
    """
    made = workspace.derived / "adopt" / _MADE
    for other in [path for path in (made / "overlays").glob("*") if path.is_symlink()]:
        other.unlink()  # those of the workspace, lent for the proof
    os.sync()  # what the note promises must be there, also after the power was cut
    note = {"name": name, "files": {path: _digest(place) for path, place in files.tree_files(made)}}
    files.write(workspace.derived / "adopt" / _READY, json.dumps(note))
    _carry(workspace, made)


def finish(workspace: Workspace) -> bool:
    """Carry an adoption that was killed while it was moved in to its end; False when there was none.

    Raises DifyKitError when another difykit is at work.
    """
    if not is_ready(workspace):
        return False
    lock = workspace.derived / "lock"
    with files.locked(lock, "difykit adopt", patience=_PATIENCE):
        if is_ready(workspace):
            _carry(workspace, workspace.derived / "adopt" / _MADE)
    return True


def _carry(workspace: Workspace, made: Path) -> None:
    """Every step can be done again. The series and the settings come last: until then nothing of it is used."""
    if fault := _fault(workspace, made):
        note = workspace.derived / "adopt" / _READY
        text = f"an adoption was cut off while it was moved in, and {fault}"
        raise Damaged(text, hint=f"put overlays/, patches/ and {SETTINGS} right (git status), then: rm {note}")
    with files.locked(workspace.derived / "settings.lock", "difykit adopt", patience=_PATIENCE):
        for folder in sorted((made / "overlays").glob("*")):
            _move_folder(folder, workspace.root / "overlays" / folder.name)
        patches = [path for path, _ in files.tree_files(made / "patches")] if (made / "patches").is_dir() else []
        for path in sorted(patches, key=lambda path: f"patches/{path}" == SERIES):
            files.write(workspace.patches / path, files.read_bytes(made / "patches" / path, limit=files.PATCH))
        if (made / ".env").is_file():
            files.write(workspace.env_file, files.read_bytes(made / ".env"), mode=0o600)
        write_settings(workspace, files.read_text(made / SETTINGS))
        (workspace.derived / "adopt" / _READY).unlink()
    clear(workspace)


def _fault(workspace: Workspace, made: Path) -> str:
    """What of the result is broken or gone, "" for nothing; an overlay that is moved in is in the workspace."""
    if not (made / SETTINGS).is_file():
        return f"{made} is gone"
    try:
        listed = files.read_json(workspace.derived / "adopt" / _READY)["files"]
        for path, digest in listed.items():
            overlay = "/".join(path.split("/")[:2])
            if path.startswith("overlays/") and not (made / overlay).exists() and (workspace.root / overlay).exists():
                continue  # its user may have changed it since
            places = [made / path, workspace.root / path]
            if digest not in {_digest(place) for place in places if place.is_symlink() or place.is_file()}:
                return f"{made / path} is broken or gone"
    except (ValueError, KeyError, TypeError, AttributeError):  # difykit before this one wrote a name alone
        return "" if (made / SETTINGS).stat().st_size else f"{made / SETTINGS} is empty"
    return ""


def _digest(place: Path) -> str:
    content = os.fsencode(place.readlink()) if place.is_symlink() else files.read_bytes(place, limit=files.TREE)
    return hashlib.sha256(content).hexdigest()


def _move_folder(folder: Path, to: Path) -> None:
    to.parent.mkdir(exist_ok=True)
    try:
        folder.rename(to)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise DifyKitError(f"{to} cannot be made: {error.strerror}", hint="move it away, then again") from error
        with files.fresh_folder(to) as new:  # `.difykit/` is on another file system
            files.copy_tree(folder, new)
        shutil.rmtree(folder)
