"""The files of a commit as an adoption compares them."""

from __future__ import annotations

import sys

from difykit.git import Store


def entries(store: Store, commit: str) -> dict[str, str]:
    """The files of a commit; equal texts are one in memory, since releases hold mostly the same."""
    tree_entries = store.tree(commit).entries
    return {sys.intern(path): sys.intern(f"{entry.mode} {entry.oid}") for path, entry in tree_entries.items()}
