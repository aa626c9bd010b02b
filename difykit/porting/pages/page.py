"""A forecast as one self-contained page: a heat map of releases by customisations, and the facts of each release.

Nothing in it comes from elsewhere, and its own policy forbids the browser to ask. What patches and releases say is
escaped, or handed to the script as data; only this room's own script and style run, by their digests.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from difykit.core import files, redact
from difykit.core.sheet import sheet
from difykit.porting.page_parts import in_html, style_of
from difykit.porting.pages.pagefacts import facts_of
from difykit.porting.pages.text import day, headline, verdict
from difykit.porting.plan.model import Cell, Forecast, Outlook, State, counted

_SIGNS = {
    State.UNTOUCHED: ("s-untouched", "·"),
    State.MERGES: ("s-merges", "✓"),
    State.UPSTREAM: ("s-upstream", "↑"),
    State.GONE: ("s-gone", "✕"),
    State.LEFT_OUT: ("s-out", "○"),
}
_LEGEND = (
    ("s-untouched", "·", "untouched: upstream did not change what it is about"),
    ("s-merges", "✓", "merges by itself"),
    ("s-beyond", "≈", "merges beyond git, by a strategy of difykit's: look at it with upgrade.review"),
    ("s-upstream", "↑", "already upstream"),
    ("s-c1", "1", "conflicts, with the number of hunks"),
    ("s-c3", "9", "conflicts, many"),
    ("s-gone", "✕", "target gone: upstream took it away"),
    ("s-out", "○", "left out: not for this release"),
)

_FOOT = """\
<footer>Made by difykit upgrade.forecast. This page holds everything it shows and asks nothing of the network.</footer>
<aside id="panel" class="panel" role="dialog" aria-labelledby="panel-title" hidden>
<button type="button" id="close" class="close" aria-label="Close">✕</button>
<h2 id="panel-title"></h2><div id="panel-body"></div></aside>"""


def page(forecast: Forecast) -> str:
    """The whole page. Text that is not Unicode is shown with escapes."""
    script = files.read_text(Path(__file__).resolve().parent / "page.js")
    body = [
        _head(forecast),
        _map(forecast),
        _facts(forecast),
        _FOOT,
        f'<script type="application/json" id="data">{_data(forecast)}</script>',
    ]
    return sheet(in_html(f"Upgrade forecast from Dify {forecast.pin}"), style_of("pages/page.css"), body, script)


def _head(forecast: Forecast) -> str:
    newest, rows = forecast.outlooks[-1], len(forecast.rows)
    hunks = sum(cell.count for cell in newest.cells)
    figures = [
        ("Newest without work", forecast.newest_without_work or "none", ""),
        ("Pinned", forecast.pin, ""),
        ("Newest", newest.ref, day(newest.date)),
        (f"Need you on {newest.ref}", str(newest.work), f"of {rows}"),
        ("Hunks in conflict there", str(hunks), ""),
    ]
    shown = "".join(
        f"<div><dt>{in_html(name)}</dt>"
        f"<dd>{in_html(value)}{f' <small>{in_html(more)}</small>' if more else ''}</dd></div>"
        for name, value, more in figures
    )
    note = f'<p class="note" role="note">{in_html(forecast.note)}</p>' if forecast.note else ""
    looked = f"{counted(rows, 'customisation')} on {counted(len(forecast.outlooks), 'release')}"
    return (
        f'<header><p class="eyebrow">Upgrade forecast · from Dify {in_html(forecast.pin)} · {in_html(looked)}</p>'
        f'<h1>{in_html(headline(forecast))}</h1><p class="lead">{in_html(verdict(forecast))}</p>{note}'
        f'<dl class="figures">{shown}</dl></header>'
    )


def _map(forecast: Forecast) -> str:
    legend = "".join(
        f'<li><i class="{name}" aria-hidden="true">{sign}</i>{in_html(text)}</li>' for name, sign, text in _LEGEND
    )
    heads = "".join(
        f'<th scope="col"{_pin(forecast, outlook)}><span>{in_html(outlook.ref)}'
        f"{' (pin)' if outlook.ref == forecast.pin else ''}</span></th>"
        for outlook in forecast.outlooks
    )
    sums = "".join(_sum(outlook.work) for outlook in forecast.outlooks)
    body = "\n".join(_row(forecast, number) for number in range(len(forecast.rows)))
    return (
        '<section aria-labelledby="map-title"><h2 id="map-title">Customisations by release</h2>'
        '<p class="hint">Choose a cell to see what conflicts there. Arrow keys move, Enter opens, Escape closes.</p>'
        f'<ul class="legend">{legend}</ul>'
        '<p class="tools"><label><input type="checkbox" id="only">only customisations that need you on one of these '
        "releases</label></p>"
        '<div class="frame" tabindex="0" role="region" aria-labelledby="map-title"><table class="map">'
        f'<thead><tr><th scope="col" class="corner">Customisation</th>{heads}</tr></thead>'
        f'<tbody><tr class="sum"><th scope="row"><b>Need you</b></th>{sums}</tr>\n{body}</tbody></table></div>'
        "</section>"
    )


def _sum(work: int) -> str:
    return f"<td>{work}</td>" if work else '<td class="none">0</td>'


def _pin(forecast: Forecast, outlook: Outlook) -> str:
    return ' class="pin"' if outlook.ref == forecast.pin else ""


def _row(forecast: Forecast, number: int) -> str:
    row = forecast.rows[number]
    cells = [outlook.cells[number] for outlook in forecast.outlooks]
    work = sum(cell.work for cell in cells)
    buttons = "".join(
        _button(cell, f"{row.label} on {outlook.ref}: {cell.words}", first=number == at == 0)
        for at, (outlook, cell) in enumerate(zip(forecast.outlooks, cells, strict=True))
    )
    name = row.name.removesuffix(".patch") if row.kind == "patch" else row.label
    full = in_html(f"{row.label}: {row.title}")
    head = f'<th scope="row" title="{full}"><b>{in_html(name)}</b><small>{in_html(row.title)}</small></th>'
    return f'<tr data-row="{number}" data-work="{work}">{head}{buttons}</tr>'


def _button(cell: Cell, label: str, *, first: bool) -> str:
    name, sign = _sign(cell)
    name += " s-work" if cell.work else ""
    tab = 0 if first else -1
    return (
        f'<td><button type="button" class="{name}" tabindex="{tab}" aria-expanded="false" aria-label="{in_html(label)}"'
        f' title="{in_html(label)}">{sign}</button></td>'
    )


def _sign(cell: Cell) -> tuple[str, str]:
    if cell.strategies and cell.state not in {State.CONFLICTS, State.GONE}:
        return "s-beyond", "≈"
    if cell.state is not State.CONFLICTS:
        return _SIGNS[cell.state]
    depth = 1 if cell.count <= 2 else 2 if cell.count <= 5 else 3
    return f"s-c{depth}", str(cell.count or "!")


def _facts(forecast: Forecast) -> str:
    blocks = []
    for outlook in reversed(forecast.outlooks):
        need = f"{outlook.work} of {len(forecast.rows)} need you" if outlook.work else "needs no work"
        rows = "".join(
            f"<dt>{in_html(name)}{_count(lines)}</dt><dd>{_listed(lines)}</dd>" for name, lines in facts_of(outlook)
        )
        blocks.append(
            f"<details><summary><b>{in_html(outlook.ref)}</b><span>{in_html(day(outlook.date))}</span>"
            f'<span class="ask">{in_html(need)}</span></summary><dl>{rows}</dl></details>'
        )
    return (
        '<section class="facts" aria-labelledby="facts-title"><h2 id="facts-title">What each release brings</h2>'
        f'<p class="hint">Compared with the pinned Dify {in_html(forecast.pin)}.</p>{"".join(blocks)}</section>'
    )


def _count(lines: tuple[str, ...]) -> str:
    return f" ({len(lines)})" if len(lines) > 1 else ""


def _listed(lines: tuple[str, ...]) -> str:
    if len(lines) == 1:
        return in_html(lines[0])
    return "<ul>" + "".join(f"<li>{in_html(line)}</li>" for line in lines) + "</ul>"


def _data(forecast: Forecast) -> str:
    """What the panel shows. Neighbouring releases have most cells alike, so each is there once."""
    details: dict[str, int] = {}
    cells: list[list[int]] = []
    for number in range(len(forecast.rows)):
        line = []
        for outlook in forecast.outlooks:
            cell = outlook.cells[number]
            text = json.dumps({**cell.describe(), "words": cell.words})
            line.append(details.setdefault(text, len(details)))
        cells.append(line)
    value: dict[str, Any] = {
        "releases": [outlook.ref for outlook in forecast.outlooks],
        "rows": [{"label": row.label, "title": row.title, "why": row.why} for row in forecast.rows],
        "cells": cells,
        "details": [json.loads(text) for text in details],
    }
    # In a script element only `<` could end it, or begin a comment; JSON may write it as an escape.
    return json.dumps(redact.tree(value)).replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
