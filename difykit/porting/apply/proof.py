"""The proof of an upgrade: the staged files give, read by `sync`'s own builder, exactly what was merged."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain

from difykit.core.errors import DifyKitError
from difykit.git import Store, tree_ids
from difykit.porting.apply.port import Ported
from difykit.porting.plan.chain import ReleaseChain
from difykit.porting.plan.wholefiles import Refreshed


def prove(store: Store, made: ReleaseChain, ported: Sequence[Ported], refreshed: Sequence[Refreshed]) -> None:
    """Raises DifyKitError where the chain of the staged workspace is not what was ported, and names the first layer."""
    if wrong := next(chain(_patches(store, made, ported), _overlays(store, made, refreshed)), ""):
        raise DifyKitError(
            f"{wrong}: what was written of it does not give the files that were merged; the workspace is untouched",
            hint="difykit upgrade.abort; this is a fault of difykit: please report it, with the layer",
        )


def _patches(store: Store, made: ReleaseChain, ported: Sequence[Ported]) -> Iterator[str]:
    links = [link for link in made.links if link.plan.kind == "patch"]
    carried = [each for each in ported if each.state in {"untouched", "ported"}]
    merged = tree_ids(store, [each.commit for each in carried])
    written = tree_ids(store, [link.commit for link in links])
    for each, one, other in zip(carried, merged, written, strict=True):
        if one != other:
            yield f"patch {each.patch.name}"


def _overlays(store: Store, made: ReleaseChain, refreshed: Sequence[Refreshed]) -> Iterator[str]:
    for each in refreshed:
        link = made.link("overlay", each.overlay.name)
        if each.overlay.manifest.edits or not each.laid:  # an edit may change one of the files once more
            continue
        entries = store.tree(link.commit).entries if link else {}
        if any(entries.get(path) != entry for path, entry in each.laid.items()):
            yield f"overlay {each.overlay.name}"
