"""Which of the workspace's own images the engine can forget: those that no build, release folder or container needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass

from difykit import engine, files, state
from difykit.errors import DifyKitError
from difykit.progress import Progress
from difykit.render import Manifest
from difykit.targets.compose import releases
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
    share, and images that it does not let go of, which `kept` then says. Raises MissingTool without an engine, and
    DifyKitError when what may need an image cannot be read: nothing is removed then.
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
        gone = [name for name in sorted(mine) if name not in kept]
        sizes = engine.own_sizes({mine[name] for name in gone}) if gone else {}
        if not check:
            stayed = _remove(gone, progress)
            kept |= dict.fromkeys(stayed, "the engine, which does not let it go")
            gone = [name for name in gone if name not in stayed]
            if len(kept) < len(made):
                state.write_made(workspace.derived, kept)
        freed = sum(sizes.get(found, 0) for found in {mine[name] for name in gone})
    return Pruned(tuple(gone), kept, freed)


def _remove(names: Sequence[str], progress: Progress) -> list[str]:
    """Those that are there yet."""
    stayed = []
    for name in names:
        engine.untag(name)
        if engine.inspect(name):
            stayed.append(name)
            progress.warn(f"{name} stays: docker image rm {name} tells why")
        else:
            progress.ok(f"removed {name}")
    return stayed


def _needed(workspace: Workspace) -> dict[str, str]:
    """References and ids that somebody names, with who."""
    found: dict[str, str] = {}
    for folder in releases.numbered(workspace.data):
        manifest = Manifest.read(folder)
        if manifest is None:
            raise DifyKitError(
                f"{folder / 'manifest.json'} cannot be read, so the images of that release are not known; nothing was"
                " removed",
                hint=f"remove the folder {folder} if you never go back to it",
            )
        for reference, oid in manifest.images:
            who = f"release {folder.name}"
            found |= {reference.partition("@")[0]: who, oid: who}
    built = state.check_images(workspace.derived)
    found |= {each.reference.partition("@")[0]: "the last build" for each in built}
    found |= {each.image_id: "the last build" for each in built}
    if published := state.read_published(workspace.root / "images.json"):
        found |= {each.reference.partition("@")[0]: "images.json" for each in published.images}
    return found
