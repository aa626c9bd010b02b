"""Which patches and overlays take away or alter what Dify's licence reserves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from packaging.version import Version

from difykit.core.errors import DifyKitError
from difykit.dify import layout
from difykit.dify.licence import CLAUSE, reserved
from difykit.git import Changes, Tree
from difykit.source import overlay
from difykit.source.patch import Patch, apply, printable
from difykit.workspace.workspace import Overlay


@dataclass(frozen=True)
class Reserved:
    """A file in which a patch or an overlay touches what the licence reserves."""

    layer: str
    path: str
    what: str

    def __str__(self) -> str:
        return f"{self.layer} {self.what}: {printable(self.path)}. {CLAUSE}"


def touched(layers: Iterable[tuple[str, Changes]], tree: Tree) -> list[Reserved]:
    """What the layers, (label, changes) one on the other, do to it on `tree`."""
    reserved_files: list[Reserved] = []
    applied: Changes = {}
    for label, changes in layers:
        for path, blob in sorted(changes.items()):
            if not path.startswith(f"{layout.WEB}/"):
                continue
            old = applied[path] if path in applied else tree.read(path)
            if change := reserved(path, old[1] if old else None, blob[1] if blob else None):
                reserved_files.append(Reserved(label, path, change))
        applied.update(changes)
    return reserved_files


def reserved_by(patches: Sequence[Patch], overlays: Sequence[Overlay], tree: Tree, release: Version) -> list[Reserved]:
    """What patches and overlays do to it on a release; those that do not fit are left out, as others tell of them."""
    return touched(_layers(patches, overlays, tree, release), tree)


def _layers(
    patches: Sequence[Patch], overlays: Sequence[Overlay], tree: Tree, release: Version
) -> Iterator[tuple[str, Changes]]:
    applied: Changes = {}
    for patch in patches:
        try:
            changes: Changes = apply(patch, tree.with_changes(applied).read)
        except DifyKitError:
            continue
        applied.update(changes)
        yield f"patches/{printable(patch.name)}", changes
    for enabled in overlays:
        try:
            changes = overlay.overlay_changes(enabled, tree.with_changes(applied), release)[0]
        except DifyKitError:
            continue
        applied.update(changes)
        yield f"overlay {enabled.name}", changes
