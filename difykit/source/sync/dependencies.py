"""Dependencies that a layer asks for in a manifest, and that the lock, which builds go by, does not have."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from difykit.core import files
from difykit.core.errors import in_line
from difykit.dify import locks
from difykit.git import Tree

_SHOWN = 5


@dataclass(frozen=True)
class Unlocked:
    """A manifest whose lock does not fit it any more: what it asks for that the lock does not say."""

    manifest: str
    lock: str
    owner: str
    """Which layer changes the manifest."""
    asked: tuple[str, ...]
    dropped: tuple[str, ...]

    def __str__(self) -> str:
        kind = self.lock.rpartition("/")[2]
        parts = [f"asks for {in_line(self.asked, _SHOWN)}"] if self.asked else []
        parts += [f"asks no more for {in_line(self.dropped, _SHOWN)}"] if self.dropped else []
        return (
            f"{self.owner}: {self.manifest} {' and '.join(parts)}, and {self.lock} does not fit it:"
            f" {locks.CONSEQUENCES[kind]}"
        )

    @property
    def mending(self) -> str:
        """The command that mends it."""
        folder, _, kind = self.lock.rpartition("/")
        place = f".difykit/source/{folder}" if folder else ".difykit/source"
        finish = f"difykit finish --new-patch 'Lock what {self.manifest} asks for' --why 'builds go by the lock'"
        return f"(cd {place} && {locks.COMMANDS[kind]}) && {finish}"


def unlocked(tree: Tree, base: Tree, owner: Callable[[str], str] = str) -> tuple[Unlocked, ...]:
    """The manifests of a source that ask for what their locks do not say, where those of the release did not.

    `owner` says which layer changes a path.
    """
    return tuple(_unlocked(tree, base, owner))


def _unlocked(tree: Tree, base: Tree, owner: Callable[[str], str]) -> Iterator[Unlocked]:
    for manifest in sorted(base.entries):
        name = manifest.rpartition("/")[2]
        if name not in locks.LOCKS or base.entries[manifest] == tree.entries.get(manifest, base.entries[manifest]):
            continue
        lock = _lock_of(manifest, base)
        if lock is None:
            continue
        before, after = _difference(base, manifest, lock), _difference(tree, manifest, lock)
        asked = sorted(after[0] - before[0])
        dropped = sorted(after[1] - before[1])
        if lock.endswith("poetry.lock") and base.entries[lock] == tree.entries.get(lock):
            asked, dropped = _changed(base, tree, manifest)
        if asked or dropped:
            yield Unlocked(manifest, lock, owner(manifest), tuple(asked), tuple(dropped))


def _lock_of(manifest: str, base: Tree) -> str | None:
    """The lock of a manifest: beside it, or in the nearest folder above."""
    folder, _, name = manifest.rpartition("/")
    while True:
        for lock in locks.LOCKS[name]:
            path = f"{folder}/{lock}" if folder else lock
            if path in base.entries:
                return path
        if not folder:
            return None
        folder = folder.rpartition("/")[0]


def _difference(tree: Tree, manifest: str, lock: str) -> tuple[set[str], set[str]]:
    """What a manifest asks for and its lock does not say, and what the lock says beyond it; nothing where unknown."""
    manifest_text = _text(tree, manifest)
    asked = locks.asked(manifest, manifest_text)
    locked = locks.locked(lock, _text(tree, lock), manifest, manifest_text)
    if asked is None or locked is None:
        return set(), set()
    return (
        {_shown(name, text) for name, text in asked.items() if locked.get(name) != text},
        {name for name in locked if name not in asked},
    )


def _changed(base: Tree, tree: Tree, manifest: str) -> tuple[list[str], list[str]]:
    """What a manifest asks for that the release's did not, for a lock that says no more than a digest of it."""
    before = locks.asked(manifest, _text(base, manifest)) or {}
    after = locks.asked(manifest, _text(tree, manifest)) or {}
    new = sorted(_shown(name, text) for name, text in after.items() if before.get(name) != text)
    return new, sorted(name for name in before if name not in after)


def _shown(name: str, text: str) -> str:
    return f"{name} {text}".strip()


def _text(tree: Tree, path: str) -> str:
    blob = tree.read(path)
    return files.as_text(blob[1]) if blob else ""
