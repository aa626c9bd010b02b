"""Carrying a sync out: fetch, commit, move the work tree. Each step leaves a whole state behind."""

from __future__ import annotations

from packaging.version import Version

from difykit import overlay
from difykit.errors import DifyKitError
from difykit.files import locked
from difykit.git import Store, WorkTree, write_chain
from difykit.lock import Lock, UpstreamLock, read_lock, write_lock
from difykit.progress import Progress
from difykit.state import Layer, Source, read_source, write_source
from difykit.sync.layers import Builder
from difykit.sync.plan import ENGINE, LayerPlan, known_base, layer_plans, read_inputs, release_version
from difykit.workspace import Workspace


def sync(workspace: Workspace, progress: Progress, *, locked_lock: bool = False, discard: bool = False) -> Source:
    """Bring `.difykit/source` to what the workspace describes, and return what it is.

    Raises DirtyTree when the work tree holds edits and `discard` is not set, PatchConflict and ConfigError for what does
    not fit the release, DifyKitError when the upstream cannot be reached, or when `locked_lock` is set and the lock would change.
    """
    with locked(workspace.derived / "lock", "difykit sync"), Store(workspace.store) as store:
        store.ensure()
        before = read_source(workspace.derived)
        tree = WorkTree(workspace.source, store)
        if not discard:
            tree.check_clean({id_ for id_ in (before and before.commit, store.resolve("refs/difykit/source")) if id_})
        lock = read_lock(workspace.lock_file)
        base = _base(workspace, store, lock, progress)
        release = release_version(workspace.settings.upstream.ref, store, base)
        source, replaced = _build(workspace, store, base, release, before, progress)
        _write_lock(workspace, store, source, lock, replaced, progress, refuse=locked_lock)
        store.keep("source", source.commit)
        _move(tree, source, progress, discard=discard)
        write_source(workspace.derived, source)
        return source


def _base(workspace: Workspace, store: Store, lock: Lock | None, progress: Progress) -> str:
    pin = workspace.settings.upstream
    base = known_base(workspace, store, lock)
    if base is None:
        with progress.step(f"fetch Dify {pin.ref} from {pin.url}"):
            base = store.fetch(pin.url, pin.ref, progress.line)
        progress.ok(f"Dify {pin.ref} is commit {base[:12]}")
    if lock and lock.upstream.ref == pin.ref and lock.upstream.commit != base:
        raise DifyKitError(
            f"the ref {pin.ref} of {pin.url} is commit {base}, but difykit.lock says {lock.upstream.commit}:"
            " the tag was moved, or this is another repository",
            hint="find out which; if you trust the new commit, remove difykit.lock and sync again",
        )
    if lock and lock.upstream.ref != pin.ref:
        progress.ok(f"the pin moves from {lock.upstream.ref} to {pin.ref}")
    return base


def _build(
    workspace: Workspace, store: Store, base: str, release: Version | None, before: Source | None, progress: Progress
) -> tuple[Source, dict[str, str]]:
    """Make the commits that are not there yet; the source, and the upstream blobs that overlays replace."""
    inputs = read_inputs(workspace, release)
    for name in inputs.left_out:
        progress.skip(f"patch {name}: not for Dify {release} (its Applies-to)")
    version = release or Version("0")
    overlay.check_overlays(inputs.overlays, version)
    plans = layer_plans(inputs, base, release, before)
    made = [plan for plan in plans if plan.commit]
    new = plans[len(made) :]
    if not new:
        progress.skip(f"source: {len(plans)} layers on Dify {workspace.settings.upstream.ref}, all as before")
    builder = Builder(store, base, version, inputs, made)
    commits = builder.commits(new)
    ids = write_chain(store, made[-1].commit or base if made else base, commits)
    for plan, id_ in zip(new, ids, strict=True):
        progress.ok(
            f"{plan.kind} {plan.name}: commit {id_[:12]}" if plan.kind != "wiring" else f"wiring: commit {id_[:12]}"
        )
    layers = [_layer(plan, plan.commit) for plan in made] + [_layer(p, id_) for p, id_ in zip(new, ids, strict=True)]
    tip = layers[-1].commit if layers else base
    source = Source(release=workspace.settings.upstream.ref, base=base, commit=tip, layers=tuple(layers))
    return source, builder.replaced()


def _layer(plan: LayerPlan, commit: str | None) -> Layer:
    assert commit is not None
    return Layer(kind=plan.kind, name=plan.name, key=plan.key, commit=commit)


def _write_lock(
    workspace: Workspace,
    store: Store,
    source: Source,
    lock: Lock | None,
    replaced: dict[str, str],
    progress: Progress,
    *,
    refuse: bool,
) -> None:
    if lock and lock.upstream.commit == source.base:
        _check_drift(lock, replaced, source)
    ref = workspace.settings.upstream.ref
    upstream = UpstreamLock(ref=ref, commit=source.base, tree=store.tree_id(source.base))
    wanted = Lock(engine=ENGINE, upstream=upstream, replaced=replaced)
    if wanted == lock:
        return
    if refuse:
        raise DifyKitError(
            "difykit.lock is not what this workspace gives, and --locked (the default where CI is set) leaves it alone",
            hint="run `difykit sync` on your machine and commit difykit.lock",
        )
    write_lock(workspace.lock_file, wanted)
    progress.ok(f"difykit.lock: Dify {ref} is {source.base[:12]}")


def _check_drift(lock: Lock, replaced: dict[str, str], source: Source) -> None:
    for path, blob in replaced.items():
        if lock.replaced.get(path, blob) != blob:
            raise DifyKitError(
                f"{path} is replaced whole by an overlay, made from another upstream file than Dify {source.release} has",
                hint=f"carry upstream's changes into the overlay, then remove the line of {path} from difykit.lock",
            )


def _move(tree: WorkTree, source: Source, progress: Progress, *, discard: bool) -> None:
    if tree.head() == source.commit and not tree.interrupted() and not (discard and tree.dirty()):
        progress.skip(f"work tree {tree.path}: as it should be")
        return
    with progress.step("move the work tree"):
        tree.move(source.commit, discard=discard)
    progress.ok(f"work tree {tree.path} is at {source.commit[:12]}")
