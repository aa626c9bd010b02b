"""Env files by key: upstream's lines and comments, with the customised side's values and its own keys."""

from __future__ import annotations

import re

from difykit.porting.strategies.blocks import Block, Member, UnsureBlocks, merge_blocks, written
from difykit.porting.strategies.comments import lost
from difykit.porting.strategies.model import MergedText, MergeTexts, Trees
from difykit.porting.strategies.regions import lines_of

_KEY = re.compile(r"\s*(?:export\s+)?([A-Za-z_]\w*)=(.*)", re.DOTALL)


def merge_env(sides: MergeTexts, trees: Trees) -> MergedText | None:
    """An env file three-way per key; None where both sides changed one key, or a comment would be lost."""
    del trees
    try:
        base, ours, theirs = (_block(text) for text in (sides.base, sides.ours, sides.theirs))
        text = written(merge_blocks(base, ours, theirs, join=written))
    except UnsureBlocks:
        return None
    values = [_values(text) for text in (sides.base, sides.ours, sides.theirs)]
    if _values(text) != _expected(*values) or lost(sides.base, sides.ours, sides.theirs, text):
        return None
    return MergedText(text, ("env by key",))


def _block(text: str) -> Block:
    """Each line that sets a key, with the comments above it; a key that is set again is another member."""
    members: dict[str, Member] = {}
    above = ""
    times: dict[str, int] = {}
    for line in lines_of(text if text.endswith("\n") or not text else text + "\n"):
        match = _KEY.match(line)
        if match is None or line.lstrip().startswith("#"):
            if line.strip() and not line.lstrip().startswith("#"):
                raise UnsureBlocks("a value goes over several lines")
            above += line
            continue
        key, value = match[1], match[2].strip()
        if value[:1] in {'"', "'"} and value.count(value[0]) % 2:
            raise UnsureBlocks("a value goes over several lines")
        times[key] = times.get(key, 0) + 1
        members[f"{key}/{times[key]}"] = Member(above, line, value)
        above = ""
    return Block("", above, members)


def _values(text: str) -> dict[str, str]:
    """What a reader of the file sees: of a key that is set twice, the last."""
    return {name.rsplit("/", 1)[0]: str(member.value) for name, member in _block(text).members.items()}


def _expected(base: dict[str, str], ours: dict[str, str], theirs: dict[str, str]) -> dict[str, str] | None:
    """What a reader of the merged file should see; None where both sides gave one key another value."""
    merged: dict[str, str] = {}
    for key in dict.fromkeys((*ours, *theirs)):
        was, mine, other = base.get(key), ours.get(key), theirs.get(key)
        value = mine if other in {was, mine} else other if mine == was else "\0"
        if value == "\0":
            return None
        if value is not None:
            merged[key] = value
    return merged
