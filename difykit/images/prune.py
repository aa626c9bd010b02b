"""Which of the workspace's own images the engine can forget: those that no build, release folder or container needs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from difykit import engine, state
from difykit.deploy import releases
from difykit.image import INPUTS_LABEL, custom_name, own_name
from difykit.progress import Progress
from difykit.render import Manifest
from difykit.workspace import Workspace


@dataclass(frozen=True)
class Pruned:
    """What goes, and what stays and why."""

    gone: tuple[str, ...]
    kept: Mapping[str, str]
    """Reference → who needs it."""

    def describe(self) -> dict[str, object]:
        return asdict(self)


def prune(workspace: Workspace, progress: Progress, *, check: bool = False) -> Pruned:
    """Remove the workspace's images that nothing needs; with `check`, only say which.

    An image is the workspace's when difykit made it and its name is one of those that the workspace builds under. The
    engine keeps layers that other images share. Raises MissingTool without an engine.
    """
    engine.need_engine()
    here = engine.labelled(INPUTS_LABEL)
    mine = {name: found for name, found in here.items() if name.rpartition(":")[0] in _repositories(workspace)}
    needed = _needed(workspace)
    used = engine.images_in_use()
    kept = {
        name: why
        for name, found in sorted(mine.items())
        if (why := needed.get(name) or needed.get(found) or ("a container" if found in used else ""))
    }
    gone = tuple(sorted(name for name in mine if name not in kept))
    for name in () if check else gone:
        engine.untag(name)
        progress.ok(f"removed {name}")
    return Pruned(gone, kept)


def _repositories(workspace: Workspace) -> set[str]:
    prefix = workspace.settings.images.prefix
    return {
        custom_name(prefix, manifest.replaces) if manifest.replaces else own_name(prefix, name)
        for name, (_, manifest) in workspace.images.items()
    }


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
