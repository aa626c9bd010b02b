"""The files of a commit as an adoption compares them."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from difykit.git import Changes, Commit, Person, Store, write_chain

NOBODY = Person("difykit", "difykit@localhost", 0)


def entries(store: Store, commit: str) -> dict[str, str]:
    """The files of a commit; equal texts are one in memory, since releases hold mostly the same."""
    tree_entries = store.tree(commit).entries
    return {sys.intern(path): sys.intern(f"{entry.mode} {entry.oid}") for path, entry in tree_entries.items()}


def is_submodule(entry: str) -> bool:
    """Whether it is a link to a commit of another repository, and no file."""
    return entry.startswith("160000")


def without_paths(store: Store, commit: str, paths: Iterable[str]) -> str:
    """A commit like this one, without these paths."""
    changes: Changes = dict.fromkeys(paths)
    [oid] = write_chain(store, commit, [Commit("without submodules\n", NOBODY, NOBODY, changes)])
    return oid
