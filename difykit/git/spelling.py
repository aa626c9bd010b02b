"""Names that one file system tells apart and another does not: macOS takes two spellings of a name for one."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable


class Spellings:
    """The paths of a tree with their folders, as a file system that folds case and Unicode forms sees them."""

    def __init__(self, paths: Iterable[str]) -> None:
        self._folded: dict[str, str] = {"": ""}
        self._names: dict[str, Counter[str]] = {}
        for path in paths:
            self._count(path, 1)

    def change(self, removed: Iterable[str], added: Iterable[str]) -> list[tuple[str, str]]:
        """Take paths out and in; where a new one has a second spelling then, the names that clash."""
        moves = [*((path, -1) for path in removed), *((path, 1) for path in added)]
        for path, times in moves:
            self._count(path, times)
        clashes = [clash for path, times in moves if times > 0 for clash in self._clashes(path)]
        if clashes:
            for path, times in moves:
                self._count(path, -times)
        return list({frozenset(clash): clash for clash in reversed(clashes)}.values())[::-1]

    def _clashes(self, path: str) -> list[tuple[str, str]]:
        for name in _prefixes(path):
            others = [other for other, times in self._names[self._fold(name)].items() if times > 0 and other != name]
            if others:
                return [(name, min(others))]
        return []

    def _count(self, path: str, times: int) -> None:
        for name in _prefixes(path):
            self._names.setdefault(self._fold(name), Counter())[name] += times

    def _fold(self, name: str) -> str:
        if name not in self._folded:
            folder, slash, last = name.rpartition("/")
            self._folded[name] = self._fold(folder) + slash + folded(last)
        return self._folded[name]


def folded(name: str) -> str:
    """What a file system that folds names keeps of one."""
    return (
        name.lower() if name.isascii() else unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())
    )


def _prefixes(path: str) -> list[str]:
    """The folders above a path, the outermost first, and the path."""
    parts = path.split("/")
    return ["/".join(parts[:end]) for end in range(1, len(parts) + 1)]
