"""Import lists as the sets that they are: what each side added or took away, in upstream's order and layout."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field, replace

from difykit.porting.strategies.regions import ConflictRegion

Key = tuple[str, ...]
"""One imported thing below its head: a name and the name it gets here."""


@dataclass(frozen=True)
class Statement:
    """One import statement as written, with the comments above it, behind it, and behind single names."""

    head: Hashable
    keys: tuple[Key, ...]
    text: str
    above: tuple[str, ...] = ()
    behind: str = ""
    notes: tuple[tuple[Key, str], ...] = ()


@dataclass(frozen=True)
class Parsed:
    """A stretch of import statements; `tail` is what stands in it that is no import, after the last of them."""

    statements: tuple[Statement, ...]
    tail: tuple[str, ...] = field(default=())


Read = Callable[[Sequence[str]], Parsed | None]
Write = Callable[[Statement, tuple[Key, ...]], str | None]
"""Writes a statement anew for other keys; None where it cannot."""


def read_imports(
    rows: Sequence[str],
    start: re.Pattern[str],
    statement: Callable[[str, tuple[str, ...]], Statement | None],
    *,
    says_nothing: Callable[[str], bool],
) -> Parsed | None:
    """The imports that `rows` begin with, comments and blank lines between them, then what is no import.

    None where an import is none that `statement` can read, or follows on what is no import.
    """
    statements: list[Statement] = []
    above: list[str] = []
    for at, row in enumerate(rows):
        if not row.strip() or says_nothing(row):
            above.append(row)
        elif start.match(row):
            parsed = statement(row, tuple(above))
            if parsed is None:
                return None
            statements.append(parsed)
            above = []
        else:
            tail = (*above, *rows[at:])
            return None if any(start.match(later) for later in tail) else Parsed(tuple(statements), tail)
    return Parsed(tuple(statements), tuple(above))


def merge_imports(region: ConflictRegion, read: Read, write: Write) -> tuple[list[str], ConflictRegion] | None:
    """The region's imports merged as a set, and the region of what follows them.

    None where the region has no imports, mixes them with other code, or one name would come from two places.
    """
    base, ours, theirs = read(region.base), read(region.ours), read(region.theirs)
    if base is None or ours is None or theirs is None:
        return None
    if not ours.statements and not theirs.statements:
        return None
    added = _imported(theirs) - _imported(base)
    gone = _imported(base) - _imported(theirs)
    if any(key[0] == "!" for _, key in added) and any(key[0] == "!" for _, key in _imported(ours) - _imported(base)):
        return None  # both are there for their effect, and that may have an order
    rows = [_changed(statement, added, gone, _imported(ours)) for statement in ours.statements]
    notes = [note for statement in theirs.statements for note in _new_notes(statement, base)]
    rows = [_noted(row, [(key, text) for head, key, text in notes if head == row.head]) for row in rows]
    rows = _with_new(rows, theirs, added - _imported(ours))
    rows = _with_comments(rows, base, theirs)
    if _twice(rows):
        return None
    written: list[str] = []
    for row in rows:
        text = row.text or (write(row, row.keys) if row.keys else "")
        if text is None:
            return None
        written += [*row.above, text] if text else []
    return written, ConflictRegion(base.tail, ours.tail, theirs.tail)


def _imported(parsed: Parsed) -> set[tuple[Hashable, Key]]:
    return {(statement.head, key) for statement in parsed.statements for key in statement.keys}


def _changed(
    statement: Statement,
    added: set[tuple[Hashable, Key]],
    gone: set[tuple[Hashable, Key]],
    present: set[tuple[Hashable, Key]],
) -> Statement:
    """The statement with what theirs took away and added; its text stays where that is nothing."""
    keys = tuple(key for key in statement.keys if (statement.head, key) not in gone)
    keys += tuple(key for head, key in sorted(added - present, key=str) if head == statement.head)
    return statement if keys == statement.keys else replace(statement, keys=keys, text="")


def _new_notes(statement: Statement, base: Parsed) -> list[tuple[Hashable, Key, str]]:
    old_notes = {text for old in base.statements for _, text in old.notes}
    return [(statement.head, key, text) for key, text in statement.notes if text not in old_notes]


def _noted(row: Statement, notes: list[tuple[Key, str]]) -> Statement:
    """The statement with what theirs says behind single names, where those are still here."""
    new = tuple(note for note in notes if note[0] in row.keys and note not in row.notes)
    return replace(row, notes=(*row.notes, *new), text="") if new else row


def _with_new(rows: list[Statement], theirs: Parsed, missing: set[tuple[Hashable, Key]]) -> list[Statement]:
    """The rows with theirs' statements that have no counterpart, each after the one that it follows there."""
    heads = [row.head for row in rows]
    merged = list(rows)
    at = 0
    for statement in theirs.statements:
        if statement.head in heads:
            at = next(index for index, row in enumerate(merged) if row.head == statement.head) + 1
            continue
        keys = tuple(key for key in statement.keys if (statement.head, key) in missing)
        if not keys:
            continue
        merged.insert(at, statement if keys == statement.keys else replace(statement, keys=keys, text=""))
        at += 1
    return merged


def _with_comments(rows: list[Statement], base: Parsed, theirs: Parsed) -> list[Statement]:
    """The rows with the comments that theirs wrote to a statement which is still here."""
    present_comments = {line.strip() for statement in base.statements for line in (*statement.above, statement.behind)}
    present_comments |= {line.strip() for row in rows for line in (*row.above, row.behind)}
    merged = list(rows)
    for statement in theirs.statements:
        at = next((index for index, row in enumerate(merged) if row.head == statement.head), None)
        if at is None:
            continue
        above = tuple(line for line in statement.above if line.strip() and line.strip() not in present_comments)
        behind = statement.behind if statement.behind.strip() not in present_comments else ""
        if above:
            merged[at] = replace(merged[at], above=merged[at].above + above)
        if behind and not merged[at].behind:
            merged[at] = replace(merged[at], behind=behind, text="")
    return merged


def _twice(rows: Sequence[Statement]) -> bool:
    names = [key[-1] for row in rows for key in row.keys if key[-1] not in {"", "*"}]
    return len(names) != len(set(names))
