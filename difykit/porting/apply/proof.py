"""The proof of an upgrade: the staged files give, read by `sync`'s own builder, exactly what was merged."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain

from difykit.core.errors import DifyKitError
from difykit.git import Store, tree_ids
from difykit.porting.apply.port import Ported
from difykit.porting.plan.chain import ReleaseChain
from difykit.porting.plan.wholefiles import Refreshed


def prove(store: Store, rebuilt: ReleaseChain, ported: Sequence[Ported], refreshed: Sequence[Refreshed]) -> None:
    """Raises DifyKitError where the chain of the staged workspace is not what was ported, and names the first layer."""
    if wrong := next(chain(_patches(store, rebuilt, ported), _overlays(store, rebuilt, refreshed)), ""):
        raise DifyKitError(
            f"{wrong}: what was written of it does not give the files that were merged; the workspace is untouched",
            hint="difykit upgrade.abort; this is a fault of difykit: please report it, with the layer",
        )


def _patches(store: Store, rebuilt: ReleaseChain, ported: Sequence[Ported]) -> Iterator[str]:
    links = [link for link in rebuilt.links if link.plan.kind == "patch"]
    carried = [port for port in ported if port.state in {"untouched", "ported"}]
    merged = tree_ids(store, [port.commit for port in carried])
    written = tree_ids(store, [link.commit for link in links])
    for port, merged_tree, written_tree in zip(carried, merged, written, strict=True):
        if merged_tree != written_tree:
            yield f"patch {port.patch.name}"


def _overlays(store: Store, rebuilt: ReleaseChain, refreshed: Sequence[Refreshed]) -> Iterator[str]:
    for update in refreshed:
        link = rebuilt.link("overlay", update.overlay.name)
        if update.overlay.manifest.edits or not update.entries:  # an edit may change one of the files once more
            continue
        entries = store.tree(link.commit).entries if link else {}
        if any(entries.get(path) != entry for path, entry in update.entries.items()):
            yield f"overlay {update.overlay.name}"
