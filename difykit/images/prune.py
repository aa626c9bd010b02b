"""Which of the workspace's own images the engine can forget: those that no build, release folder or container needs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path

from difykit import engine, files, state
from difykit.deploy import releases
from difykit.progress import Progress
from difykit.render import Manifest
from difykit.workspace import Workspace


@dataclass(frozen=True)
class Pruned:
    """What goes, and what stays and why."""

    gone: tuple[str, ...]
    kept: Mapping[str, str]
    """Reference → who needs it."""
    freed: int
    """The bytes that no image that stays has a part in."""

    def describe(self) -> dict[str, object]:
        return asdict(self)


def prune(workspace: Workspace, progress: Progress, *, check: bool = False) -> Pruned:
    """Remove the images that builds of this workspace made and nothing needs; with `check`, only say which.

    Those of other workspaces stay, also where they have the same names. The engine keeps layers that other images
    share. Raises MissingTool without an engine.
    """
    engine.need_engine()
    with nullcontext() if check else files.locked(workspace.derived / "lock", "difykit images.prune"):
        made = state.read_made(workspace.derived)
        mine = {name: found.id for name, found in engine.inspect_all(made).items()}
        needed, used = _needed(workspace), engine.images_in_use()
        kept = {
            name: why
            for name, found in sorted(mine.items())
            if (why := needed.get(name) or needed.get(found) or ("a container" if found in used else ""))
        }
        gone = tuple(sorted(name for name in mine if name not in kept))
        freed = sum(engine.own_sizes({mine[name] for name in gone}).values()) if gone else 0
        for name in () if check else gone:
            engine.untag(name)
            progress.ok(f"removed {name}")
        if not check and len(kept) < len(made):
            state.write_made(workspace.derived, kept)
    return Pruned(gone, kept, freed)


def _needed(workspace: Workspace) -> dict[str, str]:
    """References and ids that somebody names, with who."""
    found: dict[str, str] = {}
    for folder in releases.numbered(workspace.data):
        manifest = Manifest.read(folder)
        for reference, oid in manifest.images if manifest else ():
            who = f"release {folder.name}"
            found |= {reference.partition("@")[0]: who, oid: who}
    if images := state.read_images(workspace.derived):
        found |= {each.reference.partition("@")[0]: "the last build" for each in images.images}
        found |= {each.image_id: "the last build" for each in images.images}
    for reference in _published(workspace.root / "images.json"):
        found[reference] = "images.json"
    return found


def _published(place: Path) -> tuple[str, ...]:
    try:
        images = json.loads(place.read_bytes())["images"]
        return tuple(str(each["reference"]).partition("@")[0] for each in images)
    except (OSError, ValueError, KeyError, TypeError):
        return ()
