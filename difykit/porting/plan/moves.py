"""Where each release moved the files that patches change: asked of git's merge once for each release.

Finding a renamed file means comparing it with every file that the release added, which costs more than all the merges
of a series. So one merge a release, in which the patched side has a text of its own at each missing path, says by where
that text turns up what became of all of them; after it, files are merged one by one under the release's names.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from difykit.git import GitEntry, Root, Store, Tree, diff_trees, folders_of, merge_pairs, write_blobs, write_roots
from difykit.porting.plan.replay import Replay
from difykit.porting.plan.series import SeriesStep
from difykit.source import overlay
from difykit.workspace.workspace import Overlay


def find_moves(store: Store, base: str, pin: Tree, replays: Sequence[Replay], paths: Iterable[str]) -> None:
    """Tell each release where it moved those of `paths` that it lacks; a file that is gone has no such place.

    `base` is the pinned commit, `pin` its files. Raises CommandFailed when git cannot merge.
    """
    sorted_paths = sorted(paths)
    before = folders_of(pin.entries)
    lacking = {replay.ref: _lacking(sorted_paths, pin, before, replay) for replay in replays}
    for replay in replays:
        replay.lacking = frozenset(lacking[replay.ref])
    affected = [replay for replay in replays if lacking[replay.ref]]
    if not affected:
        return
    every = sorted({path for paths in lacking.values() for path in paths})
    marks = dict(zip(every, write_blobs(store, [_mark(path) for path in every]), strict=True))
    tree = store.tree_id(base)
    roots: list[Root] = []
    for replay in affected:
        own = {path: GitEntry(_mode(pin, path), marks[path]) for path in lacking[replay.ref]}
        roots += [Root({}, replay.tree_id, base), Root(own, tree, base)]
    ids = write_roots(store, roots)
    pairs = list(zip(ids[::2], ids[1::2], strict=True))
    merged = merge_pairs(store, pairs)
    changed = diff_trees(store, [(replay.tree_id, merge.tree) for replay, merge in zip(affected, merged, strict=True)])
    owner = {oid: path for path, oid in marks.items()}
    for replay, merge, writes in zip(affected, merged, changed, strict=True):
        blobs = {path: entry.oid for path, entry in writes.items() if entry}
        blobs |= {conflict.path: conflict.stages[3].oid for conflict in merge.unmerged if 3 in conflict.stages}
        replay.moves |= {owner[oid]: path for path, oid in blobs.items() if oid in owner and owner[oid] != path}


def moving_paths(steps: Iterable[SeriesStep], overlays: Iterable[Overlay]) -> set[str]:
    """Every path that a patch changes, or an overlay replaces."""
    patched = {path for step in steps for path in step.theirs or ()}
    replaced = {
        path for enabled in overlays for entry in enabled.manifest.trees for path in _files(enabled, entry.source)
    }
    return patched | replaced


def _files(enabled: Overlay, source: str) -> list[str]:
    folder = enabled.folder / source
    return [path for path, _ in overlay.files_of(folder)] if folder.is_dir() else []


def _lacking(paths: Sequence[str], pin: Tree, before: set[str], replay: Replay) -> list[str]:
    """Paths that the release lacks, and that it may have moved: a file, or the folder that a patch adds one to."""
    entries, folders = replay.released.entries, replay.folders
    return [
        path
        for path in paths
        if path not in entries
        and (path in pin.entries or ((folder := path.rpartition("/")[0]) in before and folder not in folders))
    ]


def _mode(pin: Tree, path: str) -> str:
    entry = pin.entries.get(path)
    return entry.mode if entry else "100644"


def _mark(path: str) -> bytes:
    return b"difykit looks for %s\n" % path.encode("utf-8", "surrogateescape")
