"""An overlay's whole files carried to another release: each merged with the upstream file that it was made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from packaging.version import Version

from difykit.core.errors import DifyKitError
from difykit.git import Blob, Changes, GitEntry, Store, Tree, folders_of, write_blobs
from difykit.porting.apply.journal import AS_RELEASED, NOT_RELEASED, FileMerge, State
from difykit.porting.apply.staging import read_blob
from difykit.porting.plan.change import Entries, PinnedChange
from difykit.source import overlay
from difykit.workspace.workspace import Overlay


@dataclass(frozen=True)
class ReleaseSpan:
    """The two releases, and the trees on which the overlay's conditions are asked: what comes before it is on them."""

    pin: Tree
    commit: str
    before: Tree
    release: Tree
    after: Tree
    versions: tuple[Version, Version]


@dataclass(frozen=True)
class WholeFiles:
    """An overlay's files that are laid on both releases, each with its folder in the overlay."""

    overlay: Overlay
    mine: Mapping[str, str]
    over: Mapping[str, str]
    """Those that replace a file of one of the releases."""
    released: frozenset[str] = frozenset()
    """Those of which the new release has a file."""
    homeless: tuple[str, ...] = ()
    """What to look at: files of one's own in a folder that upstream had and has no more."""


@dataclass(frozen=True)
class Refreshed:
    """An overlay on the new release: which of its files change, by their path in the overlay; None where one goes."""

    overlay: Overlay
    state: State
    note: str = ""
    files: Changes = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    entries: Mapping[str, GitEntry] = field(default_factory=dict)
    """What the merge has at each path of the release that the overlay replaces."""
    beyond: tuple[FileMerge, ...] = ()
    """What of it was merged beyond git."""


def whole_files(enabled: Overlay, span: ReleaseSpan) -> WholeFiles:
    """What of an overlay has to be carried."""
    before = _sources(enabled, span.before, span.versions[0])
    after = _sources(enabled, span.after, span.versions[1])
    mine = {path: folder for path, folder in before.items() if after.get(path) == folder}
    base, ours = span.pin.entries, span.release.entries
    over = {path: folder for path, folder in mine.items() if path in base or path in ours}
    released = frozenset(over.keys() & ours.keys())
    return WholeFiles(enabled, mine, over, released, _homeless(enabled, mine.keys() - over.keys(), base, ours))


def change_of(store: Store, overlay_files: WholeFiles, span: ReleaseSpan) -> PinnedChange | None:
    """What the whole files change at the pin; None where upstream left all of their files as they were."""
    base, ours = span.pin.entries, span.release.entries
    if all(base.get(path) == ours.get(path) for path in overlay_files.over):
        return None
    blobs = {path: blob for path in overlay_files.over if (blob := _content(overlay_files, path))}
    ids = dict(zip(blobs, write_blobs(store, [content for _, content in blobs.values()]), strict=True))
    theirs: dict[str, GitEntry | None] = {path: GitEntry(blob[0], ids[path]) for path, blob in blobs.items()}
    after = Tree(store, {**base, **{path: entry for path, entry in theirs.items() if entry}})
    label = f"overlay {overlay_files.overlay.name}"
    return PinnedChange(label, {path: base.get(path) for path in theirs}, theirs, span.pin, after, span.commit)


def _content(overlay_files: WholeFiles, path: str) -> Blob | None:
    return read_blob(overlay_files.overlay.folder / overlay_files.over[path] / path)


def refreshed(store: Store, overlay_files: WholeFiles, writes: Entries, notes: tuple[str, ...] = ()) -> Refreshed:
    """What changes in the overlay's folder where the merge writes this into the release.

    Raises DifyKitError for what an overlay cannot say, such as that an upstream file goes.
    """
    enabled, over = overlay_files.overlay, overlay_files.over
    if gone := sorted(path for path, entry in writes.items() if entry is None):
        raise DifyKitError(
            f"overlay {enabled.name}: the merge takes {gone[0]} away, and an overlay cannot",
            hint="difykit upgrade.abort, then make the deletion a patch, and start --forget",
        )
    tree = Tree(store, {path: entry for path, entry in writes.items() if entry})
    missing = [path for path in over if path not in writes]
    files: Changes = {}
    for path in over.keys() & writes.keys():
        if (blob := tree.read(path)) != _content(overlay_files, path):
            files[f"{over[path]}/{path}"] = blob
    files |= {f"{over[path]}/{path}": None for path in missing}
    remarks = [f"merged {path.partition('/')[2]}" for path in sorted(files) if files[path]]
    moved = [path for path in writes if path not in over]
    for path in moved:
        source = _moved_from(path, overlay_files, missing)
        files[f"{over[source]}/{path}"] = tree.read(path)
        remarks.append(f"{source} is {path} now")
    whys = {path: AS_RELEASED if path in overlay_files.released else NOT_RELEASED for path in missing if not moved}
    remarks += [f"{path}: {why}, so it goes" for path, why in whys.items()]
    state: State = "ported" if files else "untouched"
    return Refreshed(enabled, state, "; ".join([*remarks, *notes]), files, overlay_files.homeless, tree.entries)


def _moved_from(path: str, overlay_files: WholeFiles, missing: list[str]) -> str:
    if path in overlay_files.mine:
        raise DifyKitError(
            f"overlay {overlay_files.overlay.name}: upstream moved a file that it replaces to {path}, which it has too",
            hint=f"keep one of the two in overlays/{overlay_files.overlay.name}, then start again",
        )
    return _nearest(path, missing or list(overlay_files.over))


def _sources(enabled: Overlay, tree: Tree, release: Version) -> dict[str, str]:
    trees = overlay.trees_for(enabled, tree, release)
    return {path: entry.source for entry, folder in trees for path, _ in overlay.files_of(folder)}


def _nearest(path: str, among: list[str]) -> str:
    """The one of the paths that shares most with `path`: where upstream moved it from."""

    def shared(other: str) -> tuple[int, int]:
        name, theirs = (file_path.rsplit("/", 1)[-1].split(".")[0] for file_path in (path, other))
        return int(name == theirs), len(set(path.split("/")) & set(other.split("/")))

    return max(among, key=shared)


def _homeless(
    enabled: Overlay, added: set[str], base: Mapping[str, GitEntry], ours: Mapping[str, GitEntry]
) -> tuple[str, ...]:
    if not added:
        return ()
    old, new = (folders_of(paths) for paths in (base, ours))
    gone = sorted({folder for path in added if (folder := path.rpartition("/")[0]) in old - new})
    return tuple(f"overlay {enabled.name}: {folder} is gone upstream; is its file still used there?" for folder in gone)


def check_own(enabled: Overlay, root: str, files: Mapping[str, Blob | None]) -> None:
    """Raises DifyKitError when the overlay is one that difykit ships, which an upgrade cannot change."""
    if files and not str(enabled.folder).startswith(f"{root}/"):
        changed = min(path.partition("/")[2] for path in files)
        raise DifyKitError(
            f"overlay {enabled.name} is one that difykit ships, and its {changed} has to be merged",
            hint=f"make it yours: difykit overlay.eject {enabled.name}; then start again",
        )
