"""Names that one file system tells apart and another does not: macOS takes two spellings of a name for one."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable


class Spellings:
    """The paths of a tree with their folders, as a file system that folds case and Unicode forms sees them."""

    def __init__(self, paths: Iterable[str]) -> None:
        self._folded: dict[str, str] = {"": ""}
        self._names: dict[str, dict[str, int]] = {}
        folders: Counter[str] = Counter()
        for path in paths:
            self._add(path, 1)
            folders[path.rpartition("/")[0]] += 1
        while folders:  # level by level, so that a folder is counted once for all files below it
            above: Counter[str] = Counter()
            for folder, files in folders.items():
                if folder:
                    self._add(folder, files)
                    above[folder.rpartition("/")[0]] += files
            folders = above

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
            variants = [
                variant for variant, times in self._names[self._fold(name)].items() if times > 0 and variant != name
            ]
            if variants:
                return [(name, min(variants))]
        return []

    def _count(self, path: str, times: int) -> None:
        for name in _prefixes(path):
            self._add(name, times)

    def _add(self, name: str, times: int) -> None:
        variants = self._names.setdefault(self._fold(name), {})
        variants[name] = variants.get(name, 0) + times

    def _fold(self, name: str) -> str:
        if name not in self._folded:
            folder, slash, last = name.rpartition("/")
            self._folded[name] = self._fold(folder) + slash + folded(last)
        return self._folded[name]


class Siblings:
    """The names in each folder of a tree, to ask for the clashes of a few new paths: quick to make of a large tree."""

    def __init__(self, paths: Iterable[str]) -> None:
        self._names: dict[str, set[str]] = {}
        for path in paths:
            self.add(path)

    def add(self, path: str) -> None:
        """Put a path into the tree."""
        for name in reversed(_prefixes(path)):
            folder, _, last = name.rpartition("/")
            names = self._names.setdefault(folder, set())
            if last in names:
                return
            names.add(last)

    def clashes(self, paths: Iterable[str], tree: Collection[str]) -> list[tuple[str, str]]:
        """The names of these paths that a file system would take for another of `tree`, each with that one."""
        clashes = [clash for path in paths if (clash := self._clash(path, tree))]
        return list({frozenset(clash): clash for clash in reversed(clashes)}.values())[::-1]

    def _clash(self, path: str, tree: Collection[str]) -> tuple[str, str] | None:
        for name in _prefixes(path):
            folder, slash, last = name.rpartition("/")
            fold = folded(last)
            for sibling in sorted(self._names.get(folder, ())):
                if sibling != last and folded(sibling) == fold and _is_in(folder + slash + sibling, tree):
                    return name, folder + slash + sibling
        return None


def clash_text(name: str, variant: str) -> str:
    """How messages say that two names clash."""
    difference = "case" if (name + variant).isascii() else "case or Unicode form"
    shown = [
        spelling if spelling.isascii() and spelling.isprintable() else ascii(spelling) for spelling in (name, variant)
    ]
    return f"{' and '.join(shown)} differ only in {difference}: macOS takes them for one, and one would be lost"


def _is_in(name: str, tree: Collection[str]) -> bool:
    return name in tree or any(path.startswith(f"{name}/") for path in tree)


def folded(name: str) -> str:
    """What a file system that folds names keeps of one."""
    return (
        name.lower() if name.isascii() else unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())
    )


def _prefixes(path: str) -> list[str]:
    """The folders above a path, the outermost first, and the path."""
    parts = path.split("/")
    return ["/".join(parts[:end]) for end in range(1, len(parts) + 1)]
