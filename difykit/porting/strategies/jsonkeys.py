"""JSON by key: upstream's text, its order and layout, with the customised side's keys."""

from __future__ import annotations

import json
import re
from typing import Any

from difykit.porting.strategies.blocks import Block, Member, UnsureBlocks, merge_blocks
from difykit.porting.strategies.model import MergedText, MergeTexts, Trees

_SPACE = re.compile(r"[ \t\r\n]*")
_DECODER = json.JSONDecoder()
_SETS = {"exclude", "include", "ignore", "files", "packages", "workspaces", "onlyBuiltDependencies", "keywords"}
"""Lists whose order says nothing."""


def merge_json(sides: MergeTexts, trees: Trees) -> MergedText | None:
    """A JSON file with one key to a line, three-way per key; None where both sides changed one key."""
    del trees
    try:
        texts = (sides.base or "{\n}\n", sides.ours, sides.theirs)
        values = [_load(text) for text in texts]
        blocks = [_block(text) for text in texts]
        text = joined(merge_blocks(*blocks, join=joined))
        if _load(text) != expected(*values):
            return None
    except (ValueError, RecursionError):
        return None
    return MergedText(text, ("json by key",))


def expected(base: Any, ours: Any, theirs: Any, name: str = "") -> Any:
    """The three-way merge of plain values, which a merged text must say. Raises NotSure."""
    if theirs in (ours, base):
        return ours
    if isinstance(ours, dict) and isinstance(theirs, dict) and isinstance(base, dict | None):
        past = base or {}
        keys = [key for key in ours if key in theirs or key not in past]
        keys += [key for key in theirs if key not in ours and (key not in past or theirs[key] != past[key])]
        return {key: expected(past.get(key), ours.get(key), theirs.get(key), key) for key in keys}
    if name in _SETS and all(isinstance(side, list) for side in (base, ours, theirs)):
        return [x for x in ours if x in theirs or x not in base] + [
            x for x in theirs if x not in ours and x not in base
        ]
    if ours == base:
        return theirs
    raise UnsureBlocks(f"{name}: both sides changed it")


def joined(block: Block) -> str:
    """A block as JSON: a comma between members and none behind the last."""
    rows = [_bare(member.text) for member in block.members.values()]
    rows = [f"{body},{row[len(body) :]}" for row in rows[:-1] for body in (row.rstrip(),)] + rows[-1:]
    return block.head + "".join(rows) + block.tail


def _bare(text: str) -> str:
    """A member without the comma behind it, which says only whether it is the last."""
    body = text.rstrip()
    return body.removesuffix(",") + text[len(body) :]


def _load(text: str) -> Any:
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        members = dict(pairs)
        if len(members) != len(pairs):
            raise UnsureBlocks("a key is given twice")
        return members

    return json.loads(text, object_pairs_hook=once)


def _block(text: str) -> Block:
    at = _skip(text, 0)
    if text[at] != "{":
        raise UnsureBlocks("it is no object")
    block, end = _object(text, at)
    return Block(text[:at] + block.head, block.tail + text[end:], block.members)


def _object(text: str, start: int) -> tuple[Block, int]:
    """The object or list at `start` whose members each begin a line, and where it ends."""
    row = text[start] == "["
    closing = "]" if row else "}"
    at = text.find("\n", start) + 1
    if not at or text[start + 1 : at].strip():
        raise UnsureBlocks("its keys do not stand in lines of their own")
    members: dict[str, Member] = {}
    while text[member_start := _skip(text, at)] != closing:
        key, value_at = ("", member_start) if row else _key(text, member_start)
        value, end = _DECODER.raw_decode(text, value_at)
        stop = _skip(text, end)
        stop = stop + 1 if text[stop] == "," else end
        stop = text.find("\n", stop) + 1
        if not stop or text[at:member_start].count("\n") or text[end:stop].strip() not in {"", ","}:
            raise UnsureBlocks("its keys do not stand in lines of their own")
        key = json.dumps(value) if row else key
        if key in members or (row and not isinstance(value, str)):
            raise UnsureBlocks("a key is given twice")
        members[key] = Member("", _bare(text[at:stop]), value, _inner(text, (at, value_at, end, stop), key))
        at = stop
    end = text.index(closing, at) + 1
    return Block(text[start : text.find("\n", start) + 1], text[at:end], members, row), end


def _inner(text: str, span: tuple[int, int, int, int], key: str) -> Block | None:
    at, value_at, end, stop = span
    if text[value_at] not in "{[" or "\n" not in text[value_at:end] or (text[value_at] == "[" and key not in _SETS):
        return None
    try:
        block, _ = _object(text, value_at)
    except UnsureBlocks:
        return None
    return Block(text[at:value_at] + block.head, block.tail + _bare(text[end:stop]), block.members, block.row)


def _key(text: str, at: int) -> tuple[str, int]:
    key, end = _DECODER.raw_decode(text, at)
    return str(key), _skip(text, _skip(text, end) + 1)


def _skip(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    assert match is not None
    return match.end()
