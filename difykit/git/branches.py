"""All of an upstream's history: the commits of its branches with their folders, and what each did to which file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from difykit.git.command import git
from difykit.git.fork import ALL_COMMITS, PLACE, SHORT, fetch_anew, fetch_failed, history
from difykit.git.store import Store

_BRANCHES = f"{PLACE}branch/"
_HEAD = f"{PLACE}upstream"
# So many commits are compared before a word is said of it: some seconds.
_CHUNK = 2000
# Before each commit; no path holds it.
_MARK = "%x01difykit%x01"


@dataclass(frozen=True)
class PathChange:
    """What a commit did to a path: mode and blob id as one text before and after, "" where there is none."""

    path: str
    old: str
    new: str


@dataclass(frozen=True)
class CommitChanges:
    """A commit, what it stands on, and what it did to that; of a merge, what it brought to its first parent."""

    oid: str
    parent: str
    changes: tuple[PathChange, ...]


def fetch_branches(store: Store, url: str, on_line: Callable[[str], None]) -> str:
    """Fetch all commits of all branches with their folders, but no files, into a scratch store.

    The newest commit of the upstream's own branch, "" where it has none. Raises DifyKitError when it cannot be reached.
    """
    git("update-ref", "--stdin", git_dir=store.path, stdin=_forget(store))
    words = ("--filter=blob:none", ALL_COMMITS, *SHORT, "--", url)
    code, output = fetch_anew(store, *words, f"+refs/heads/*:{_BRANCHES}*", on_line=on_line)
    if code:
        raise fetch_failed(url, "its branches", output)
    code, _ = fetch_anew(store, *words, f"+HEAD:{_HEAD}", on_line=on_line)
    return (store.resolve(_HEAD) or "") if code == 0 else ""


def _forget(store: Store) -> bytes:
    """Branches of another upstream, or that are no more, are no history of this one."""
    names = git("for-each-ref", "--format=%(refname)", _BRANCHES, _HEAD, git_dir=store.path).text.split()
    return "".join(f"delete {name}\n" for name in names).encode()


def branch_tips(store: Store) -> list[str]:
    """The newest commit of each branch that was fetched, each once."""
    text = git("for-each-ref", "--format=%(objecttype) %(objectname)", _BRANCHES, git_dir=store.path).text
    return sorted({oid for kind, _, oid in (row.partition(" ") for row in text.splitlines()) if kind == "commit"})


def own_line(store: Store, head: str) -> set[str]:
    """The commits of the upstream's own branch, without what merges brought."""
    return set(git("rev-list", "--first-parent", head, git_dir=store.path).text.split()) if head else set()


def commit_changes(store: Store, tips: Sequence[str], on_count: Callable[[int, int], None]) -> Iterator[CommitChanges]:
    """What all commits up to `tips` did, parents before their children; `on_count` hears how many of how many."""
    oids = [node.oid for node in reversed(history(store, *tips))]
    for start in range(0, len(oids), _CHUNK):
        yield from _changes(store, oids[start : start + _CHUNK])
        on_count(min(start + _CHUNK, len(oids)), len(oids))


def _changes(store: Store, oids: Sequence[str]) -> Iterator[CommitChanges]:
    words = ("log", "--no-walk=unsorted", "--root", "--diff-merges=first-parent", "--no-renames", "--raw")
    queries = "".join(f"{oid}\n" for oid in oids).encode()
    raw = git(*words, "--no-abbrev", "-z", f"--format={_MARK}%H %P%x02", "--stdin", git_dir=store.path, stdin=queries)
    for record in raw.stdout.split(_MARK.encode().replace(b"%x01", b"\x01"))[1:]:
        head, _, lines = record.partition(b"\x02")
        oid, _, parents = head.decode().partition(" ")
        fields = lines.decode("utf-8", "surrogateescape").lstrip("\0\n").split("\0")
        changes = tuple(map(_change, fields[::2], fields[1::2]))
        yield CommitChanges(oid, parents.partition(" ")[0], changes)


def _change(meta: str, path: str) -> PathChange:
    old_mode, new_mode, old, new, _ = meta.removeprefix(":").split(" ")
    sides = (f"{mode} {oid}" if oid.strip("0") else "" for mode, oid in ((old_mode, old), (new_mode, new)))
    return PathChange(path, *sides)
