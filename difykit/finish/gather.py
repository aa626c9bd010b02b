"""What `finish` starts from: the source as it was made, and what was edited on it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from packaging.version import Version

from difykit import files
from difykit.errors import Damaged, DifyKitError, DirtyTree
from difykit.finish.chain import TOP, Chain
from difykit.finish.plan import Change, Step
from difykit.finish.prove import built_source
from difykit.git import Blob, Store, WorkTree
from difykit.git.edited import Edited, OwnCommit, changes_between, look, renamed
from difykit.git.store import Entry
from difykit.lock import read_lock
from difykit.overlay import release_version
from difykit.state import Source, read_source
from difykit.sync.plan import check_frame, known_base, layer_plans, read_inputs, read_made
from difykit.workspace import Workspace

KEPT = "finish/edited"
"""The ref, below refs/difykit/, that holds what was last taken in."""

_MARK = "difykit-modify.json"


@dataclass(frozen=True)
class Gathered:
    """Edits, in the steps that they were made in, and where in the chain: on the version `at`, after layer `after`."""

    chain: Chain
    edited: Edited
    steps: tuple[Step, ...]
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
    kept = {store.resolve(f"refs/difykit/{name}") for name in (KEPT, "source")}
    whole = {source.commit, *filter(None, kept)}
    edited = look(tree, store, {source.base, *(layer.commit for layer in source.layers), *whole})
    at_patch = edited.start if edited.start not in whole and edited.start == marked(tree) else None
    if at_patch is None and edited.start not in whole:
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


def _check_untouched(tree: WorkTree, store: Store, source: Source, edited: Edited) -> None:
    """Somebody checked out a layer below: edits there may be meant for it, or for the whole source."""
    if store.tree_id(edited.commit) == store.tree_id(edited.head):
        return
    layer = next((each for each in source.layers if each.commit == edited.head), None)
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


def made_chain(workspace: Workspace, store: Store, source: Source) -> Chain:
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
        return Chain(workspace, store, source, inputs, release or Version("0"))
    made = built_source(workspace, store, source, release)
    return Chain(workspace, store, made, inputs, release or Version("0"))


def _check_apart(chain: Chain, start: str, edited: Edited, *, moved: bool) -> None:
    """The workspace changed since the sync: that is well where it is about other files than the edits."""
    here = set(changes_between(chain.store, start, edited.commit))
    both = sorted(here & set(changes_between(chain.store, start, chain.source.commit)))
    if not both and not moved:
        return
    about = "the source was edited after one of its patches" if moved else f"both changed {', '.join(both[:5])}"
    raise DifyKitError(
        f"patches or overlays changed since the last sync, and so did the work tree: {about}",
        hint="put the patches and overlays back as they were (git stash), finish, then change them again",
    )


def _steps(store: Store, start: str, edited: Edited, *, alone: bool) -> Iterable[Step]:
    before = start
    for own in () if alone else edited.own:
        if changes := _changes(store, before, own.id):
            yield _own_step(own, changes)
        before = own.id
    if changes := _changes(store, before, edited.commit):
        yield Step(changes)


def _own_step(own: OwnCommit, changes: tuple[Change, ...]) -> Step:
    subject, _, body = own.message.partition("\n")
    return Step(changes, subject.strip() or "A change", body.strip("\n"), own.author, own.id)


def _changes(store: Store, old: str, new: str) -> tuple[Change, ...]:
    found = changes_between(store, old, new)
    sources = renamed(store, old, new) if any(entry[0] is None for entry in found.values()) else {}

    def blob(entry: Entry | None) -> Blob | None:
        return (entry.mode, store.blob(entry.oid)) if entry else None

    return tuple(Change(path, blob(was), blob(now), sources.get(path, "")) for path, (was, now) in found.items())


def tree_at(workspace: Workspace, store: Store, directory: Path | None) -> WorkTree:
    """The standing work tree, or the one at `directory`."""
    return WorkTree(directory.resolve() if directory else workspace.source, store)
