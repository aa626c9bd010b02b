"""The list of what an upgrade merged beyond git: kept while it is under way, and after it has landed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

from difykit.core import files
from difykit.core.errors import Damaged
from difykit.git import GitEntry, Root, Store, write_roots
from difykit.porting.apply.journal import FileMerge, Landing, Places, write
from difykit.workspace.manifest import Model

_BY_STRATEGY = re.compile(r" by (?!git \(|hand\b)")


class LayerMerges(Model):
    """A patch or an overlay, and what of it was merged beyond git."""

    kind: Literal["patch", "overlay"]
    name: str
    title: str = ""
    """A patch's subject, an overlay's description."""
    why: str = ""
    merges: tuple[FileMerge, ...] = ()
    unknown: str = ""
    """What an older difykit noted of its merges, whose sides it did not write down."""

    @property
    def label(self) -> str:
        """How messages call it."""
        return f"{self.kind} {self.name}"


class MergeList(Model):
    """What an upgrade merged beyond git so far."""

    version: Literal[1] = 1
    old: str
    to: str
    commit: str
    """The commit of the release."""
    branch: str = ""
    """Where it landed, in the user's repository."""
    layers: tuple[LayerMerges, ...] = ()

    @property
    def count(self) -> int:
        """How many files: of one that several customisations merge, each merge counts."""
        return sum(len(layer.merges) for layer in self.layers)


def unknown_of(note: str) -> str:
    """The note of a layer that an older difykit carried, where a strategy may have merged something of it."""
    return note if _BY_STRATEGY.search(note) else ""


def keep_merges(store: Store, places: Places, merges: MergeList) -> None:
    """Write the list of an upgrade under way; no garbage collection takes what it is about."""
    sides = [side for layer in merges.layers for merge in layer.merges for side in merge.sides.values() if side]
    if blobs := {side.oid: GitEntry("100644", side.oid) for side in sides if side.mode != "160000"}:
        store.keep(_ref(merges), write_roots(store, [Root(blobs)])[0])
    write(places.merged, merges)


def land_merges(store: Store, places: Places, landing: Landing) -> int:
    """Let the list outlive the upgrade, which has landed; how many files it has.

    An upgrade of an older difykit has no list; then that of an upgrade before it is not taken for its own.
    """
    merges, before = _readable(places.merged), _readable(places.landed)
    if before and (merges is None or _ref(before) != _ref(merges)):
        store.let_go(_ref(before))
    if merges is None:
        places.landed.unlink(missing_ok=True)
        return 0
    branch = landing.git.branch if landing.git else ""
    write(places.landed, merges.model_copy(update={"branch": branch}))
    return merges.count


def drop_merges(store: Store, places: Places) -> None:
    """Hold no longer what an upgrade merged that is given up."""
    merges, landed = _readable(places.merged), _readable(places.landed)
    if merges and not (landed and _ref(landed) == _ref(merges)):
        store.let_go(_ref(merges))


def _ref(merges: MergeList) -> str:
    return f"merged/{merges.commit}"


def read_merges(path: Path) -> MergeList | None:
    """A list; None where there is none. Raises Damaged for one that cannot be read."""
    try:
        return MergeList.model_validate_json(files.read_bytes(path, limit=files.TREE))
    except FileNotFoundError:
        return None
    except (ValueError, OSError) as error:
        raise Damaged(
            f"{path} cannot be read: it is damaged, or another version of difykit wrote it",
            hint=f"remove it: rm {path}; only upgrade.review needs it",
        ) from error


def count_of(path: Path) -> int:
    """How many files a list has; 0 where there is none that can be read."""
    merges = _readable(path)
    return merges.count if merges else 0


def _readable(path: Path) -> MergeList | None:
    try:
        return read_merges(path)
    except Damaged:
        return None
