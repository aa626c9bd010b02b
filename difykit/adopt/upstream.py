"""UpstreamHistory's own history: what of it a fork holds, and which commit of it the fork's files are nearest to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache

from difykit.adopt.branch_search import nearest, settled
from difykit.adopt.entries import entries
from difykit.adopt.model import BaseCandidate, Entries
from difykit.core.errors import DifyKitError
from difykit.core.progress import Progress
from difykit.git import (
    Store,
    branch_tips,
    commit_changes,
    fetch_branches,
    fetch_files,
    history,
    own_line,
    scratch_store,
)
from difykit.workspace.workspace import Workspace


@dataclass(frozen=True)
class UpstreamHistory:
    """The history of upstream's branches, with folders and without files."""

    store: Store = field(repr=False)
    url: str
    tips: tuple[str, ...] = ()
    head: str = ""
    """The newest commit of its own branch, "" where it has none."""

    def trees(self) -> Mapping[str, str]:
        """The tree of each commit; those of its own branch come last."""
        if not self.tips:
            return {}
        nodes = {node.oid: node.tree for node in reversed(history(self.store, *self.tips))}
        own = {node.oid: node.tree for node in reversed(history(self.store, self.head))} if self.head else {}
        return {oid: tree for oid, tree in nodes.items() if oid not in own} | own


@contextmanager
def upstream_history(workspace: Workspace, progress: Progress) -> Iterator[UpstreamHistory]:
    """The history of upstream's branches; an empty one, and a warning, where it cannot be read."""
    url = workspace.settings.upstream.url
    # Apart from the fork's: git would have it tell files by those of the fork, which are not there.
    with scratch_store(workspace.derived / "adopt" / "branches.git") as store:
        try:
            with progress.step(f"read the history of {url}"):
                head = fetch_branches(store, url, progress.line)
            upstream = UpstreamHistory(store, url, tuple(branch_tips(store)), head)
        except DifyKitError as error:
            progress.warn(f"the history of {url} cannot be read, so only releases are tried as a base: {error.message}")
            upstream = UpstreamHistory(store, url)
        yield upstream


def search(upstream: UpstreamHistory, fork_store: Store, fork: Entries, progress: Progress) -> BaseCandidate:
    """The commit of upstream's branches that the fork's files are nearest to."""
    store = upstream.store
    with progress.step("compare the fork with every commit of upstream's branches"):

        def on_count(number: int, total: int) -> None:
            progress.line(f"{number} of {total} commits compared")

        tied = nearest(fork, commit_changes(store, upstream.tips, on_count))
        oid = tied[0] if len(tied) == 1 else _settle(upstream, fork_store, fork, tied, progress)
    return BaseCandidate(oid, oid, None, entries(store, oid))


def _settle(upstream: UpstreamHistory, fork_store: Store, fork: Entries, tied: list[str], progress: Progress) -> str:
    store = upstream.store

    @cache
    def lines(entry: str) -> Counter[bytes]:
        mode, _, oid = entry.partition(" ")
        if mode == "160000":
            return Counter()
        if oid not in fork_files:
            fetch_files(store, upstream.url, [oid], progress.line)
        return Counter((fork_store if oid in fork_files else store).blob(oid).splitlines())

    fork_files = {entry.partition(" ")[2] for entry in fork.values()}
    main = own_line(store, upstream.head)
    try:
        return settled(fork, tied, lambda oid: entries(store, oid), lines, main)
    except DifyKitError:  # an upstream that gives no file by its id
        return next((oid for oid in tied if oid in main), tied[0])
