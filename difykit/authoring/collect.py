"""What `finish` starts from: the source as it was made, and what was edited on it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from packaging.version import Version

from difykit.authoring.chain import TOP, LayerRanks
from difykit.authoring.plan import EditStep, PathEdit
from difykit.authoring.prove import built_source
from difykit.core import files
from difykit.core.errors import Damaged, DifyKitError, DirtyTree
from difykit.git import Blob, EditedWorktree, GitEntry, OwnCommit, Store, WorkTree, changes_between, look, renamed
from difykit.source.overlay import release_version
from difykit.source.sync import check_frame, known_base, layer_plans, read_inputs, read_made
from difykit.workspace.lock import read_lock
from difykit.workspace.state import Source, read_source
from difykit.workspace.workspace import Workspace

KEPT = "finish/edited"
"""The ref, below refs/difykit/, that holds what was last taken in."""

_MARK = "difykit-modify.json"


@dataclass(frozen=True)
class Gathered:
    """Edits, in the steps that they were made in, and where in the chain: on the version `at`, after layer `after`."""

    chain: LayerRanks
    edited: EditedWorktree
    steps: tuple[EditStep, ...]
    at: int
    after: int

    @property
    def at_tip(self) -> bool:
        """Whether the whole source was edited, and not the state after one of its patches."""
        return self.at == TOP


def gather(workspace: Workspace, store: Store, tree: WorkTree, *, alone: bool = False) -> Gathered:
    """Take in what is in the work tree; nothing of the workspace changes. With `alone` all of it is one step.

    Raises DifyKitError where there is nothing to finish on, DirtyTree where the tree cannot be taken in.
    """
    check_frame(workspace, store, tree)
    source = read_made(workspace, store)
    if source is None and read_source(workspace.derived):
        text = f"{store.path} is damaged: it lacks the commits of the source"
        raise Damaged(text, hint="difykit sync makes it again; it keeps edits of yours")
    if source is None or not (tree.git_dir / "HEAD").is_file():
        raise DifyKitError("there is no source to finish", hint="make it: difykit sync")
    if tree.interrupted():
        raise DirtyTree(f"moving {tree.path} was cut off", hint="end that first: difykit sync")
    # A finish that was cut off, or whose sync was, leaves the tree on what it took in, which the workspace gives now;
    # a sync of an older difykit that was cut off before it noted its source, on that source.
    noted_commits = {store.resolve(f"refs/difykit/{name}") for name in (KEPT, "source")}
    full_sources = {source.commit, *filter(None, noted_commits)}
    edited = look(tree, store, {source.base, *(layer.commit for layer in source.layers), *full_sources})
    at_patch = edited.start if edited.start not in full_sources and edited.start == marked(tree) else None
    if at_patch is None and edited.start not in full_sources:
        if edited.start == edited.head:
            _check_untouched(tree, store, source, edited)
            edited = replace(edited, commit=source.commit)
        edited = replace(edited, start=None, own=())  # commits below were rewritten: only the outcome counts
    chain = made_chain(workspace, store, source)
    start = edited.start or source.commit
    moved = at_patch is not None and chain.source.commit != source.commit
    if moved or (at_patch is None and chain.source.commit != start):
        _check_apart(chain, start, edited, moved=moved)
    rank = chain.rank_of(at_patch) if at_patch else None
    steps = tuple(_steps(store, start, edited, alone=alone))
    if rank is None:
        return Gathered(chain, edited, steps, TOP, chain.last_patch)
    return Gathered(chain, edited, steps, rank, rank)


def _check_untouched(tree: WorkTree, store: Store, source: Source, edited: EditedWorktree) -> None:
    """Somebody checked out a layer below: edits there may be meant for it, or for the whole source."""
    if store.tree_id(edited.commit) == store.tree_id(edited.head):
        return
    layer = next((layer for layer in source.layers if layer.commit == edited.head), None)
    name = f"{layer.kind} {layer.name}" if layer else "upstream's commit"
    raise DirtyTree(
        f"{tree.path} is at {name} ({edited.head[:12]}) and edited, and difykit modify did not put it there",
        hint=f"to keep these files as edits of the whole source: git -C {tree.path} reset --soft {source.commit[:12]}",
    )


def mark(tree: WorkTree, commit: str) -> None:
    """Note that the tree was put on `commit` to be edited there."""
    files.write(tree.git_dir / _MARK, json.dumps({"commit": commit}))


def unmark(tree: WorkTree) -> None:
    """The tree is where it always is."""
    (tree.git_dir / _MARK).unlink(missing_ok=True)


def marked(tree: WorkTree) -> str:
    """The commit that the tree was put on to be edited there, "" for none."""
    try:
        return str(files.read_json(tree.git_dir / _MARK)["commit"])
    except (OSError, ValueError, KeyError):
        return ""


def made_chain(workspace: Workspace, store: Store, source: Source) -> LayerRanks:
    """The chain that the workspace describes now; it is made where it is not what the last sync made."""
    pin = workspace.settings.upstream.ref
    if source.release != pin or known_base(workspace, store, read_lock(workspace.lock_file)) != source.base:
        raise DifyKitError(
            f"the source is of Dify {source.release}, and difykit.yaml pins {pin} now",
            hint=f"put upstream.ref back to {source.release}, finish, then move on",
        )
    release = release_version(pin, store, source.base)
    inputs = read_inputs(workspace, release)
    plans = layer_plans(inputs, source.base, release, source)
    if len(plans) == len(source.layers) and all(plan.commit for plan in plans):
        return LayerRanks(workspace, store, source, inputs, release or Version("0"))
    rebuilt = built_source(workspace, store, source, release)
    return LayerRanks(workspace, store, rebuilt, inputs, release or Version("0"))


def _check_apart(chain: LayerRanks, start: str, edited: EditedWorktree, *, moved: bool) -> None:
    """The workspace changed since the sync: that is well where it is about other files than the edits."""
    edited_paths = set(changes_between(chain.store, start, edited.commit))
    overlapping = sorted(edited_paths & set(changes_between(chain.store, start, chain.source.commit)))
    if not overlapping and not moved:
        return
    about = "the source was edited after one of its patches" if moved else f"both changed {', '.join(overlapping[:5])}"
    raise DifyKitError(
        f"patches or overlays changed since the last sync, and so did the work tree: {about}",
        hint="put the patches and overlays back as they were (git stash), finish, then change them again",
    )


def _steps(store: Store, start: str, edited: EditedWorktree, *, alone: bool) -> Iterable[EditStep]:
    before = start
    for own in () if alone else edited.own:
        if changes := _changes(store, before, own.id):
            yield _own_step(own, changes)
        before = own.id
    if changes := _changes(store, before, edited.commit):
        yield EditStep(changes)


def _own_step(own: OwnCommit, changes: tuple[PathEdit, ...]) -> EditStep:
    subject, _, body = own.message.partition("\n")
    return EditStep(changes, subject.strip() or "A change", body.strip("\n"), own.author, own.id)


def _changes(store: Store, old: str, new: str) -> tuple[PathEdit, ...]:
    changed_paths = changes_between(store, old, new)
    sources = renamed(store, old, new) if any(entry[0] is None for entry in changed_paths.values()) else {}

    def blob(entry: GitEntry | None) -> Blob | None:
        return (entry.mode, store.blob(entry.oid)) if entry else None

    return tuple(
        PathEdit(path, blob(was), blob(now), sources.get(path, "")) for path, (was, now) in changed_paths.items()
    )


def tree_at(workspace: Workspace, store: Store, directory: Path | None) -> WorkTree:
    """The standing work tree, or the one at `directory`."""
    return WorkTree(directory.resolve() if directory else workspace.source, store)
