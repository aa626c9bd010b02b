"""Files of keys in any language: merged key by key, upstream's text with the customised side's keys laid in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from difykit.porting.strategies.regions import ConflictRegion, lines_of, split


class UnsureBlocks(ValueError):
    """The file cannot be taken apart for sure, or both sides changed one key."""


@dataclass(frozen=True)
class Member:
    """One key of a block as its text: the comments above it, and the lines that say it."""

    above: str
    body: str
    value: Any
    block: Block | None = None

    @property
    def text(self) -> str:
        return self.above + self.body


@dataclass(frozen=True)
class Block:
    """A group of keys: what opens it, its members in order, what closes it; a `row` is a list of unlike things."""

    head: str
    tail: str
    members: dict[str, Member] = field(default_factory=dict)
    row: bool = False


Join = Callable[[Block], str]
"""Writes a block; JSON puts its commas there."""


def merge_blocks(base: Block, ours: Block, theirs: Block, *, join: Join) -> Block:
    """Ours with what theirs changed. Raises NotSure where both changed one key, or the order of a list."""
    merged: dict[str, Member] = {}
    for key, mine in ours.members.items():
        was, other = base.members.get(key), theirs.members.get(key)
        if other is None:
            if was is not None and mine.value != was.value:
                raise UnsureBlocks(f"{key}: one side changed it, the other took it away")
            if was is None:
                merged[key] = mine
        else:
            merged[key] = _merged(key, was, mine, other, join)
    for key, other in theirs.members.items():
        if key in ours.members:
            continue
        was = base.members.get(key)
        if was is None:
            merged = _inserted(merged, key, other, list(theirs.members))
        elif was.value != other.value:
            raise UnsureBlocks(f"{key}: one side changed it, the other took it away")
    if ours.row:
        _check_order(ours, theirs, list(merged))
    head, tail = (
        _text("it", *row) for row in ((base.head, ours.head, theirs.head), (base.tail, ours.tail, theirs.tail))
    )
    return Block(head, tail, merged, ours.row)


def _merged(key: str, was: Member | None, mine: Member, other: Member, join: Join) -> Member:
    above = _text(key, was.above if was else "", mine.above, other.above)
    plain = mine.value == other.value or (was is not None and was.value in (mine.value, other.value))
    if plain and (body := _lines(was.body if was else "", mine.body, other.body)) is not None:
        value = other.value if was is not None and mine.value == was.value else mine.value
        return Member(above, body, value, None if mine.body != other.body else mine.block)
    if mine.block and other.block and mine.block.row == other.block.row and (was is None or was.block):
        past = was.block if was and was.block else Block("", "", {}, mine.block.row)
        block = merge_blocks(past, mine.block, other.block, join=join)
        return Member(above, join(block), None, block)
    raise UnsureBlocks(f"{key}: both sides changed it")


def _text(key: str, was: str, mine: str, other: str) -> str:
    """Comments, blank lines, and what opens or closes a group. Raises NotSure where both sides changed one place."""
    text = _lines(was, mine, other)
    if text is None:
        raise UnsureBlocks(f"{key}: both sides changed what stands around it")
    return text


def _lines(was: str, mine: str, other: str) -> str | None:
    """Three texts merged by their lines, what both sides only added one after the other; None where they meet."""
    if _bare(other) in (_bare(was), _bare(mine)):
        return mine
    if _bare(mine) == _bare(was):
        return other
    rows: list[str] = []
    for part in split(lines_of(was), lines_of(mine), lines_of(other)).parts:
        if isinstance(part, ConflictRegion):
            added = [line for line in (*part.base, *part.ours, *part.theirs) if line.strip()]
            if part.base or not all(line.lstrip().startswith("#") for line in added):
                return None
            rows += [*part.ours, *part.theirs]
        else:
            rows += part
    return "".join(rows)


def _bare(text: str) -> list[str]:
    """The lines of a text without the blanks at their ends."""
    return [line.rstrip() for line in text.split("\n")]


def _inserted(members: dict[str, Member], key: str, member: Member, order: list[str]) -> dict[str, Member]:
    """The members with a new one, after the one that it follows on its own side."""
    before = [other for other in order[: order.index(key)] if other in members]
    keys = list(members)
    at = keys.index(before[-1]) + 1 if before else 0
    return {name: members.get(name, member) for name in [*keys[:at], key, *keys[at:]]}


def _check_order(ours: Block, theirs: Block, keys: list[str]) -> None:
    for side in (ours, theirs):
        common = [key for key in side.members if key in keys]
        if common != [key for key in keys if key in side.members]:
            raise UnsureBlocks("a side put a list into another order")


def written(block: Block) -> str:
    """A block whose members need nothing between them."""
    return block.head + "".join(member.text for member in block.members.values()) + block.tail
