"""`overlay.split`: files of an overlay become an overlay of their own right after it; the source stays the same."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from difykit.authoring.chain import LayerRanks, read_file
from difykit.authoring.rearrange import rearranged
from difykit.authoring.rebuild import FileWrite, Rebuilt
from difykit.authoring.writing import SETTINGS
from difykit.core import yaml
from difykit.core.errors import DifyKitError
from difykit.core.progress import Progress
from difykit.source import overlay as room
from difykit.source.patch import printable
from difykit.workspace.manifest import read_text
from difykit.workspace.workspace import Overlay, Workspace


def split_overlay(
    workspace: Workspace,
    progress: Progress,
    name: str,
    into: str,
    paths: Sequence[str],
    *,
    description: str = "",
    check: bool = False,
) -> Rebuilt:
    """Move whole files of the overlay `name`, or all below a folder, into the new overlay `into`, enabled after it.

    Settings, edits and all else stay where they are. Raises DifyKitError, with nothing changed, for an overlay that is
    not the workspace's own or not enabled, for a name that is taken, for paths that it does not have, where nothing
    would be left, and where the source would not be the same.
    """
    room.check_new_name(workspace, into)
    own = room.to_change(workspace, name)
    if name not in workspace.settings.overlays:
        hint = f"enable it first: difykit overlay.enable {name}"
        raise DifyKitError(
            f"nothing was changed: the overlay {name} is not enabled, so nothing can be proved", hint=hint
        )
    moving = _moving(own, paths)

    def change(_: LayerRanks) -> Rebuilt:
        writes: list[FileWrite] = []
        for source, _path in moving:
            relative = source.relative_to(own.folder).as_posix()
            writes += [
                FileWrite(f"overlays/{name}/{relative}", None),
                FileWrite(f"overlays/{into}/{relative}", read_file(source)),
            ]
        manifest = yaml.dump(_manifest(own, moving, description or f"Split from {name}"))
        writes.append(FileWrite(f"overlays/{into}/overlay.yaml", ("100644", manifest.encode())))
        text = read_text(workspace.root / SETTINGS, SETTINGS)
        index = workspace.settings.overlays.index(name) + 1
        settings = room.inserted(text, "overlays", into, index)
        writes.append(FileWrite(SETTINGS, ("100644", settings.encode())))
        writes.sort(key=lambda write: write.blob is not None)
        return Rebuilt(tuple(writes), new=tuple(sorted({path for _, path in moving})))

    return rearranged(workspace, progress, f"difykit overlay.split {name}", change, check=check)


def _moving(own: Overlay, paths: Sequence[str]) -> list[tuple[Path, str]]:
    """The files to move with their paths in the source, from each of the overlay's trees."""
    every = list(_files(own))
    if not paths:
        raise DifyKitError(
            "overlay.split needs the files to move", hint="--file PATH, as it is in the source; or a folder"
        )
    stems = [path.strip("/") for path in paths]
    for stem, words in zip(stems, paths, strict=True):
        if not any(_is_below(path, stem) for _, path in every):
            raise DifyKitError(
                f"nothing was changed: the overlay {own.name} has no file {printable(words) or repr(words)}",
                hint=f"difykit overlay.show {own.name} shows what it has",
            )
    moving = [(source, path) for source, path in every if any(_is_below(path, stem) for stem in stems)]
    if len(moving) == len(every):
        raise DifyKitError(
            f"nothing was changed: the overlay {own.name} would be left without a file", hint="name fewer files"
        )
    return moving


def _is_below(path: str, stem: str) -> bool:
    return path == stem or path.startswith(f"{stem}/")


def _files(own: Overlay) -> Iterator[tuple[Path, str]]:
    """Each file of the overlay's trees, whichever releases they are for, with its path in the source."""
    for entry in own.manifest.trees:
        folder = own.folder / entry.source
        for path, file in room.files_of(folder) if folder.is_dir() else ():
            yield Path(os.fspath(file)), path


def _manifest(own: Overlay, moving: list[tuple[Path, str]], description: str) -> dict[str, object]:
    """What the new overlay says: for the same Dify, with the same trees, winning over the same patches."""
    moved = {path for _, path in moving}
    folders = {source.relative_to(own.folder).as_posix().removesuffix(f"/{path}") for source, path in moving}
    manifest: dict[str, object] = {"version": 1, "description": description}
    if "dify" in own.manifest.requires.model_fields_set:
        manifest["requires"] = {"dify": str(own.manifest.requires.dify)}
    if "trees" in own.manifest.model_fields_set:
        trees = [entry for entry in own.manifest.trees if entry.source in folders]
        manifest["trees"] = [entry.model_dump(by_alias=True, exclude_none=True) for entry in trees]
    if overrides := [path for path in own.manifest.overrides if path in moved]:
        manifest["overrides"] = overrides
    return manifest
