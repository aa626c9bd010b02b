"""TOML by key: upstream's text and comments with the customised side's keys; lists of requirements by package."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from difykit.porting.strategies.blocks import Block, Member, UnsureBlocks, merge_blocks, written
from difykit.porting.strategies.comments import lost
from difykit.porting.strategies.model import MergedText, MergeTexts, Trees
from difykit.porting.strategies.regions import lines_of

_HEADER = re.compile(r"\[(?!\[)([^\]]+)\]\s*(#.*)?$")
_ITEM = re.compile(r"""\s*(?P<text>"[^"\\]*"|'[^']*')\s*,?\s*(?P<behind>\#.*)?$""")


def merge_toml(sides: MergeTexts, trees: Trees) -> MergedText | None:
    """A TOML file three-way per table, key and package; None where both sides changed one."""
    del trees
    try:
        blocks = [_file(text) for text in (sides.base, sides.ours, sides.theirs)]
        text = written(merge_blocks(*blocks, join=written))
        if not _agrees(*(tomllib.loads(side) for side in (sides.base, sides.ours, sides.theirs, text))):
            return None
    except (ValueError, RecursionError):
        return None
    if lost(sides.base, sides.ours, sides.theirs, text):
        return None
    return MergedText(text, ("toml by key",))


def _agrees(base: Any, ours: Any, theirs: Any, merged: Any) -> bool:
    """Whether merged values are the three-way merge of values; lists of texts are sets, whose order is upstream's."""
    if theirs in (ours, base):
        return bool(merged == ours)
    if ours == base:
        return bool(merged == theirs)
    sides = (base, ours, theirs, merged)
    if all(isinstance(side, dict | None) for side in sides):
        tables = [side or {} for side in sides]
        keys = {key for table in tables for key in table}
        return all(_agrees(*(table.get(key) for table in tables)) for key in keys)
    if all(isinstance(side, list) and all(isinstance(item, str) for item in side) for side in sides):
        was, mine, other, both = map(set, sides)
        return bool(both == (mine | (other - was)) - (was - other))
    return False


def _file(text: str) -> Block:
    tomllib.loads(text)
    members: dict[str, Member] = {}
    lines = lines_of(text if text.endswith("\n") or not text else text + "\n")
    at, above = 0, ""
    while at < len(lines):
        line = lines[at].strip()
        if not line or line.startswith("#"):
            above, at = above + lines[at], at + 1
            continue
        match = _HEADER.match(line)
        key = f"[{match[1].strip()}]" if match else line.split("=", 1)[0].strip()
        many = line.startswith("[[")  # one of several tables of this name: known by its number, and a whole
        key = f"{line}/{sum(other.startswith(line) for other in members)}" if many else key
        if key in members:
            raise UnsureBlocks(f"{key} stands there twice")
        end = _section_end(lines, at) if match or many else _value_end(lines, at)
        body = "".join(lines[at:end])
        block = _section(lines[at:end]) if match else None
        members[key] = Member(above, body, tomllib.loads(body), block or _list(lines[at:end]))
        at, above = end, ""
    return Block("", above, members)


def _section_end(lines: Sequence[str], at: int) -> int:
    """Where the keys of the table at `at` end; the comments above the next one are that one's."""
    end = at + 1
    after = end
    while end < len(lines):
        line = lines[end].strip()
        if line.startswith("["):
            break
        end = end + 1 if not line or line.startswith("#") else _value_end(lines, end)
        after = end if line and not line.startswith("#") else after
    return after


def _value_end(lines: Sequence[str], at: int) -> int:
    for end in range(at + 1, len(lines) + 1):
        try:
            tomllib.loads("".join(lines[at:end]))
        except tomllib.TOMLDecodeError:
            continue
        return end
    raise UnsureBlocks("a value does not end")


def _section(lines: Sequence[str]) -> Block:
    members: dict[str, Member] = {}
    at, above = 1, ""
    while at < len(lines):
        line = lines[at].strip()
        if not line or line.startswith("#"):
            above, at = above + lines[at], at + 1
            continue
        end = _value_end(lines, at)
        body = "".join(lines[at:end])
        members[line.split("=", 1)[0].strip()] = Member(above, body, tomllib.loads(body), _list(lines[at:end]))
        at, above = end, ""
    return Block(lines[0], above, members)


def _list(lines: Sequence[str]) -> Block | None:
    """A list of requirements with one to a line, by package; None for any other value."""
    if len(lines) < 2 or not re.search(r"=\s*\[\s*(#.*)?$", lines[0].rstrip()) or lines[-1].strip()[:1] != "]":
        return None
    members: dict[str, Member] = {}
    above = ""
    for line in lines[1:-1]:
        match = _ITEM.match(line)
        if match is None:
            if line.strip() and not line.lstrip().startswith("#"):
                return None
            above += line
            continue
        key = _package(match["text"][1:-1])
        if key is None:
            return None
        key = f"{key}/{sum(other.rpartition('/')[0] == key for other in members)}"  # Dify itself names some twice
        body = line if re.search(r",\s*(#.*)?$", line.rstrip()) else line.replace(match["text"], match["text"] + ",", 1)
        members[key] = Member(above, body, match["text"][1:-1])
        above = ""
    return Block(lines[0], above + lines[-1], members)


def _package(text: str) -> str | None:
    try:
        requirement = Requirement(text)
    except InvalidRequirement:
        return None
    return canonicalize_name(requirement.name) + (f";{requirement.marker}" if requirement.marker else "")
