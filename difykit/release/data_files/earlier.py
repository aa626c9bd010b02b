"""What releases of before have of a file below the data folder: for data that is older than its record."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path

from difykit.dify import layout
from difykit.git import Store, Tree, blob_id, kept_releases
from difykit.release.data_files.current import current_file
from difykit.release.data_files.plan import Earlier

SEEDS = "seeds"
"""The part of a release folder that holds what belongs into the data folder."""


def earlier_files(folders: Iterable[Path], store: Store | None = None) -> Earlier:
    """By path the digests in release folders of before, and in the releases that were fetched, as far as they are here.

    Nothing is read before somebody asks.
    """

    @cache
    def trees() -> tuple[Tree, ...]:
        return tuple(map(store.tree, kept_releases(store).values())) if store else ()

    def digests(path: str) -> frozenset[str]:
        seeds = (current_file(folder / SEEDS / path).content for folder in folders)
        names = (f"{layout.DOCKER}/volumes/{path}", f"{layout.DOCKER}/{path}")
        shipped = {tree.entries[name].oid for tree in trees() for name in names if name in tree.entries}
        return frozenset(shipped | {blob_id(content) for content in seeds if content is not None})

    folders = tuple(folders)
    return digests
