"""The whole files that overlays lay into a release, by where they go."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from difykit.core import files
from difykit.workspace.workspace import Overlay


@dataclass(frozen=True)
class LaidFile:
    """A file of an overlay's tree: whose it is, and how messages call it."""

    overlay: str
    label: str


def laid_files(overlays: Iterable[Overlay]) -> dict[str, LaidFile]:
    """The files of the overlays' trees, for any release, by their paths in Dify's tree; the last one that has it."""
    return {
        path: LaidFile(overlay.name, f"overlays/{overlay.name}/{entry.source}/{path}")
        for overlay in overlays
        for entry in overlay.manifest.trees
        if (folder := overlay.folder / entry.source).is_dir()
        for path, _ in files.tree_files(folder)
    }
