"""What a customisation changes at the pin, as a value: what is carried to another release."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from difykit.git import GitEntry, Tree

Entries = Mapping[str, GitEntry | None]
"""What is at some paths; None where there is nothing."""


@dataclass(frozen=True)
class PinnedChange:
    """What a customisation changes at the pin: the files of one commit as they were before it, and after it."""

    name: str
    base: Entries
    theirs: Entries
    before: Tree
    after: Tree
    commit: str
    """The commit of `before`."""
    stays_deleted: bool = False
    """Whether the files that it takes away go in every release, whatever the release changed in them."""
