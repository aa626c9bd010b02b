"""Carrying a sync out: fetch, commit, move the work tree. Each step leaves a whole state behind."""

from __future__ import annotations

from dataclasses import dataclass

from difykit.core import transaction
from difykit.core.errors import DifyKitError
from difykit.core.files import locked
from difykit.core.progress import Progress
from difykit.dify import layout
from difykit.git import Changes, Store, WorkTree
from difykit.source.overlay import release_version
from difykit.source.sync import notes
from difykit.source.sync.chain import make_chain
from difykit.source.sync.licence import touched
from difykit.source.sync.plan import known_base, known_commits, read_inputs
from difykit.source.sync.repair import Repair
from difykit.source.sync.worktree_edits import check_edits_in, settle
from difykit.workspace.derived import check_derived
from difykit.workspace.lock import ENGINE, Lock, UpstreamLock, read_lock, write_lock
from difykit.workspace.state import Source, read_source, write_source
from difykit.workspace.workspace import Workspace, lend_schemas


@dataclass(frozen=True)
class _Job:
    """What every step of a sync needs."""

    workspace: Workspace
    store: Store
    progress: Progress
    lock: Lock | None
    before: Source | None


def sync(workspace: Workspace, progress: Progress, *, keep_lock: bool = False, discard: bool = False) -> Source:
    """Bring `.difykit/source` to what the workspace describes, and return what it is.

    What is broken below `.difykit` is made again; a work tree of which git cannot say what was edited is put aside
    first, if it may hold edits, with `discard` too.
    Raises DirtyTree when the work tree holds edits and `discard` is not set, PatchConflict and ConfigError for what
    does not fit the release, DifyKitError when the upstream cannot be reached, or when `keep_lock` is set and the lock
    would change.
    """
    check_derived(workspace.derived)
    with locked(workspace.derived / "lock", "difykit sync", on_wait=progress.skip), Store(workspace.store) as store:
        tree = WorkTree(workspace.source, store)
        lock = read_lock(workspace.lock_file)
        repair = Repair(workspace, store, tree, progress, lock)
        repair.begin()
        transaction.refuse_pending(workspace.root)
        try:
            source = _make(_Job(workspace, store, progress, lock, repair.before()), repair, keep_lock, discard)
        except Exception as error:
            if not repair.deeper(error):
                raise
            source = _make(_Job(workspace, store, progress, lock, repair.before()), repair, keep_lock, discard)
        repair.note_state()
        lend_schemas(workspace.derived)
        return source


def _make(job: _Job, repair: Repair, keep_lock: bool, discard: bool) -> Source:  # noqa: FBT001 - sync's own flags
    store, tree = job.store, repair.tree
    if tree.git_dir.is_dir() and not repair.opaque:
        tree.recover()
        if tree.head() is None:
            tree.check_alone()
            tree.ensure()  # what it borrows from may only have been lost sight of
    commits = known_commits(job.workspace, store, tree)
    # Where notes or objects are lost, the source tells later whether the commit that is checked out is difykit's.
    untold = tree.head() not in commits and (bool(repair.faults) or read_source(job.workspace.derived) is None)
    readable = repair.head_is_whole() and not repair.opaque and not untold
    if not discard and readable:
        check_edits_in(tree, commits, repair)
    base = _base(job)
    source, replaced = _build(job, base)
    commits |= {source.base, source.commit}
    if not readable:  # a lost store has its commits back only now
        settle(repair, source, commits, discard=discard)
    lock = _wanted_lock(job, source, replaced, refuse=keep_lock)
    store.keep("source", source.commit)
    _move(job, tree, source, lock, discard=discard)
    if lock:
        job.progress.ok(f"difykit.lock: Dify {source.release} is {source.base[:12]}; commit it")
    return source


