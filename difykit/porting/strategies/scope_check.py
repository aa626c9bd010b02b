"""Whether lines that one side added still stand in the block in which they were written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping

from difykit.porting.strategies.diff import edits
from difykit.porting.strategies.model import MergeTexts
from difykit.porting.strategies.regions import lines_of
from difykit.porting.strategies.tokens import CLOSE, OPEN, tokens

Place = tuple[str, ...]
Places = Callable[[str], Mapping[int, Place]]
"""The nest of blocks around each line that has code, by the line's number from 0."""


def moved(sides: MergeTexts, merged: str, places: Places) -> str | None:
    """A line that a side added and that stands in another block now, or None."""
    lines = lines_of(merged)
    now = places(merged)
    have = {(lines[at].strip(), nest) for at, nest in now.items()}
    texts = {line for line, _ in have}
    base = lines_of(sides.base)
    for text in (sides.ours, sides.theirs):
        for line, nest in _added(base, text, places):
            if line in texts and (line, nest) not in have:
                return line
    return None


def _added(base: list[str], text: str, places: Places) -> Counter[tuple[str, Place]]:
    lines = lines_of(text)
    nests = places(text)
    counts: Counter[tuple[str, Place]] = Counter()
    shift = 0
    for edit in edits(base, lines):
        begin = edit.start + shift
        counts.update((lines[at].strip(), nests[at]) for at in range(begin, begin + len(edit.new)) if at in nests)
        shift += len(edit.new) - (edit.end - edit.start)
    return counts


def bracket_places(text: str) -> dict[int, Place]:
    """The open brackets around each line of a C-like text, each with the word before it."""
    nests: dict[int, Place] = {}
    opened: list[str] = []
    word = ""
    line = 0
    for token in tokens(text, "c"):
        line += token.space.count("\n")
        if token.kind != "comment":
            nests.setdefault(line, tuple(opened))
        if token.kind == "mark" and token.text in OPEN:
            opened.append(f"{word}{token.text}")
        elif token.kind == "mark" and token.text in CLOSE and opened:
            opened.pop()
        word = token.text if token.kind in {"word", "mark"} else ""
        line += token.text.count("\n")
    return nests


def shell_places(text: str) -> dict[int, Place]:
    """The `if`, loops and functions around each line of a shell script, with the branch of each."""
    nests: dict[int, Place] = {}
    opened: list[str] = []
    for at, line in enumerate(lines_of(text)):
        word = line.split(maxsplit=1)[0].rstrip(";") if line.strip() else "#"
        if word in {"fi", "done", "esac", "}", "else", "elif"} and opened:
            opened.pop()
        if not word.startswith("#"):
            nests[at] = tuple(opened)
        if word in {"if", "elif", "else", "for", "while", "until", "case"} or line.rstrip().endswith("{"):
            opened.append(" ".join(line.split()))
    return nests


def docker_places(text: str) -> dict[int, Place]:
    """The stage of a Dockerfile in which each line stands."""
    nests: dict[int, Place] = {}
    stage: Place = ()
    for at, line in enumerate(lines_of(text)):
        words = line.split()
        if words[:1] == ["FROM"]:
            stage = (*stage, words[-1])
        if words and not words[0].startswith("#"):
            nests[at] = stage[-1:]
    return nests
