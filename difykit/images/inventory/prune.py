"""Which of the workspace's own images the engine can forget: those that no build, release folder or container needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass

from difykit import docker
from difykit.core import files
from difykit.core.errors import DifyKitError
from difykit.core.progress import Progress
from difykit.release import history
from difykit.release.render import Manifest
from difykit.workspace import state
from difykit.workspace.workspace import Workspace


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
    share, and images that it does not let go of, which `reasons` then says. Raises MissingTool without an engine, and
    DifyKitError when what may need an image cannot be read: nothing is removed then.
    """
    docker.need_engine()
    with nullcontext() if check else files.locked(workspace.derived / "lock", "difykit images.prune"):
        recorded = state.read_made(workspace.derived)
        owned = {name: info.id for name, info in docker.inspect_all(recorded).items()}
        needed, used = _needed(workspace), docker.images_in_use()
        reasons = {
            name: why
            for name, image_id in sorted(owned.items())
            if (why := needed.get(name) or needed.get(image_id) or ("a container" if image_id in used else ""))
        }
        gone = [name for name in sorted(owned) if name not in reasons]
        sizes = docker.own_sizes({owned[name] for name in gone}) if gone else {}
        if not check:
            stayed = _remove(gone, progress)
            reasons |= dict.fromkeys(stayed, "the engine, which does not let it go")
            gone = [name for name in gone if name not in stayed]
            if len(reasons) < len(recorded):
                state.write_made(workspace.derived, reasons)
        freed = sum(sizes.get(image_id, 0) for image_id in {owned[name] for name in gone})
    return Pruned(tuple(gone), reasons, freed)


def _remove(names: Sequence[str], progress: Progress) -> list[str]:
    """Those that are there yet."""
    stayed = []
    for name in names:
        docker.untag(name)
        if docker.inspect(name):
            stayed.append(name)
            progress.warn(f"{name} stays: docker image rm {name} tells why")
        else:
            progress.ok(f"removed {name}")
    return stayed


def _needed(workspace: Workspace) -> dict[str, str]:
    """References and ids that somebody names, with who."""
    needed: dict[str, str] = {}
    for folder in history.numbered(workspace.data):
        manifest = Manifest.read(folder)
        if manifest is None:
            raise DifyKitError(
                f"{folder / 'manifest.json'} cannot be read, so the images of that release are not known; nothing was"
                " removed",
                hint=f"remove the folder {folder} if you never go back to it",
            )
        for reference, oid in manifest.images:
            who = f"release {folder.name}"
            needed |= {reference.partition("@")[0]: who, oid: who}
    built = state.check_images(workspace.derived)
    needed |= {image.reference.partition("@")[0]: "the last build" for image in built}
    needed |= {image.image_id: "the last build" for image in built}
    if published := state.read_published(workspace.root / "images.json"):
        needed |= {image.reference.partition("@")[0]: "images.json" for image in published.images}
    return needed
