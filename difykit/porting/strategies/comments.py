"""Comments and blank lines, three-way: what a merged text must still have of both sides'."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from difykit.porting.strategies.tokens import tokens

_HASH = re.compile(r"(?:^|(?<=\s))#[^\r\n]*", re.MULTILINE)


def lost(base: str, ours: str, theirs: str, merged: str) -> str | None:
    """A comment that the merge of a file of keys lost, or has too often, or that it lost blank lines; else None.

    A comment is what follows a `#` at the start of a line or after a blank: that a text may hold one, too, makes no
    difference, since it is held to the same rule.
    """
    counts = [Counter(comment.rstrip() for comment in _HASH.findall(text)) for text in (base, ours, theirs, merged)]
    if wrong := wrong_counts(*counts):
        return f"the comment {wrong}"
    blank = [_blank(text) for text in (base, ours, theirs, merged)]
    return "a blank line" if _too_few_blank(*blank) else None


def lost_in_code(
    base: Sequence[str], ours: Sequence[str], theirs: Sequence[str], merged: Sequence[str], lexer: str
) -> bool:
    """Whether a merge of lines of code lost one of their comments, or has it too often."""
    return wrong_counts(*(_comments(rows, lexer) for rows in (base, ours, theirs, merged))) is not None


def _comments(rows: Sequence[str], lexer: str) -> Counter[str]:
    return Counter(token.text.strip() for token in tokens("".join(rows), lexer) if token.kind == "comment")


def wrong_counts(base: Counter[str], ours: Counter[str], theirs: Counter[str], merged: Counter[str]) -> str | None:
    """A line that is not there as often as the changes of both sides make it, or None."""
    for line in {*base, *ours, *theirs, *merged}:
        was, mine, other = base[line], ours[line], theirs[line]
        least, most = sorted((three_way(was, mine, other), mine + other - was))
        if not max(least, 0) <= merged[line] <= max(most, 0):
            return line
    return None


def three_way(was: int, mine: int, other: int) -> int:
    """How often a line must be there that was there `was` times."""
    if was in (mine, other):
        return mine + other - was
    if (mine > was) == (other > was):  # both wrote it, or both took it away
        return max(mine, other) if mine > was else min(mine, other)
    return mine + other - was


def _blank(text: str) -> Counter[str]:
    """The blank lines of a text, by the line that follows them: its comment, or its key."""
    blanks: Counter[str] = Counter()
    waiting = 0
    for line in (*text.split("\n")[:-1], "\0"):
        if line.strip():
            key = re.match(r"[^:=]*[:=]?", line.strip())
            blanks[key[0] if key else ""] += waiting
            waiting = 0
        else:
            waiting += 1
    return blanks


def _too_few_blank(base: Counter[str], ours: Counter[str], theirs: Counter[str], merged: Counter[str]) -> bool:
    """Whether blank lines are fewer than both sides' changes leave; they may stand before another line now."""
    required = 0
    for key in {*base, *ours, *theirs}:
        was, mine, other = base[key], ours[key], theirs[key]
        required += max(mine, other) if min(mine, other) > was else mine + other - was
    return merged.total() < required
