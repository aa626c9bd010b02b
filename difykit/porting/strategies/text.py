"""Text that git left in conflict, merged region by region; a whole file or nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from difykit.porting.strategies import pyimports, tsimports
from difykit.porting.strategies.adjacent_inserts import settle_added
from difykit.porting.strategies.commalist import with_one_list
from difykit.porting.strategies.comments import lost_in_code
from difykit.porting.strategies.imports import Read, Write, merge_imports
from difykit.porting.strategies.model import MergedText, MergeTexts, Trees
from difykit.porting.strategies.params import two_heads, with_one_head
from difykit.porting.strategies.regions import ConflictRegion, lines_of, split
from difykit.porting.strategies.tokens import language
from difykit.porting.strategies.whitespace import settle_quiet
from difykit.porting.strategies.word_merge import merge_words

Units = Callable[[str], list[str]]
_IMPORTS: dict[str, tuple[Units, Read, Write]] = {
    "python": (pyimports.units, pyimports.read, pyimports.write),
    "c": (tsimports.units, tsimports.read, tsimports.write),
}
_DEEPEST = 6


def merge_text(sides: MergeTexts, trees: Trees) -> MergedText | None:
    """A text by changes that do not overlap, and by what each region that is left is sure to be."""
    del trees
    settling = _Settling(sides.path)
    parts = settling.all(settling.units(sides.base), settling.units(sides.ours), settling.units(sides.theirs), "")
    if parts is None:
        return None
    return MergedText("".join(parts), tuple(dict.fromkeys(settling.used)) or ("another diff",))


class _Settling:
    """One file's regions on their way to text, and the names of what settled them."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.lexer = language(path)
        self.used: list[str] = []
        css = path.endswith(".css")
        self.imports = None if css else _IMPORTS.get(self.lexer)
        self.units: Units = self.imports[0] if self.imports else lines_of

    def all(
        self, base: Sequence[str], ours: Sequence[str], theirs: Sequence[str], lead: str, depth: int = 0
    ) -> list[str] | None:
        """The three rows of units as one, or None where a region is left."""
        split_text = split(base, ours, theirs)
        if split_text.touching:
            self.used.append("changes side by side")
        merged: list[str] = []
        for part in split_text.parts:
            rows = self._region(part, lead + "".join(merged), depth) if isinstance(part, ConflictRegion) else list(part)
            if rows is None:
                return None
            merged += rows
        return merged

    def _region(self, region: ConflictRegion, lead: str, depth: int) -> list[str] | None:
        if depth > _DEEPEST:
            return None
        for strategy in (self._imports, self._quiet, self._added, self._parameters, self._list, self._words):
            before = len(self.used)
            if (rows := strategy(region, lead, depth)) is not None:
                return rows
            del self.used[before:]
        return None

    def _quiet(self, region: ConflictRegion, _lead: str, _depth: int) -> list[str] | None:
        rows = settle_quiet(region, self.lexer)
        if rows and self._has_imports(region) and lost_in_code(*region.sides, rows, self.lexer):
            return None  # a note to a checker behind an import is one of its comments
        return self._named("layout and notes only", rows)

    def _has_imports(self, region: ConflictRegion) -> bool:
        read = self.imports[1] if self.imports else None
        return any((parsed := read(side)) and parsed.statements for side in region.sides) if read else False

    def _added(self, region: ConflictRegion, lead: str, _depth: int) -> list[str] | None:
        added = settle_added(region, lead, self.path, self.lexer)
        return self._named(added[1], added[0]) if added else None

    def _imports(self, region: ConflictRegion, lead: str, depth: int) -> list[str] | None:
        merged = merge_imports(region, *self.imports[1:]) if self.imports else None
        if merged is None or self._loses(region, *merged):
            return None
        self.used.append("import list")
        tail = self.all(merged[1].base, merged[1].ours, merged[1].theirs, lead + "".join(merged[0]), depth + 1)
        return None if tail is None else merged[0] + tail

    def _loses(self, region: ConflictRegion, rows: Sequence[str], tail: ConflictRegion) -> bool:
        """Whether merged imports lack a comment that a side wrote to one."""
        pairs = ((region.base, tail.base), (region.ours, tail.ours), (region.theirs, tail.theirs))
        base, ours, theirs = (side[: len(side) - len(after)] for side, after in pairs)
        return lost_in_code(base, ours, theirs, rows, self.lexer)

    def _parameters(self, region: ConflictRegion, lead: str, depth: int) -> list[str] | None:
        head = with_one_head(region) if self.lexer == "python" else None
        if head is None:
            return None
        self.used.append("parameters")
        return self.all(head.base, head.ours, head.theirs, lead, depth + 1)

    def _list(self, region: ConflictRegion, _lead: str, _depth: int) -> list[str] | None:
        merged = with_one_list(region)
        return self._named("comma list", list(merged.ours)) if merged else None

    def _words(self, region: ConflictRegion, _lead: str, _depth: int) -> list[str] | None:
        if self.lexer == "python" and two_heads(region):
            return None  # parameters have an order that words do not show
        return self._named("words", merge_words(region, self.lexer))

    def _named(self, name: str, rows: list[str] | None) -> list[str] | None:
        if rows is not None:
            self.used.append(name)
        return rows
