"""A review as Markdown for a pull request: no longer than one takes, and plain about what it leaves out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from difykit.porting import counted, escaped, fenced, plain
from difykit.porting.review.model import Review, ReviewedFile
from difykit.porting.review.words import (
    Bounds,
    absences,
    cut,
    diffs,
    facts,
    more_of,
    passage_title,
    remarks,
    same_text,
)

LONGEST = 60_000
"""The bytes of the whole text; GitHub takes 65,536 characters for the text of a pull request."""
_BOUNDS = Bounds(passages=10, lines=40, width=300)
_LONGEST_FILE = 20_000


def markdown(review: Review) -> str:
    """The text; what is left out for its length is named, with its number."""
    head = _head(review)
    remaining: Sequence[ReviewedFile] = review.files
    room = LONGEST - _size(head) - 1_000
    blocks: list[str] = []
    for number, file in enumerate(review.files):
        block = _file(file)
        if _size(block) > min(_LONGEST_FILE, room):
            block = _file(file, full=False)
        if _size(block) > room:
            remaining = review.files[number:]
            break
        blocks += block
        room -= _size(block)
    else:
        remaining = ()
    return "\n".join([*head, *blocks, *_left_out(remaining, room)])


def _size(lines: list[str]) -> int:
    return sum(len(line.encode("utf-8", "replace")) + 1 for line in lines)


def _head(review: Review) -> list[str]:
    title = f"# Merged beyond git: Dify {escaped(review.old)} to {escaped(review.to)}"
    notes = list(remarks(review))
    bullets = [f"- {_short(text)}" for text in notes[:_NOTES]]
    if len(notes) > _NOTES:
        bullets.append(f"- and {len(notes) - _NOTES} notes more: difykit upgrade.review")
    sentence = f"{escaped(review.about)}: {escaped(review.headline)}."
    return [title, "", sentence, "", *bullets, *([""] if bullets else [])]


_NOTES = 20


def _short(text: str) -> str:
    line = plain(text)
    return escaped(line if len(line) <= _WIDTH else line[:_WIDTH] + "…")


_WIDTH = 500


def _listed(file: ReviewedFile) -> str:
    return f"- {_short(file.layer)}: {_short(file.place)} by {_short(file.merge.strategy)}"


def _file(file: ReviewedFile, *, full: bool = True) -> list[str]:
    lines = [f"## {_short(file.merge.path)}", "", f"{_short(file.layer)}, {_short(file.place)}", ""]
    lines += [f"- {_short(fact)}" for fact in (*facts(file), *absences(file))]
    lines.append("")
    for title, diff in diffs(file, _BOUNDS):
        lines += [f"{title}:", "", *fenced(diff, "diff"), ""]
    if not full:
        count = counted(len(file.passages), "passage")
        return [*lines, f"Its {count} are too long for this text: difykit upgrade.review shows them.", ""]
    return [*lines, *_passages(file)]


def _passages(file: ReviewedFile) -> Iterator[str]:
    if not file.passages:
        yield from (escaped(same_text(file)), "")
    for number, passage in enumerate(file.passages[: _BOUNDS.passages], 1):
        yield from (f"**{escaped(passage_title(file, number))}**", "")
        for name, excerpt in passage.sides.items():
            yield from (f"{name}, {excerpt.place}:", "", *fenced(list(cut(excerpt, _BOUNDS))), "")
    for text in more_of(file, _BOUNDS):
        yield from (escaped(text), "")


def _left_out(remaining: Sequence[ReviewedFile], room: int) -> Iterator[str]:
    """The files for which there is no room, named as far as there is."""
    if not remaining:
        return
    yield f"Not shown, since this text may not be longer: {counted(len(remaining), 'file')}."
    yield from ("All of them: difykit upgrade.review, or its --html FILE.", "")
    shown = 0
    for line in map(_listed, remaining):
        room -= _size([line])
        if room < 0:
            break
        shown += 1
        yield line
    if shown < len(remaining):
        yield f"- and {counted(len(remaining) - shown, 'file')} more"
    yield ""
