"""An overlay's whole files on the new release: merged, or where that waits for a person."""

from __future__ import annotations

from dataclasses import replace

from difykit.upgrade.ground import Ground
from difykit.upgrade.journal import Stop
from difykit.upgrade.merging import Sides, Workbench, merged
from difykit.upgrade.objects import laid
from difykit.upgrade.porting import asked
from difykit.upgrade.wholefiles import Refreshed, Span, change_of, refreshed, whole_files
from difykit.workspace import Overlay


def refresh(bench: Workbench, each: Overlay, ground: Ground, before: str) -> Refreshed | Stop:
    """Carry the overlay's whole files; `before` is the commit on which it stands at the pin.

    Edits are not merged but asked anew, by the sync that follows.
    Raises DifyKitError for what an overlay cannot say, such as that an upstream file goes.
    """
    store, old, target = bench.store, ground.old, ground.target
    versions = (old.number, target.known)
    span = Span(ground.pin, old.commit, store.tree(before), target.released, target.tree, versions)
    whole = whole_files(each, span)
    change = change_of(store, whole, span)
    if change is None:
        return Refreshed(each, "untouched", warnings=whole.homeless)
    why = f"it replaces {', '.join(sorted(whole.over))} whole: {each.manifest.description}"
    labels = (f"Dify {target.ref}", f"overlays/{each.name}")
    theirs = laid(store, old.commit, {path: change.after.read(path) for path in change.theirs}, change.name)
    sides = Sides("overlay", each.name, why, old.commit, target.commit, theirs, labels)
    done = merged(bench, sides, asked(change, target.bare))
    if isinstance(done, Stop):
        return done
    return replace(refreshed(store, whole, done.writes, done.notes), beyond=done.beyond)
