"""An overlay's whole files carried to another release: each merged with the upstream file that it was made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from difykit import overlay
from difykit.errors import DifyKitError
from difykit.git import Blob, Changes, Entry, Store
from difykit.upgrade.chain import Release
from difykit.upgrade.journal import AS_RELEASED, NOT_RELEASED, State, Stop
from difykit.upgrade.merging import Sides, Workbench, merged
from difykit.upgrade.objects import laid
from difykit.upgrade.staging import read_blob
from difykit.workspace import Overlay


@dataclass(frozen=True)
class Refreshed:
    """An overlay on the new release: which of its files change, by their path in the overlay; None where one goes."""

    overlay: Overlay
    state: State
    note: str = ""
    files: Changes = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    laid: Mapping[str, Entry] = field(default_factory=dict)
    """What the merge has at each path of the release that the overlay replaces."""


@dataclass(frozen=True)
class Ground:
    """The two releases, and the sources on which the overlay's conditions are asked."""

    old: Release
    target: Release
    before: str
    after: str


def refresh(bench: Workbench, each: Overlay, ground: Ground) -> Refreshed | Stop:
    """Carry the overlay's whole files; edits are not merged but asked anew, by the sync that follows.

    Raises DifyKitError for what an overlay cannot say, such as that an upstream file goes.
    """
    store = bench.store
    mine = _common(each, store, ground)
    base, ours = store.tree(ground.old.commit).entries, store.tree(ground.target.commit).entries
    over = {path: where for path, where in mine.items() if path in base or path in ours}
    warnings = _homeless(each, mine.keys() - over.keys(), base.keys(), ours.keys())
    if all(base.get(path) == ours.get(path) for path in over):
        return Refreshed(each, "untouched", warnings=warnings)
    blobs: Changes = {path: read_blob(each.folder / where / path) for path, where in over.items()}
    why = f"it replaces {', '.join(sorted(over))} whole: {each.manifest.description}"
    labels = (f"Dify {ground.target.ref}", f"overlays/{each.name}")
    theirs = laid(store, ground.old.commit, blobs, f"overlay {each.name}")
    done = merged(bench, Sides("overlay", each.name, why, ground.old.commit, ground.target.commit, theirs, labels))
    if isinstance(done, Stop):
        return done
    files, notes = _files(store, each, mine, over, (ground.target.commit, done.commit))
    state: State = "ported" if files else "untouched"
    merge = store.tree(done.commit).entries
    laid_now = {path: merge[path] for _, path in store.changed(ground.target.commit, done.commit)}
    return Refreshed(each, state, "; ".join([*notes, *done.notes]), files, warnings, laid_now)


def _common(each: Overlay, store: Store, ground: Ground) -> dict[str, str]:
    """The overlay's files that are laid on both releases, each with its folder in the overlay."""
    before = _laid(each, store, ground.before, ground.old)
    after = _laid(each, store, ground.after, ground.target)
    return {path: where for path, where in before.items() if after.get(path) == where}


def _laid(each: Overlay, store: Store, commit: str, release: Release) -> dict[str, str]:
    trees = overlay.trees_for(each, store.tree(commit), release.number)
    return {path: entry.source for entry, folder in trees for path, _ in overlay.files_of(folder)}


def _files(
    store: Store, each: Overlay, mine: Mapping[str, str], over: Mapping[str, str], span: tuple[str, str]
) -> tuple[Changes, list[str]]:
    """What changes in the overlay's folder, and what a reader should know of it."""
    tree = store.tree(span[1])
    writes = {path: status for status, path in store.changed(*span)}
    if gone := sorted(path for path, status in writes.items() if status == "D"):
        raise DifyKitError(
            f"overlay {each.name}: the merge takes {gone[0]} away, and an overlay cannot",
            hint="difykit upgrade.abort, then make the deletion a patch, and start --forget",
        )
    missing = [path for path in over if path not in writes]
    moved = [path for path in writes if path not in over]
    files: Changes = {}
    for path in over.keys() & writes.keys():
        if (blob := tree.read(path)) != read_blob(each.folder / over[path] / path):
            files[f"{over[path]}/{path}"] = blob
    for path in missing:
        files[f"{over[path]}/{path}"] = None
    notes = [f"merged {path.partition('/')[2]}" for path in sorted(files) if files[path]]
    for path in moved:
        if path in mine:
            raise DifyKitError(
                f"overlay {each.name}: upstream moved a file that it replaces to {path}, which it has too",
                hint=f"keep one of the two in overlays/{each.name}, then start again",
            )
        source = _nearest(path, missing or list(over))
        files[f"{over[source]}/{path}"] = tree.read(path)
        notes.append(f"{source} is {path} now")
    released = store.tree(span[0]).entries if missing and not moved else {}
    notes += [
        f"{path}: {AS_RELEASED if path in released else NOT_RELEASED}, so it goes" for path in missing if not moved
    ]
    return files, notes


def _nearest(path: str, among: list[str]) -> str:
    """The one of the paths that shares most with `path`: where upstream moved it from."""

    def shared(other: str) -> tuple[int, int]:
        name, theirs = (one.rsplit("/", 1)[-1].split(".")[0] for one in (path, other))
        return int(name == theirs), len(set(path.split("/")) & set(other.split("/")))

    return max(among, key=shared)


def _homeless(each: Overlay, added: set[str], base: object, ours: object) -> tuple[str, ...]:
    """What to look at: files of one's own in a folder that upstream had and has no more."""
    old, new = (_folders(paths) for paths in (base, ours))
    gone = sorted({folder for path in added if (folder := path.rpartition("/")[0]) in old - new})
    return tuple(f"overlay {each.name}: {folder} is gone upstream; is its file still used there?" for folder in gone)


def _folders(paths: object) -> set[str]:
    assert hasattr(paths, "__iter__")
    found: set[str] = set()
    for path in paths:
        folder = path.rpartition("/")[0]
        while folder and folder not in found:
            found.add(folder)
            folder = folder.rpartition("/")[0]
    return found


def check_own(each: Overlay, root: str, files: Mapping[str, Blob | None]) -> None:
    """Raises DifyKitError when the overlay is one that difykit ships, which an upgrade cannot change."""
    if files and not str(each.folder).startswith(f"{root}/"):
        changed = min(path.partition("/")[2] for path in files)
        raise DifyKitError(
            f"overlay {each.name} is one that difykit ships, and its {changed} has to be merged",
            hint=f"make it yours: difykit overlay.eject {each.name}; then start again",
        )
