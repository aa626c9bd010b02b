"""What has to be known before an adoption can be planned: the fork, upstream's releases, and the base."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from difykit.adopt.entries import entries, is_submodule, without_paths
from difykit.adopt.fork_base import chosen, in_words, is_far, ranked, with_commit
from difykit.adopt.history import bases_in_history
from difykit.adopt.model import OF_COMMITS, BaseCandidate, Candidate, Entries, Request
from difykit.adopt.upstream import search, upstream_history
from difykit.core.errors import DifyKitError
from difykit.core.progress import Progress
from difykit.git import (
    Store,
    Told,
    fetch_folders,
    fetch_fork,
    fetch_history,
    fetch_release,
    is_cut_off,
    list_tags,
    own_commits,
    scratch_store,
    told,
)
from difykit.source.overlay import release_version
from difykit.workspace.workspace import Workspace

SHALLOW = "the fork is a shallow clone, its history is cut off: it is adopted by its files alone"
UNREAD = "the fork's history could not be read: it is adopted by its files alone"
_NO_COMMITS = "; a patch holds what belongs to one area, for there are no commits to go by"
# Of the commits in the history; the upmost are those that merges brought last.
_MOST = 12


@dataclass(frozen=True)
class Survey:
    """The fork, the base it stands on, and upstream's releases to compare with."""

    tip: Told
    fork: Entries = field(repr=False)
    base: BaseCandidate
    releases: tuple[BaseCandidate, ...] = field(repr=False)
    candidates: tuple[Candidate, ...]
    own: tuple[Told, ...] = field(repr=False)
    """The fork's own commits, the oldest first; none unless they were asked for."""
    by_files: str = ""
    """Why the fork's history has no say in this, "" where it has one or was not asked."""
    content: str = ""
    """The commit whose tree is to be made: the tip, or where it has submodules, one without them."""
    submodules: tuple[str, ...] = ()
    """Where the fork has submodules that are left out."""


def survey(workspace: Workspace, request: Request, store: Store, progress: Progress) -> Survey:
    """Fetch what is needed, and find the base. Nothing but `.difykit/` is written.

    Raises DifyKitError when something cannot be fetched, or when no base is clearly the nearest.
    """
    with progress.step(f"fetch {request.ref} of {request.fork}"):
        commit = fetch_fork(store, request.fork, request.ref, progress.line)
    tip, fork = told(store, commit), entries(store, commit)
    progress.ok(f"the fork's {request.ref} is commit {commit[:12]}, {len(fork)} files")
    with scratch_store(workspace.derived / "adopt" / "folders.git") as folders:
        releases = tuple(_releases(workspace, folders, progress))
        if request.base:
            base, candidates = _named(workspace, request.base, store, progress), ranked(fork, releases)
            trees = {base.commit: store.tree_id(base.commit)}
            walked = _walk(workspace, request, trees, progress) if request.by in OF_COMMITS else _Walked()
        else:
            base, candidates, walked = _nearest(workspace, request, (store, fork), releases, progress)
    submodules = tuple(path for path, entry in fork.items() if is_submodule(entry) and base.entries.get(path) != entry)
    content = without_paths(store, commit, submodules) if submodules else commit
    fork = {path: entry for path, entry in fork.items() if path not in submodules}
    return Survey(tip, fork, base, releases, candidates, walked.own, walked.by_files, content, submodules)


def _nearest(
    workspace: Workspace,
    request: Request,
    side: tuple[Store, Entries],
    releases: Sequence[BaseCandidate],
    progress: Progress,
) -> tuple[BaseCandidate, tuple[Candidate, ...], _Walked]:
    """The base that the fork's files are nearest to, of releases, of its own history, and of upstream's."""
    store, fork = side
    with upstream_history(workspace, progress) as upstream:
        walked = _walk(workspace, request, upstream.trees(), progress)
        between = [commit for commit in walked.bases if all(commit.entries != release.entries for release in releases)]
        candidates = ranked(fork, [*releases, *between])
        if upstream.tips:
            candidates = with_commit(fork, candidates, search(upstream, store, fork, progress))
    base = chosen(candidates, [candidate.commit for candidate in walked.bases]).release
    progress.ok(f"its base is Dify {base.ref}:\n{in_words(candidates)}")
    if is_far(candidates):
        progress.warn("that is far: if you know the commit that the fork was made from, name it: --base COMMIT")
    return _fetched(workspace, base, store, progress), candidates, walked


@dataclass(frozen=True)
class _Walked:
    """What the fork's history tells: upstream's commits that it may stand on, and the fork's own, if asked for."""

    bases: tuple[BaseCandidate, ...] = ()
    own: tuple[Told, ...] = ()
    by_files: str = ""


def _releases(workspace: Workspace, folders: Store, progress: Progress) -> Iterator[BaseCandidate]:
    url = workspace.settings.upstream.url
    with progress.step(f"read the folders of all releases of {url}"):
        tags = [tag for tag in list_tags(url) if release_version(tag, folders, None)]
        for tag, commit in fetch_folders(folders, url, tags, progress.line):
            yield BaseCandidate(tag, commit, release_version(tag, folders, None), entries(folders, commit))


def history_place(workspace: Workspace) -> Path:
    """Where the fork's history is: its commits and folders, and those files that were asked for."""
    return workspace.derived / "adopt" / "commits.git"


def _walk(workspace: Workspace, request: Request, upstream: Mapping[str, str], progress: Progress) -> _Walked:
    """The fork's history: which commits of upstream's are in it, and which are its own, if they are asked for."""
    must = request.by == "commit"
    with progress.step(f"read the history of {request.ref}"), scratch_store(history_place(workspace)) as store:
        try:
            tip = fetch_history(store, request.fork, request.ref, progress.line)
            if is_cut_off(store, tip):
                progress.warn(f"{SHALLOW}{_NO_COMMITS if must else ''}")
                return _Walked(by_files=SHALLOW)
            bases = bases_in_history(store, tip, upstream)
        except DifyKitError as error:
            if must:
                raise
            progress.warn(f"the fork's history cannot be read, so it is adopted by its files alone: {error.message}")
            return _Walked(by_files=UNREAD)
        candidates = [
            BaseCandidate(oid, oid, release_version(oid, store, None), entries(store, twin))
            for twin, oid in bases[:_MOST]
        ]
        own = own_commits(store, tip, [twin for twin, _ in bases]) if request.by in OF_COMMITS else []
    return _Walked(tuple(candidates), tuple(own))


def _named(workspace: Workspace, ref: str, store: Store, progress: Progress) -> BaseCandidate:
    url = workspace.settings.upstream.url
    with progress.step(f"fetch Dify {ref} from {url}"):
        again = "name the base by --base {}"
        commit = store.release(ref) or fetch_release(store, url, ref, progress.line, again=again)
    return BaseCandidate(ref, commit, release_version(ref, store, commit), entries(store, commit))


def _fetched(workspace: Workspace, base: BaseCandidate, store: Store, progress: Progress) -> BaseCandidate:
    """The base with its files. Raises DifyKitError when the upstream has something else there now."""
    current = _named(workspace, base.ref, store, progress)
    if current.entries != base.entries:
        raise DifyKitError(
            f"{base.ref} of {workspace.settings.upstream.url} is commit {current.commit} here, and {base.commit} there",
            hint=f"a tag was moved: say which of the two you mean, such as: --base {base.commit}",
        )
    return current
