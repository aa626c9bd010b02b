"""What must hold before an upgrade begins, and the two releases that it is about."""

from __future__ import annotations

from dataclasses import dataclass

from difykit.core import transaction
from difykit.core.errors import DifyKitError, DirtyTree, in_rows
from difykit.core.progress import Progress
from difykit.git import Home, Store, WorkTree, fetch_release
from difykit.porting.apply.staging import PATHS
from difykit.porting.plan.chain import ChainRelease, ReleaseChain, build, release_of
from difykit.source.sync import check_frame, known_base, known_commits, read_made
from difykit.workspace.lock import read_lock
from difykit.workspace.workspace import Workspace

_LOOKED_AT = (*PATHS, "images")


@dataclass(frozen=True)
class Ready:
    """A workspace that an upgrade can begin in."""

    workspace: Workspace
    store: Store
    to: str


def prepare(workspace: Workspace, store: Store, to: str) -> Ready:
    """Look before anything is touched.

    Raises DirtyTree for edits in the source or changes that are not committed, DifyKitError for what stands in the way.
    """
    pin, lock = workspace.settings.upstream, read_lock(workspace.lock_file)
    try:
        type(pin)(url=pin.url, ref=to)
    except ValueError as error:
        raise DifyKitError(
            f"{to!r} is not a tag, a branch or a full commit id", hint="difykit upgrade.start --to 1.15.0"
        ) from error
    if to == pin.ref:
        raise DifyKitError(f"the pin is Dify {to} already", hint="difykit upgrade.start --to another release")
    if lock and lock.upstream.ref != pin.ref:
        raise DifyKitError(
            f"difykit.yaml pins Dify {pin.ref}, but difykit.lock is of {lock.upstream.ref}: the pin was moved by hand",
            hint=f"put upstream.ref back to {lock.upstream.ref}, then: difykit upgrade.start --to {to}",
        )
    store.ensure()
    _check_source(workspace, store)
    _check_home(workspace)
    return Ready(workspace, store, to)


def _check_source(workspace: Workspace, store: Store) -> None:
    transaction.refuse_pending(workspace.root, again="; then start again")
    tree = WorkTree(workspace.source, store, only_look=True)
    tree.check_place()
    check_frame(workspace, store, tree)
    if tree.head() is not None:
        tree.check_clean(known_commits(workspace, store, tree))


def _check_home(workspace: Workspace) -> None:
    home = Home.around(workspace.root, "difykit.yaml")
    if home is None:
        return
    if busy := home.busy():
        raise DifyKitError(
            f"{busy} is half done in the repository of {workspace.root}", hint="finish it, or abort it, with git first"
        )
    if uncommitted := home.uncommitted(_LOOKED_AT):
        raise DirtyTree(
            f"{workspace.root} has changes that are not committed:{in_rows(uncommitted, 10)}",
            hint="commit or stash them, then start again; the upgrade makes commits of its own, on a branch of its own",
        )
    home.identity()


def old_chain(ready: Ready, progress: Progress) -> ReleaseChain:
    """The workspace on its present pin, which is what will be carried.

    Raises PatchConflict or ConfigError where it does not fit even that, DifyKitError when the pin is not to be had.
    """
    workspace, store = ready.workspace, ready.store
    pin, lock = workspace.settings.upstream, read_lock(workspace.lock_file)
    base = known_base(workspace, store, lock) or _fetched(ready, pin.ref, progress)
    if lock and lock.upstream.commit != base:
        raise DifyKitError(
            f"the ref {pin.ref} of {pin.url} is commit {base}, but difykit.lock says {lock.upstream.commit}:"
            " the tag was moved, or this is another repository",
            hint="find out which; if you trust the new commit, remove difykit.lock and sync, then start again",
        )
    return build(workspace, store, release_of(store, pin.ref, base), read_made(workspace, store))


def target(ready: Ready, progress: Progress) -> ChainRelease:
    """The release to go to, fetched where it is not here yet. Raises DifyKitError where there is no such release."""
    return release_of(ready.store, ready.to, ready.store.release(ready.to) or _fetched_target(ready, progress))


def _fetched_target(ready: Ready, progress: Progress) -> str:
    url = ready.workspace.settings.upstream.url
    with progress.step(f"fetch Dify {ready.to} from {url}"):
        return fetch_release(ready.store, url, ready.to, progress.line, again="difykit upgrade.start --to {}")


def _fetched(ready: Ready, ref: str, progress: Progress) -> str:
    url = ready.workspace.settings.upstream.url
    with progress.step(f"fetch Dify {ref} from {url}"):
        return ready.store.fetch(url, ref, progress.line)
