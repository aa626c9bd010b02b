"""A review in lines: for the terminal, and as what is fenced in Markdown. Nothing is left out without a word."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from difykit.porting import counted, plain
from difykit.porting.review.model import Review, ReviewedFile, ReviewSide
from difykit.porting.review.passages import RESULT, YOURS, Excerpt, Passage, place_of


@dataclass(frozen=True)
class Bounds:
    """How much is shown: passages of a file, lines of each side, characters of a line."""

    passages: int
    lines: int
    width: int


SCREEN = Bounds(passages=20, lines=40, width=300)


def in_lines(review: Review, bounds: Bounds = SCREEN) -> Iterator[str]:
    """The whole review."""
    yield f"{review.about}: {review.headline}"
    yield from remarks(review)
    for file in review.files:
        yield ""
        yield f"{file.layer}: {file.place}"
        yield from (f"  {line}" for line in facts(file))
        yield from (f"  {line}" for line in shown(file, bounds))


def remarks(review: Review) -> Iterator[str]:
    """What to know of all of it, and what is not known."""
    yield from review.notes
    yield from (f"not known: {text}" for text in review.unknown)


def facts(file: ReviewedFile) -> Iterator[str]:
    """How a file was merged, why, and for what."""
    merge = file.merge
    note = f" ({merge.note})" if merge.note else ""
    yield f"strategy: {merge.strategy}{note}" + (", then changed by hand" if merge.by_hand else "")
    yield f"git stopped: {merge.reason} ({merge.kind})" + (f", at {merge.was}" if merge.was else "")
    title = f": {one_line(file.title)}" if file.title else ""
    yield f"customisation: {file.file}{title}"
    if file.why:
        yield f"why it is there: {one_line(file.why)}"
    modes = {name: side.mode for name, side in file.sides.items() if side.mode}
    if len(set(modes.values())) > 1:
        yield "modes: " + ", ".join(f"{name} {mode}" for name, mode in modes.items())


def shown(file: ReviewedFile, bounds: Bounds) -> Iterator[str]:
    """The sides of a file, passage by passage."""
    yield from absences(file)
    for title, lines in diffs(file, bounds):
        yield f"{title}:"
        yield from (f"    {line}" for line in lines)
    if not file.passages:
        yield same_text(file)
    for number, passage in enumerate(file.passages[: bounds.passages], 1):
        yield passage_title(file, number)
        for name, excerpt in passage.sides.items():
            yield f"  {name}, {excerpt.place}:"
            yield from (f"    | {line}" for line in cut(excerpt, bounds))
    yield from more_of(file, bounds)


def absences(file: ReviewedFile) -> Iterator[str]:
    """The sides that have no text to show."""
    return (f"{name}: {side.absence}" for name, side in file.sides.items() if side.absence)


def diffs(file: ReviewedFile, bounds: Bounds) -> Iterator[tuple[str, list[str]]]:
    """What yours was meant to change, and what the result changes: each a title, and the lines of a diff."""
    titles = {YOURS: "what yours changes in the base", RESULT: "what the result changes in upstream's file"}
    for side, changes in file.changes.items():
        lines = tuple(line for change in changes for line in change.shown)
        yield titles[side], list(_cut(lines, bounds))


def same_text(file: ReviewedFile) -> str:
    """What a file without passages is."""
    texts = [(name, side) for name, side in file.sides.items() if not side.absence]
    if not texts:
        return "there is no text to show"
    names = " and ".join(name for name, _ in texts)
    return f"{names}: {'the same text' if len(texts) > 1 else 'a text'} of {size_of(texts[0][1])}"


def size_of(side: ReviewSide) -> str:
    """How long a text is."""
    return counted(side.lines, "line")


def passage_title(file: ReviewedFile, number: int) -> str:
    """Which passage of how many, and the lines of the result that it is about."""
    passage: Passage = file.passages[number - 1]
    position = f", {place_of(*passage.changed)} of the result" if passage.changed else ""
    return f"passage {number} of {len(file.passages)}{position}"


def more_of(file: ReviewedFile, bounds: Bounds) -> Iterator[str]:
    """What of a file is not shown."""
    if (more := len(file.passages) - bounds.passages) > 0:
        yield f"and {counted(more, 'passage')} more, which upgrade.review --json has"
    if file.one_sided:
        yield f"not shown: {counted(file.one_sided, 'passage')} that one side alone changed"


def cut(excerpt: Excerpt, bounds: Bounds) -> Iterator[str]:
    """The lines of an excerpt as far as the bounds go, and how many more there are."""
    return _cut(excerpt.shown, bounds)


def _cut(lines: Sequence[str], bounds: Bounds) -> Iterator[str]:
    if not lines:
        yield "(nothing)"
    # What is hidden, or escaped, is so before a line is cut: half a secret is none that anybody would know again.
    yield from (short(plain(line), bounds.width) for line in lines[: bounds.lines])
    if (more := len(lines) - bounds.lines) > 0:
        yield f"… and {counted(more, 'line')} more"


def short(line: str, width: int) -> str:
    """A line as far as the width goes, and how many characters more it has."""
    return line if len(line) <= width else f"{line[:width]}… ({len(line) - width} characters more)"


def one_line(text: str) -> str:
    """A text of several lines as one."""
    return " ".join(text.split())
