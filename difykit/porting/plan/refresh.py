"""An overlay's whole files on the new release: merged, or where that waits for a person."""

from __future__ import annotations

from dataclasses import replace

from difykit.porting.apply.journal import Stop
from difykit.porting.apply.objects import commit_files
from difykit.porting.plan.merging import MergeCommits, Workbench, merged
from difykit.porting.plan.porting import ask_for
from difykit.porting.plan.sides import UpgradeSides
from difykit.porting.plan.wholefiles import Refreshed, ReleaseSpan, change_of, refreshed, whole_files
from difykit.workspace.workspace import Overlay


def refresh(bench: Workbench, overlay: Overlay, ground: UpgradeSides, before: str) -> Refreshed | Stop:
    """Carry the overlay's whole files; `before` is the commit on which it stands at the pin.

    Edits are not merged but asked anew, by the sync that follows.
    Raises DifyKitError for what an overlay cannot say, such as that an upstream file goes.
    """
    store, old, target = bench.store, ground.old, ground.target
    versions = (old.number, target.number)
    span = ReleaseSpan(ground.pin, old.commit, store.tree(before), target.released, target.tree, versions)
    overlay_files = whole_files(overlay, span)
    change = change_of(store, overlay_files, span)
    if change is None:
        return Refreshed(overlay, "untouched", warnings=overlay_files.homeless)
    why = f"it replaces {', '.join(sorted(overlay_files.over))} whole: {overlay.manifest.description}"
    labels = (f"Dify {target.ref}", f"overlays/{overlay.name}")
    theirs = commit_files(store, old.commit, {path: change.after.read(path) for path in change.theirs}, change.name)
    sides = MergeCommits("overlay", overlay.name, why, old.commit, target.commit, theirs, labels)
    merge = merged(bench, sides, ask_for(change, target.bare))
    if isinstance(merge, Stop):
        return merge
    return replace(refreshed(store, overlay_files, merge.writes, merge.notes), beyond=merge.beyond)
