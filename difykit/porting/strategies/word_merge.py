"""Finer than lines: two sides that changed different words of the same lines."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from difykit.porting.strategies.diff import DiffEdit, edits, matches
from difykit.porting.strategies.regions import ConflictRegion, lines_of, split
from difykit.porting.strategies.tokens import CLOSE, OPEN, tokens

_APART = 2  # this many words that nobody touched must lie between two changes
_END = "\0"
_MARKS = frozenset(",;(){}[]<>")
_CHOICES = frozenset({"&&", "||", "??", "?", "and", "or", "if", "elif", "while", "return", "else", "not", "!"})


class _Word(str):
    """A token that knows where it stands on its side and which blanks it has before it."""

    __slots__ = ("at", "space")

    at: int
    space: str


def merge_words(region: ConflictRegion, lexer: str) -> list[str] | None:
    """The region's lines with both sides' changes to words, or None where those come near one another.

    On one line there must also be a bracket or a comma between them and nothing that decides, such as `and`: a
    condition that both sides changed is one thing, not two.
    """
    base, ours, theirs = (_words("".join(side), lexer) for side in (region.base, region.ours, region.theirs))
    if min(len(base), len(ours), len(theirs)) < 2:
        return None
    mine, other = edits(base, ours), edits(base, theirs)
    split_text = split(
        base, ours, theirs, apart=0 if lexer == "plain" and _flags_between(base, mine, other) else _APART
    )
    settled = [part for part in split_text.parts if not isinstance(part, ConflictRegion)]
    if len(settled) < len(split_text.parts) or not _apart(base, mine, other, lexer):
        return None
    sides = [{start + k: side[begin + k] for start, begin, n in matches(base, side) for k in range(n)}
             for side in (ours, theirs)]  # fmt: skip
    text = ""
    for part in settled:
        for word in part:
            space = _space(word, base, sides, lexer)
            if space is None:
                return None
            text += space + word
    return lines_of(text.removesuffix(_END))


def _flags_between(base: Sequence[str], ours: list[DiffEdit], theirs: list[DiffEdit]) -> bool:
    """Whether of two changes near one another one is of a command's flags alone: a flag is a word of its own."""
    rows = sorted(
        [(edit, 0) for edit in ours] + [(edit, 1) for edit in theirs], key=lambda row: (row[0].start, row[0].end)
    )
    return all(
        side == other
        or after.start - edit.end >= _APART
        or any(_flags(base, change) for change in (edit, after))
        or (after.start > edit.end and _whole_lines(after))
        for (edit, side), (after, other) in pairwise(rows)
    )


def _flags(base: Sequence[str], edit: DiffEdit) -> bool:
    return all(word.startswith("--") and len(word) > 2 for word in (*base[edit.start : edit.end], *edit.new))


def _whole_lines(edit: DiffEdit) -> bool:
    return edit.start == edit.end and "\n" in _space_of(edit.new[0])


def _words(text: str, lexer: str) -> list[str]:
    words: list[str] = []
    read = tokens(text, lexer)
    last = read[-1].start + len(read[-1].text) if read else 0
    for at, (token_text, space) in enumerate([*((token.text, token.space) for token in read), (_END, text[last:])]):
        word = _Word(token_text)
        word.at, word.space = at, space
        words.append(word)
    return words


def _apart(base: Sequence[str], ours: list[DiffEdit], theirs: list[DiffEdit], lexer: str) -> bool:
    """Whether each two changes that follow one another, one of each side, have something that parts them."""
    rows = sorted([(edit.start, edit.end, 0) for edit in ours] + [(edit.start, edit.end, 1) for edit in theirs])
    for (_, end, side), (start, _, other) in pairwise(rows):
        between = base[end:start]
        if side == other or lexer == "plain":
            continue
        # The blanks before the first word of the second change are part of what lies between.
        if any("\n" in _space_of(word) for word in base[end : start + 1]):
            continue
        if not _listed(between) and (not _MARKS.intersection(between) or _CHOICES.intersection(between)):
            return False
    return True


def _listed(between: Sequence[str]) -> bool:
    """Whether a comma parts the two sides of these words: they are then two items of one list."""
    depth, least, commas = 0, 0, set()
    for word in between:
        depth += (word in OPEN) - (word in CLOSE)
        least = min(least, depth)
        if word in {",", ";"}:
            commas.add(depth)
    return least in commas


def _space(word: str, base: Sequence[str], sides: list[dict[int, str]], lexer: str) -> str | None:
    """The blanks before a word, three-way as well; None where both sides indented a line of Python anew."""
    was = _space_of(word)
    if not isinstance(word, _Word) or word.at >= len(base) or base[word.at] is not word:
        return was
    ours, theirs = (_space_of(side.get(word.at, word)) for side in sides)
    margins = {space.rsplit("\n", 1)[1] for space in (was, ours, theirs) if "\n" in space}
    if lexer == "python" and len(margins) > 1:
        return None
    return theirs if ours == was else ours


def _space_of(word: str) -> str:
    return word.space if isinstance(word, _Word) else ""
