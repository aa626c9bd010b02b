"""Carrying an adoption out: look, plan, make, prove, move in."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from difykit.adopt.entries import is_submodule
from difykit.adopt.model import AdoptionPlan, BaseCandidate, Entries, Request
from difykit.adopt.move_in import clear, move_in, scratch
from difykit.adopt.plan import make_plan
from difykit.adopt.survey import Survey, history_place, survey
from difykit.adopt.write import prove, write_all
from difykit.core import files, transaction
from difykit.core.errors import CommandFailed, DifyKitError, in_line
from difykit.core.files import locked
from difykit.core.progress import Progress
from difykit.git import Store, fetch_files, forget_fork, not_ignored, renames, sizes, standing_in
from difykit.source import overlay, wiring
from difykit.source.overlay import NAME, own_names, preset_names
from difykit.source.patch import read_series
from difykit.workspace.lock import read_lock
from difykit.workspace.repository import repository_faults, repository_url
from difykit.workspace.workspace import Workspace

_FULL = "difykit init NAME makes a new one: adopt there"


def adopt(workspace: Workspace, request: Request, progress: Progress, *, check: bool = False) -> AdoptionPlan:
    """Turn a fork of Dify into patches and one overlay of the workspace; with `check`, only say which.

    What is written is proved before: a sync of it gives the fork's own tree. A run that is killed leaves all of it or
    nothing. Raises DifyKitError when the workspace has content already, when the fork or its base cannot be found, and
    when the proof fails; then the workspace is as it was.
    """
    transaction.finish(workspace.root, progress)
    request = replace(request, fork=checked_url(request.fork, request.ref))
    name = request.name or suggested_name(request.fork)
    with locked(workspace.derived / "lock", "difykit adopt", on_wait=progress.skip), _store(workspace) as store:
        check_room(workspace, name)
        surveyed = survey(workspace, request, store, progress)
        _check_lock(workspace, surveyed.base)
        with progress.step("compare the fork with its base"):
            plan = _compared(request, name, surveyed, store, progress)
        _fetch_steps(workspace, plan, surveyed, progress)
        staging = scratch(workspace)
        try:
            with progress.step(f"write {len(plan.patches)} patches and {len(plan.split.overlay)} files"):
                write_all(workspace, plan, surveyed.fork, store, staging)
            with progress.step("prove it: the source that a sync would make, against the fork"):
                plan = replace(plan, proven=prove(workspace, plan, store, staging))
            if not check:
                move_in(workspace)
                _warn_of_ignored(workspace, plan, progress)
        finally:
            clear(workspace)
    return plan


def _compared(request: Request, name: str, surveyed: Survey, store: Store, progress: Progress) -> AdoptionPlan:
    """The plan; every part of it that may take some seconds is named before."""
    fork, base = surveyed.fork, surveyed.base
    oids = [entry.partition(" ")[2] for entry in _touched(fork, base.entries)]
    progress.line(f"read {len(oids)} files")
    store.prefetch(set(oids))
    gone, added = len(base.entries.keys() - fork.keys()), len(fork.keys() - base.entries.keys())
    progress.line(f"look for files that moved, among {gone} that went and {added} that came")
    return make_plan(
        request,
        name,
        surveyed,
        tree=store.tree_id(surveyed.content),
        moved=renames(store, base.commit, surveyed.content),
        blob=store.blob,
        size=sizes(store, oids),
        standing=lambda texts: standing_in(store, base.commit, texts),
        on_part=progress.line,
    )


def _check_lock(workspace: Workspace, base: BaseCandidate) -> None:
    """Raises DifyKitError when difykit.lock has another commit for the base: a sync would refuse it."""
    lock = read_lock(workspace.lock_file)
    if lock and lock.upstream.ref == base.ref and lock.upstream.commit != base.commit:
        raise DifyKitError(
            f"the base {base.ref} is commit {base.commit}, but difykit.lock says {lock.upstream.commit}",
            hint="find out which; if you trust the new commit, remove difykit.lock, then again",
        )


def _warn_of_ignored(workspace: Workspace, plan: AdoptionPlan, progress: Progress) -> None:
    """Files that the user's own git would leave out of the next commit of the workspace."""
    paths = tuple(f"overlays/{plan.name}/tree/{path}" for path in plan.split.overlay)
    try:
        tracked = not_ignored(workspace.root, paths)
    except CommandFailed:
        return  # git does not answer in time: nothing is lost but this word
    if tracked is not None and (ignored := sorted(set(paths) - set(tracked))):
        progress.warn(f"your git ignores {in_line(ignored, 1)}: git add --force overlays/{plan.name}")