def _base(job: _Job) -> str:
    pin, lock = job.workspace.settings.upstream, job.lock
    base = known_base(job.workspace, job.store, lock)
    if base is None:
        with job.progress.step(f"fetch Dify {pin.ref} from {pin.url}"):
            base = job.store.fetch(pin.url, pin.ref, job.progress.line)
        job.progress.ok(f"Dify {pin.ref} is commit {base[:12]}")
    if lock and lock.upstream.ref == pin.ref and lock.upstream.commit != base:
        raise DifyKitError(
            f"the ref {pin.ref} of {pin.url} is commit {base}, but difykit.lock says {lock.upstream.commit}:"
            " the tag was moved, or this is another repository",
            hint="find out which; if you trust the new commit, remove difykit.lock and sync again",
        )
    if lock and lock.upstream.ref != pin.ref:
        job.progress.ok(f"the pin moves from {lock.upstream.ref} to {pin.ref}")
    return base


def _build(job: _Job, base: str) -> tuple[Source, dict[str, str]]:
    """Make the commits that are not there yet; the source, and the upstream blobs that overlays replace."""
    ref = job.workspace.settings.upstream.ref
    release = release_version(ref, job.store, base)
    inputs = read_inputs(job.workspace, release)
    for name in inputs.left_out:
        job.progress.skip(f"patch {name}: not for Dify {release} (its Applies-to)")
    chain = make_chain(job.store, base, release, inputs, job.before)
    new = chain.layers[len(chain.layers) - len(chain.new) :]
    labels = [plan.label for plan in chain.plans[len(chain.plans) - len(chain.new) :]]
    _warn_of_licence(job, [(name, commit.changes) for name, commit in zip(labels, chain.new, strict=True)], chain.below)
    for name, layer in zip(labels, new, strict=True):
        job.progress.ok(f"{name}: commit {layer.commit[:12]}")
    notes.tell(job.progress, job.store, chain, inputs, release)
    if not new:
        job.progress.skip(f"source: {len(chain.layers)} layers on Dify {ref}, all as before")
    return Source(release=ref, base=base, commit=chain.tip, layers=chain.layers), chain.builder.replaced()


def _warn_of_licence(job: _Job, layers: list[tuple[str, Changes]], below: str) -> None:
    """A new layer that touches what Dify's licence reserves is told once, when it is made."""
    if any(path.startswith(f"{layout.WEB}/") for _, changes in layers for path in changes):
        for reserved in touched(layers, job.store.tree(below)):
            job.progress.warn(str(reserved))


def _wanted_lock(job: _Job, source: Source, replaced: dict[str, str], *, refuse: bool) -> Lock | None:
    """The lock to write, None where it says so already. Raises DifyKitError where it must not be written."""
    lock = job.lock
    if lock:
        _check_drift(lock, replaced, source)
    tree = job.store.tree_id(source.base)
    upstream = UpstreamLock(ref=source.release, commit=source.base, tree=tree)
    image_digests = lock.images if lock and lock.upstream.ref == source.release else {}  # another release, other images
    new_lock = Lock(engine=ENGINE, upstream=upstream, replaced=replaced, images=image_digests)
    if new_lock == lock:
        return None
    if refuse:
        raise DifyKitError(
            "difykit.lock is not what this workspace gives, and --locked (the default where CI is set) leaves it alone",
            hint="run `difykit sync` on your machine and commit difykit.lock",
        )
    return new_lock


def _check_drift(lock: Lock, replaced: dict[str, str], source: Source) -> None:
    for path, blob in replaced.items():
        if lock.replaced.get(path, blob) != blob:
            raise DifyKitError(
                f"an overlay replaces {path} whole, and was made from another file than Dify {source.release} has",
                hint=f"carry upstream's changes into the overlay, then remove the line of {path} from difykit.lock",
            )


def _move(job: _Job, tree: WorkTree, source: Source, lock: Lock | None, *, discard: bool) -> None:
    """Move the tree, and write down where it is: in the lock, if that changes, and for the verbs to come."""

    def note() -> None:
        if lock:
            write_lock(job.workspace.lock_file, lock)
        write_source(job.workspace.derived, source)

    if tree.head() == source.commit and not tree.interrupted() and not (discard and tree.dirty()):
        tree.keep_refreshed()
        note()
        job.progress.skip(f"work tree {tree.path}: as it should be")
        return
    with job.progress.step("move the work tree"):
        tree.move(source.commit, discard=discard, note=note)
    job.progress.ok(f"work tree {tree.path} is at {source.commit[:12]}")
