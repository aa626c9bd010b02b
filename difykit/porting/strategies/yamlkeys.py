"""YAML by key: upstream's text and comments, with the customised side's keys laid in as they are written there."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from difykit.core import yaml
from difykit.core.errors import ConfigError
from difykit.porting.strategies.blocks import Block, Member, UnsureBlocks, merge_blocks, written
from difykit.porting.strategies.comments import lost
from difykit.porting.strategies.jsonkeys import expected
from difykit.porting.strategies.model import MergedText, MergeTexts, Trees
from difykit.porting.strategies.regions import lines_of

_END = re.compile(r"\r\n|[\n\r\x85\u2028\u2029]")


def merge_yaml(sides: MergeTexts, trees: Trees) -> MergedText | None:
    """A YAML file of keys three-way per key, lists as a whole, with the comments and blank lines of both sides.

    None where both sides changed one key, or a comment or blank line would be lost.
    """
    del trees
    texts = [f"{text}\n" if text and text[-1] != "\n" else text for text in (sides.base, sides.ours, sides.theirs)]
    if {end for text in texts for end in _END.findall(text)} not in ({"\n"}, {"\r\n"}):
        return None  # what YAML takes for the end of a line must be what we do
    try:
        documents = [yaml.load(sides.path, text or "{}", local_tags=True) for text in texts]
        blocks = [_block(document, lines_of(text)) for document, text in zip(documents, texts, strict=True)]
        text = written(merge_blocks(*blocks, join=written))
        if yaml.load(sides.path, text, local_tags=True).value != expected(*(document.value for document in documents)):
            return None
    except (ConfigError, UnsureBlocks, RecursionError):
        return None
    return None if lost(texts[0], texts[1], texts[2], text) else MergedText(text, ("yaml by key",))


def _block(document: yaml.Document, lines: Sequence[str]) -> Block:
    if not lines:
        return Block("", "")
    if not isinstance(document.value, dict):
        raise UnsureBlocks("it is no mapping")
    return _mapping(document, lines, (), (0, len(lines)))


def _mapping(
    document: yaml.Document, lines: Sequence[str], path: tuple[str | int, ...], span: tuple[int, int]
) -> Block:
    """The keys of the mapping at `path`, whose lines are `span`; the comments above a key belong to it."""
    keys = [(document.lines[(*path, str(key))] - 1, key) for key in _keys(document, path)]
    if not keys or len({at for at, _ in keys}) != len(keys) or keys != sorted(keys, key=lambda item: item[0]):
        raise UnsureBlocks("its keys do not stand in lines of their own")
    starts = [_above(lines, at, span[0]) for at, _ in keys]
    ends = [*starts[1:], span[1]]
    members: dict[str, Member] = {}
    for (at, key), start, end in zip(keys, starts, ends, strict=True):
        value = _value(document, (*path, key), lines[at:end])
        members[str(key)] = Member(
            "".join(lines[start:at]), "".join(lines[at:end]), value, _inner(document, lines, (*path, key), (at, end))
        )
    return Block("".join(lines[span[0] : starts[0]]), "", members)


def _inner(
    document: yaml.Document, lines: Sequence[str], path: tuple[str | int, ...], span: tuple[int, int]
) -> Block | None:
    at, end = span
    value = _at(document.value, path)
    if not isinstance(value, dict) or not value or lines[at].split("#")[0].rstrip()[-1:] != ":":
        return None  # an anchor, a tag or brackets: a whole
    try:
        block = _mapping(document, lines, path, (at + 1, end))
    except (UnsureBlocks, KeyError):
        return None
    return Block(lines[at] + block.head, block.tail, block.members)


def _keys(document: yaml.Document, path: tuple[str | int, ...]) -> list[str]:
    """The keys as written at `path`, `<<` among them."""
    return [
        str(key[-1])
        for key in document.lines
        if len(key) == len(path) + 1 and key[:-1] == path and isinstance(key[-1], str)
    ]


def _value(document: yaml.Document, path: tuple[str | int, ...], rows: Sequence[str]) -> Any:
    tag = document.tags.get(path)
    if path[-1] == "<<" or tag:
        return "".join(rows).strip()
    return _at(document.value, path)


def _at(value: Any, path: Sequence[str | int]) -> Any:
    for step in path:
        if not isinstance(value, dict):
            return None
        value = next((inner for key, inner in value.items() if str(key) == str(step)), None)
    return value


def _above(lines: Sequence[str], at: int, first: int) -> int:
    """Where the comments above a key begin; a blank line parts them from what was before."""
    margin = lines[at][: len(lines[at]) - len(lines[at].lstrip())]
    while at > first and lines[at - 1].startswith(f"{margin}#"):
        at -= 1
    return at
