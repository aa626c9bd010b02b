"""A release, and what customisations have made of it so far."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from packaging.version import Version

from difykit.git import Changes, GitEntry, Siblings, Tree, blob_id, clash_text, folders_of
from difykit.porting.plan.model import ForecastPart, State
from difykit.porting.plan.series import lay


@dataclass
class Replay:
    """A release, and what the patches so far have made of it."""

    ref: str
    version: Version | None
    commit: str
    tree_id: str
    released: Tree
    entries: dict[str, GitEntry] = field(default_factory=dict)
    writes: dict[str, GitEntry | None] = field(default_factory=dict)
    moves: dict[str, str] = field(default_factory=dict)
    """Where upstream moved a file, or the folder of one that a patch adds."""
    lacking: frozenset[str] = frozenset()
    """The paths of the pin that the release lacks, of which it was asked where they are now."""
    broken: dict[str, str] = field(default_factory=dict)
    """Paths in conflict, and the patch whose conflict it is."""
    owners: dict[str, str] = field(default_factory=dict)
    """The layer that has written a path last."""
    changes: Changes = field(default_factory=dict)
    """What overlays and the wiring made, on top of the patches."""

    def __post_init__(self) -> None:
        self.entries.update(self.released.entries)

    @cached_property
    def folders(self) -> set[str]:
        """The folders of the release."""
        return folders_of(self.released.entries)

    @property
    def number(self) -> Version:
        """The version, as a sync takes it where the release does not say one."""
        return self.version or Version("0")

    @property
    def tree(self) -> Tree:
        """The release with what was put on it so far."""
        return Tree(self.released.store, self.entries, self.changes)

    @property
    def bare(self) -> Replay:
        """The release alone, and where it moved what."""
        return Replay(
            self.ref, self.version, self.commit, self.tree_id, self.released, moves=self.moves, lacking=self.lacking
        )

    @cached_property
    def _siblings(self) -> Siblings:
        return Siblings(self.entries)

    def spelled(self, added: Sequence[str], gone: Collection[str]) -> Iterator[tuple[str, str, str]]:
        """Those of new paths that a file system would take for another one, each with the two names."""
        entries = self.entries.keys() - gone if gone else self.entries
        for path in added:
            yield from ((path, name, other) for name, other in self._siblings.clashes([path], entries))

    def lay(self, writes: Mapping[str, GitEntry | None], owner: str) -> list[ForecastPart]:
        """Put what a layer made on the release; the names among it of which `sync` would refuse one."""
        added = sorted(path for path, entry in writes.items() if entry and path not in self.entries)
        self.writes |= writes
        self.owners |= dict.fromkeys(writes, owner)
        lay(self.entries, writes)
        for path in added:
            self._siblings.add(path)
        clashes = self._siblings.clashes(added, self.entries) if added else []
        return [ForecastPart(name, State.CONFLICTS, note=clash_text(name, other), work=True) for name, other in clashes]

    def change(self, changes: Changes, owner: str) -> list[ForecastPart]:
        """Put what an overlay or the wiring made on the release; the names as of `lay`."""
        self.changes |= changes
        return self.lay(
            {path: GitEntry(blob[0], blob_id(blob[1])) if blob else None for path, blob in changes.items()}, owner
        )