def _fetch_steps(workspace: Workspace, plan: AdoptionPlan, surveyed: Survey, progress: Progress) -> None:
    """The files as they were between the commits that become patches: the history came without files."""
    changes = {commit.oid: commit.changes for commit in surveyed.own}
    steps = [changes[patch.commit][path] for patch in plan.patches if patch.commit for path in patch.paths]
    oids = [entry.partition(" ")[2] for step in steps for entry in step if entry]
    if oids:
        with progress.step(f"fetch {len(oids)} files of the history"), Store(history_place(workspace)) as store:
            fetch_files(store, plan.request.fork, oids, progress.line)


def _touched(fork: Entries, base: Entries) -> list[str]:
    differing = {path for path in {*fork, *base} if fork.get(path) != base.get(path)}
    touched = [side[path] for path in sorted(differing) for side in (base, fork) if path in side]
    return [entry for entry in touched if not is_submodule(entry)]


@contextmanager
def _store(workspace: Workspace) -> Iterator[Store]:
    """The workspace's store, without the fork once the block ends: what a kill leaves there, the next run replaces."""
    with Store(workspace.store) as store:
        store.ensure()
        try:
            yield store
        finally:
            forget_fork(store)


def checked_url(url: str, ref: str) -> str:
    """The fork's URL; a folder becomes one. Raises DifyKitError for another protocol, a password, or an odd ref."""
    url = repository_url(url)
    options = {"url": "--fork"}
    if text := "; ".join(f"{options.get(key, '--ref')}: {fault}" for key, fault in repository_faults(url, ref)):
        raise DifyKitError(text, hint="such as: --fork https://github.com/OWNER/NAME.git --ref TAG")
    return url


def suggested_name(url: str) -> str:
    """A name for the overlay, from the last part of the fork's URL."""
    last = re.sub(r"\.git$", "", url.rstrip("/")).rpartition("/")[2].rpartition(":")[2]
    words = re.sub(r"[^a-z0-9]+", "-", last.lower()).strip("-")[:60].strip("-")
    return words or "fork"


def check_room(workspace: Workspace, name: str) -> None:
    """Raises DifyKitError when the workspace has content that would be mixed with the fork's."""
    if not NAME.fullmatch(name):
        raise DifyKitError(f"{name!r} cannot be the name of an overlay", hint="use a-z, 0-9 and '-': --name NAME")
    if name in own_names(workspace) or os.path.lexists(workspace.root / "overlays" / name):
        raise DifyKitError(f"this workspace has overlays/{name} already", hint="choose another name: --name NAME")
    if name in preset_names(workspace) or name in workspace.settings.overlays:
        raise DifyKitError(f"there is an overlay {name} already", hint="choose another name: --name NAME")
    series = workspace.patches / "series"
    entries = read_series(files.read_bytes(series).decode("utf-8-sig")) if series.is_file() else ()
    if entries or any(workspace.patches.rglob("*.patch")):
        text = f"patches/ holds patches already, {len(entries)} in series, and those of a fork would be mixed with them"
        raise DifyKitError(text, hint=_FULL)
    wired = wiring.wired_names(workspace.overlays)
    full = [enabled.name for enabled in workspace.overlays if overlay.content_key(enabled) or enabled.name in wired]
    if full:
        raise DifyKitError(
            f"overlays that change Dify are enabled: {', '.join(full)}; with them the result would not be the fork",
            hint=f"first: difykit overlay.disable {full[0]} (enable it again afterwards); or {_FULL}",
        )
