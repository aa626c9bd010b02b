"""What one side of a file changes in another: what yours was meant to change, beside what the result does change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import StringIO

from difykit.porting.review.passages import BASE, NO_END, RESULT, UPSTREAM, YOURS, place_of
from difykit.porting.strategies import edits

PAIRS = {YOURS: BASE, RESULT: UPSTREAM}
"""A side, and the one that it is compared with."""


@dataclass(frozen=True)
class LineChange:
    """Lines that go, from `line` of the old text on, and those that come in their place."""

    line: int
    removed: tuple[str, ...]
    added: tuple[str, ...]

    @property
    def shown(self) -> Iterator[str]:
        """The change as a diff has it."""
        yield f"@@ {place_of(self.line, len(self.removed))} @@"
        for sign, lines in (("-", self.removed), ("+", self.added)):
            for line in lines:
                yield f"{sign}{line.removesuffix(chr(10))}"
                if not line.endswith("\n"):
                    yield NO_END

    def describe(self) -> dict[str, object]:
        """The change as JSON has it."""
        return {"line": self.line, "removed": list(self.removed), "added": list(self.added)}


def changes_of(texts: Mapping[str, str]) -> dict[str, tuple[LineChange, ...]]:
    """What each side changes in the one that it is compared with, where both are texts."""
    rows = {name: StringIO(text, newline="\n").readlines() for name, text in texts.items()}
    return {
        side: tuple(_changes(rows[other], rows[side]))
        for side, other in PAIRS.items()
        if side in rows and other in rows
    }


def _changes(old: Sequence[str], new: Sequence[str]) -> Iterator[LineChange]:
    return (LineChange(edit.start + 1, tuple(old[edit.start : edit.end]), edit.new) for edit in edits(old, new))
