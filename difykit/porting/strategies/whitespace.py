"""Changes that say nothing: blank lines, layout, and notes to a type checker or a linter."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from difykit.porting.strategies.regions import ConflictRegion
from difykit.porting.strategies.tokens import tokens

_NOTE = re.compile(r"(#|//|/\*)\s*(type:\s*ignore|ty:\s*ignore|pyright:|noqa|eslint-disable|@ts-(ignore|expect-error))")


def settle_quiet(region: ConflictRegion, lexer: str) -> list[str] | None:
    """The other side's lines where one side changed only layout or notes to checkers."""
    base, ours, theirs = (_significant(side, lexer) for side in (region.base, region.ours, region.theirs))
    if theirs == base:
        return list(region.ours)
    return list(region.theirs) if ours in (base, theirs) else None


@lru_cache(maxsize=64)  # a forecast asks the same of one file for every release
def same(a: str, b: str, lexer: str) -> bool:
    """Whether two texts say the same, whatever their layout."""
    return _significant([a], lexer) == _significant([b], lexer)


def _significant(rows: Sequence[str], lexer: str) -> list[str]:
    text = "".join(rows)
    if lexer == "plain":  # in prose and in YAML a line's margin and end may mean something
        return [line for line in text.split("\n") if line.strip()]
    words: list[str] = []
    for token in tokens(text, lexer):
        if token.kind == "comment" and _NOTE.match(token.text):
            continue
        # In Python a new line at another margin is another block.
        margin = token.space.rsplit("\n", 1)[-1] if lexer == "python" and ("\n" in token.space or not words) else ""
        words.append(margin + token.text)
    return words
