"""The three trees around a merge as dicts, without a repository; and what is wrong with a merged text."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from difykit.git import Blob, GitEntry, Store, Tree
from difykit.porting.strategies.model import MergeTexts, Trees
from difykit.porting.strategies.table import weighed


def tree(files: Mapping[str, str]) -> Tree:
    """A tree that holds these texts."""
    laid: dict[str, Blob | None] = {path: ("100644", text.encode()) for path, text in files.items()}
    return Tree(Store(Path("/nowhere")), {path: GitEntry("100644", path) for path in files}, laid)


def trees(base: Mapping[str, str], ours: Mapping[str, str], theirs: Mapping[str, str]) -> Trees:
    """Three trees that hold these texts."""
    return Trees(tree(base), tree(ours), tree(theirs))


def no_trees() -> Trees:
    """Three trees that hold nothing: every import is of something else."""
    return trees({}, {}, {})


def fault(sides: MergeTexts, merged: str, around: Trees) -> str | None:
    """Why a merged text may not stand, or None."""
    return weighed(sides, merged, around)[0]
