"""A review as one self-contained page without a script: each file, its sides below or beside each other."""

from __future__ import annotations

from collections.abc import Iterable

from difykit.core.sheet import sheet
from difykit.porting import in_html, style_of
from difykit.porting.review.model import Review, ReviewedFile
from difykit.porting.review.passages import SIDES, Excerpt, Passage
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

_BOUNDS = Bounds(passages=200, lines=400, width=4_000)
_FOOT = """\
<footer>Made by difykit upgrade.review. This page holds everything it shows and asks nothing of the network.</footer>"""
_NAMES = {"base": "both began with", "yours": "yours", "upstream": "upstream's", "result": "the result"}


def page(review: Review) -> str:
    """The whole page. Text that is not Unicode is shown with escapes."""
    body = [
        _head(review),
        "<main>",
        *(_file(number, file) for number, file in enumerate(review.files, 1)),
        "</main>",
        _FOOT,
    ]
    title = in_html(f"Merged beyond git, Dify {review.old} to {review.to}")
    return sheet(title, style_of("pages/page.css", "review/page.css"), body)


def _head(review: Review) -> str:
    notes = "".join(f'<p class="note" role="note">{in_html(text)}</p>' for text in remarks(review))
    rows = "".join(
        f'<li><a href="#f{number}"><b>{in_html(file.place)}</b></a> <span>{in_html(file.layer)}, by'
        f" {in_html(file.merge.strategy)}</span></li>"
        for number, file in enumerate(review.files, 1)
    )
    toc = f'<nav aria-label="Files"><ol class="toc">{rows}</ol></nav>' if rows else ""
    lead = "Where git's own merge stopped, a strategy of difykit's went on. Each file is to be looked at."
    return (
        f'<header><p class="eyebrow">Upgrade review · from Dify {in_html(review.old)} to {in_html(review.to)}</p>'
        f"<h1>{in_html(_sentence(review.headline))}</h1>"
        f'<p class="lead">{in_html(_sentence(review.about))}. {lead if review.files else ""}</p>{notes}{toc}</header>'
    )


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _file(number: int, file: ReviewedFile) -> str:
    rows = (fact.partition(": ") for fact in facts(file))
    properties = "".join(f"<dt>{in_html(name)}</dt><dd>{in_html(value)}</dd>" for name, _, value in rows)
    remarked = "".join(f'<p class="say">{in_html(text)}</p>' for text in absences(file))
    remarked += f'<p class="say">{in_html(same_text(file))}</p>' if not file.passages else ""
    compared = "".join(
        f'<div class="side"><h4>{in_html(title)}</h4><pre tabindex="0">{in_html(_lines(lines))}</pre></div>'
        for title, lines in diffs(file, _BOUNDS)
    )
    remarked += f'<div class="sides diffs">{compared}</div>' if compared else ""
    count = len(file.passages[: _BOUNDS.passages])
    passages = "".join(_passage(file, at) for at in range(1, count + 1))
    more = "".join(f'<p class="say">{in_html(text)}</p>' for text in more_of(file, _BOUNDS))
    return (
        f'<section class="file" id="f{number}" aria-labelledby="t{number}"><h2 id="t{number}">'
        f"{in_html(file.merge.path)}</h2>"
        f'<p class="hint">{in_html(file.layer)} · {in_html(file.place)}</p><dl class="known">{properties}</dl>'
        f"{remarked}{passages}{more}</section>"
    )


def _passage(file: ReviewedFile, number: int) -> str:
    passage: Passage = file.passages[number - 1]
    title = in_html(passage_title(file, number))
    sides = "".join(_side(name, passage.sides.get(name), file.sides[name].absence) for name in SIDES)
    return f'<details open><summary>{title}</summary><div class="sides">{sides}</div></details>'


def _lines(lines: Iterable[str]) -> str:
    return "\n".join(lines)


def _side(name: str, excerpt: Excerpt | None, absence: str) -> str:
    title = f"{_NAMES[name]}, {excerpt.place}" if excerpt else _NAMES[name]
    text = _lines(cut(excerpt, _BOUNDS)) if excerpt else f"({absence})"
    return f'<div class="side {name}"><h4>{in_html(title)}</h4><pre tabindex="0">{in_html(text)}</pre></div>'
