"""A work tree compared with what is known of the source, where git can no longer say what was edited in it."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from difykit.core import files
from difykit.git import GitEntry, Store, WorkTree, blob_id, git, is_index, own_objects

_UNTRACKED = ("ls-files", "-z", "--others", "--exclude-standard", "--exclude=/api/.env")


@dataclass(frozen=True)
class WorktreeComparison:
    """The files that may be edits, those of other versions of the source, and how many are of the source itself."""

    edits: tuple[str, ...]
    older: tuple[str, ...]
    same: int


def compare(tree: WorkTree, store: Store, target: str, known_commits: Iterable[str]) -> WorktreeComparison:
    """What the folder holds, beside what `target` has: a file counts as known where `known_commits` have it like that.

    So does one that the work tree's index has like that, unless the object is the work tree's own: then somebody
    staged it. Files that are missing, and those that git ignores, do not count.
    """
    with tempfile.TemporaryDirectory(prefix="difykit-") as folder:
        private = {"GIT_INDEX_FILE": str(Path(folder) / "index")}

        def ask(*words: str) -> set[str]:
            raw = git(*words, git_dir=store.path, work_tree=tree.path, extra=private).stdout
            return set(raw.decode("utf-8", "surrogateescape").split("\0")) - {""}

        git("read-tree", target, git_dir=store.path, extra=private)
        tracked, missing = ask("ls-files", "-z"), ask("ls-files", "-z", "--deleted")
        differing = (ask("ls-files", "-z", "--modified") - missing) | ask(*_UNTRACKED)
    entries = _entries(tree, store, known_commits) if differing else {}
    edits = {path for path in differing if _entry(tree.path / path) not in entries.get(path, ())}
    same = len(tracked - missing - differing)
    return WorktreeComparison(tuple(sorted(edits)), tuple(sorted(differing - edits)), same)


def _entries(tree: WorkTree, store: Store, commits: Iterable[str]) -> dict[str, set[GitEntry]]:
    entries: dict[str, set[GitEntry]] = {}
    for commit in filter(store.resolve, dict.fromkeys(commits)):
        for path, entry in store.tree(commit).entries.items():
            entries.setdefault(path, set()).add(entry)
    for path, entry in _indexed(tree, store):
        entries.setdefault(path, set()).add(entry)
    return entries


def _indexed(tree: WorkTree, store: Store) -> Iterable[tuple[str, GitEntry]]:
    index, own = tree.git_dir / "index", own_objects(tree)
    if own is None or not is_index(index):
        return
    extra = {"GIT_INDEX_FILE": str(index)}
    raw = git("ls-files", "-z", "--stage", git_dir=store.path, extra=extra, check=False).stdout
    for record in raw.decode("utf-8", "surrogateescape").split("\0")[:-1]:
        head, _, path = record.partition("\t")
        mode, oid, stage = head.split(" ")
        if stage == "0" and oid not in own:
            yield path, GitEntry(mode, oid)


def _entry(path: Path) -> GitEntry | None:
    """A file as git would have it; None for what it cannot have."""
    state = path.lstat()
    if stat.S_ISLNK(state.st_mode):
        mode, raw = "120000", os.fsencode(path.readlink())
    elif stat.S_ISREG(state.st_mode):
        mode, raw = "100755" if state.st_mode & stat.S_IXUSR else "100644", files.read_bytes(path, limit=files.TREE)
    else:
        return None
    return GitEntry(mode, blob_id(raw))
