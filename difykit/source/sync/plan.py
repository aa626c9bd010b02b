"""What a sync would do, as a value: which release, which layers, which of them are there already."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from difykit.core import files
from difykit.core.errors import ConfigError, Damaged, DifyKitError, Problem
from difykit.git import Store, WorkTree, describe, is_own_chain, kept_releases, store_faults, tree_faults
from difykit.source import migrations, overlay, wiring
from difykit.source.patch import Patch, load
from difykit.workspace.derived import check_derived
from difykit.workspace.lock import ENGINE, Lock, read_lock
from difykit.workspace.state import Source, SourceLayer, read_source
from difykit.workspace.workspace import Overlay, Workspace


@dataclass(frozen=True)
class LayerPlan:
    """One commit of the source: what makes it, and the commit if it was made before."""

    kind: Literal["patch", "overlay", "wiring"]
    name: str
    key: str
    commit: str | None = None

    @property
    def label(self) -> str:
        """How messages call it."""
        return self.kind if self.kind == "wiring" else f"{self.kind} {self.name}"


@dataclass(frozen=True)
class SyncPlan:
    """What `sync` would do."""

    ref: str
    base: str | None
    layers: tuple[LayerPlan, ...]
    left_out: tuple[str, ...]
    work_tree: Literal["make", "move", "keep", "refuse"]
    refusal: str = ""
    """Why sync would refuse to move the work tree, "" where it would not."""

    @property
    def changes(self) -> bool:
        """Whether a sync would change anything."""
        return self.work_tree != "keep"

    def describe(self) -> dict[str, object]:
        """The plan as `--json` prints it."""
        return {
            "ref": self.ref,
            "fetch": self.base is None,
            "base": self.base,
            "layers": [
                {"kind": layer.kind, "name": layer.name, "made": layer.commit is not None} for layer in self.layers
            ],
            "left_out": list(self.left_out),
            "work_tree": self.work_tree,
            "refusal": self.refusal,
        }


@dataclass(frozen=True)
class SourceInputs:
    """Everything of the workspace that the source is made from, read once."""

    patches: tuple[Patch, ...]
    left_out: tuple[str, ...]
    overlays: tuple[Overlay, ...]
    contents: tuple[tuple[Literal["patch", "overlay", "wiring"], str, str], ...]

    def without(self, patches: Collection[str]) -> SourceInputs:
        """The inputs without these patches."""
        return SourceInputs(
            tuple(patch for patch in self.patches if patch.name not in patches),
            (*self.left_out, *patches),
            self.overlays,
            tuple(content for content in self.contents if content[0] != "patch" or content[1] not in patches),
        )


def read_inputs(workspace: Workspace, release: Version | None, *, patches: bool = True) -> SourceInputs:
    """Read patches (unless told not to) and overlays; those that are for another release are left out and named.

    Raises ConfigError with what is wrong in them.
    """
    loaded = load(workspace.patches) if patches else ()
    fitting = tuple(patch for patch in loaded if release is None or _applies(patch, release))
    names = {patch.name for patch in fitting}
    left_out = tuple(patch.name for patch in loaded if patch.name not in names)
    contents: list[tuple[Literal["patch", "overlay", "wiring"], str, str]] = [
        (
            "patch",
            patch.name,
            hashlib.sha256(files.read_bytes(workspace.patches / patch.name, limit=files.PATCH)).hexdigest(),
        )
        for patch in fitting
    ]
    contents += [
        ("overlay", enabled.name, key) for enabled in workspace.overlays if (key := overlay.content_key(enabled))
    ]
    if key := wiring.content_key(workspace.overlays) + migrations.program_key(workspace.overlays):
        contents.append(("wiring", "wiring", key))
    return SourceInputs(fitting, left_out, workspace.overlays, tuple(contents))


def _applies(patch: Patch, release: Version) -> bool:
    versions = patch.trailer("Applies-to")
    try:
        return SpecifierSet(versions).contains(release, prereleases=True)
    except ValueError as error:
        text = f"Applies-to: {versions!r} is not a version range such as >=1.13,<2 (PEP 440)"
        raise ConfigError([Problem(f"patches/{patch.name}", 0, text)]) from error


def layer_plans(
    inputs: SourceInputs, base: str, release: Version | None, before: Source | None
) -> tuple[LayerPlan, ...]:
    """Each layer with its key, and with its commit where the same chain was made up to it."""
    key = hashlib.sha256(f"{ENGINE}\0{base}\0{release}".encode()).hexdigest()
    old: Sequence[SourceLayer] = before.layers if before and before.base == base else ()
    plans: list[LayerPlan] = []
    same = True
    for index, (kind, name, content) in enumerate(inputs.contents):
        key = hashlib.sha256(f"{key}\0{kind}\0{name}\0{content}".encode()).hexdigest()
        same = same and index < len(old) and old[index].key == key
        plans.append(LayerPlan(kind, name, key, old[index].commit if same else None))
    return tuple(plans)


def known_base(workspace: Workspace, store: Store, lock: Lock | None) -> str | None:
    """The pinned commit if it was fetched before and is what the lock says."""
    ref = workspace.settings.upstream.ref
    fetched = store.release(ref)
    if fetched and lock and lock.upstream.ref == ref and lock.upstream.commit != fetched:
        return None
    return fetched


def plan_sync(workspace: Workspace) -> SyncPlan:
    """What `sync` would do now; nothing is fetched or written. Raises ConfigError for a wrong workspace."""
    ref = workspace.settings.upstream.ref
    with Store(workspace.store) as store:
        tree = WorkTree(workspace.source, store, only_look=True)
        check_frame(workspace, store, tree)
        base = known_base(workspace, store, read_lock(workspace.lock_file))
        release = overlay.release_version(ref, store, base)
        inputs = read_inputs(workspace, release)
        if release:
            overlay.check_overlays(inputs.overlays, release)
        before = read_made(workspace, store)
        plans = layer_plans(inputs, base or "", release, before)
        tip = (plans[-1].commit if plans else base) if base else None
        state, refusal = _work_tree(tree, tip, known_commits(workspace, store, tree))
    return SyncPlan(ref, base, plans, inputs.left_out, state, refusal)


def read_made(workspace: Workspace, store: Store) -> Source | None:
    """What the last sync made, if the store still has it."""
    before = read_source(workspace.derived) if (store.path / "HEAD").is_file() else None
    return before if before and store.resolve(before.commit) else None


def own_commits(store: Store, before: Source | None) -> set[str]:
    """The commits that difykit put into the work tree: a kill may have come between moving it and writing it down.

    `modify` puts it on a patch's commit, `finish` on what it has taken in.
    """
    exists = (store.path / "HEAD").is_file()
    tips = [store.resolve(f"refs/difykit/{name}") for name in ("source", "finish/edited")] if exists else []
    layer_commits = [before.base, before.commit, *(layer.commit for layer in before.layers)] if before else []
    return {commit for commit in (*tips, *layer_commits) if commit}


def known_commits(workspace: Workspace, store: Store, tree: WorkTree) -> set[str]:
    """The commits that difykit put into the work tree; what is checked out is asked itself where the notes are lost."""
    before = read_source(workspace.derived)
    commits = own_commits(store, before)
    head = tree.head()
    if not head or head in commits:
        return commits
    lock = read_lock(workspace.lock_file)
    bases = {*kept_releases(store).values(), *([lock.upstream.commit] if lock else [])}
    return commits | {head} if is_own_chain(tree, bases) else commits


def check_frame(workspace: Workspace, store: Store, tree: WorkTree) -> None:
    """Raises Damaged when store or work tree are broken so that no answer of git's would be true."""
    check_derived(workspace.derived)
    for path, faults in ((store.path, store_faults(store.path)), (tree.path, tree_faults(tree, store))):
        if faults and not (tree.path == path and faults[0].path == ".git"):  # then it is no work tree
            raise Damaged(
                f"{path} is damaged: {describe(faults)}", hint="difykit sync makes it again; it keeps edits of yours"
            )


def check_edits(workspace: Workspace) -> None:
    """Raises DirtyTree when the work tree holds edits that a sync would lose; no overlay or patch is read."""
    with Store(workspace.store) as store:
        tree = WorkTree(workspace.source, store, only_look=True)
        check_frame(workspace, store, tree)
        if tree.head() is not None:
            tree.check_clean(known_commits(workspace, store, tree))


def _work_tree(
    tree: WorkTree, tip: str | None, commits: set[str]
) -> tuple[Literal["make", "move", "keep", "refuse"], str]:
    try:
        tree.check_place()
        head = tree.head()
        if head is None:
            return "make", ""
        tree.check_clean(commits)
    except DifyKitError as error:
        return "refuse", error.message
    return ("keep" if head == tip and not tree.interrupted() else "move"), ""
