"""A forecast in words, for the terminal and for the top of the page."""

from __future__ import annotations

import datetime as dt

from difykit.core import redact, terminal
from difykit.porting.plan.model import Cell, Customisation, Forecast, Outlook, State, counted

_SHOWN = 12
_NOUNS = {
    State.CONFLICTS: "in conflict",
    State.GONE: "without a target",
    State.LEFT_OUT: "not for it",
    State.UPSTREAM: "already upstream",
}


def plain(text: str) -> str:
    """The text without secrets, and without what no output can hold: odd bytes, a control character."""
    return terminal.plain(redact.text(text), "\n\t")


def day(seconds: int) -> str:
    """A date such as 2026-01-31."""
    return dt.datetime.fromtimestamp(seconds, dt.UTC).date().isoformat()


def headline(forecast: Forecast) -> str:
    """The answer to: how far can we go without work?"""
    if not forecast.outlooks:
        return f"No release is newer than the pin {forecast.pin}."
    best, newer = forecast.newest_without_work, _newer(forecast)
    if best and (not newer or best in {outlook.ref for outlook in newer}):
        return f"The newest release that needs no work is {best}."
    looked = newer or forecast.outlooks
    least = min(reversed(looked), key=lambda outlook: outlook.work)
    scope = f"newer than {forecast.pin} " if newer else ""
    return f"No release {scope}goes without work; {least.ref} needs the least, {_some(forecast, least)}."


def _newer(forecast: Forecast) -> tuple[Outlook, ...]:
    """The releases after the pin, where the pin is one of them; else all of them."""
    refs = [outlook.ref for outlook in forecast.outlooks]
    return forecast.outlooks[refs.index(forecast.pin) + 1 :] if forecast.pin in refs else forecast.outlooks


def verdict(forecast: Forecast) -> str:
    """What the newest release of all asks for."""
    newest = forecast.outlooks[-1]
    if not newest.work:
        rows = counted(len(forecast.rows), "customisation")
        return f"{newest.ref} takes all {rows} as they are, or merges them by itself."
    states = [cell.state for cell in newest.cells if cell.work]
    shown = ", ".join(f"{states.count(state)} {_NOUNS.get(state, state)}" for state in dict.fromkeys(states))
    return f"{newest.ref} needs you for {_some(forecast, newest)}: {shown}."


def _some(forecast: Forecast, outlook: Outlook) -> str:
    return f"{outlook.work} of {counted(len(forecast.rows), 'customisation')}"


def rows_of(forecast: Forecast) -> list[tuple[str, ...]]:
    """A row for each release: what becomes of the customisations, and what it brings."""
    return [_row(outlook) for outlook in forecast.outlooks]


HEAD = (
    "RELEASE",
    "DATE",
    "WORK",
    "UNTOUCHED",
    "MERGES",
    "UPSTREAM",
    "CONFLICTS",
    "GONE",
    "LEFT OUT",
    "ENV",
    "SERVICES",
    "MIGRATIONS",
    "COMPOSE",
    "IMAGES",
)


def _row(outlook: Outlook) -> tuple[str, ...]:
    states = [cell.state for cell in outlook.cells]
    kinds = (State.UNTOUCHED, State.MERGES, State.UPSTREAM, State.CONFLICTS, State.GONE, State.LEFT_OUT)
    hunks = sum(cell.count for cell in outlook.cells if cell.state is State.CONFLICTS)
    counts = [str(states.count(kind) or "-") for kind in kinds]
    counts[3] += f" ({hunks})" if hunks else ""
    beyond = sum(bool(cell.strategies) for cell in outlook.cells if cell.state is State.MERGES)
    counts[1] += f" ({beyond} beyond git)" if beyond else ""
    env, services = outlook.facts.env, outlook.facts.services
    images = " ".join(f"{image.image}:{image.strategy}" for image in outlook.images if image.strategy)
    return (
        plain(outlook.ref),
        day(outlook.date),
        str(outlook.work or "none"),
        *counts,
        _moved(len(env.added), len(env.removed), len(env.renamed), len(env.defaults)),
        _moved(len(services.added), len(services.removed), len(services.renamed), len(services.images)),
        f"+{len(outlook.facts.migrations)}" if outlook.facts.migrations else "-",
        outlook.facts.compose_needs or "-",
        images or "-",
    )


def _moved(added: int, removed: int, renamed: int, changed: int) -> str:
    words = [
        f"{sign}{number}" for sign, number in (("+", added), ("-", removed), (">", renamed), ("~", changed)) if number
    ]
    return " ".join(words) or "-"


def details(forecast: Forecast, outlook: Outlook) -> list[str]:
    """What needs somebody on a release, a line for each piece, with why."""
    pairs = [(row, cell) for row, cell in zip(forecast.rows, outlook.cells, strict=True) if cell.work]
    lines = [line for row, cell in pairs[:_SHOWN] for line in _lines(row, cell)]
    more = len(pairs) - _SHOWN
    return [*lines, f"  and {counted(more, 'customisation')} more"] if more > 0 else lines


def lists_lacking(outlook: Outlook) -> list[str]:
    """Values of the workspace that take the place of a list of Dify's, with what of the release's list they lack."""
    lists = outlook.facts.env.lists
    return [f"  {plain(key)}: lacks {', '.join(map(plain, words))}" for key, words in lists.items()]


def merged_beyond(forecast: Forecast, outlook: Outlook) -> list[str]:
    """What is merged beyond git on a release, a line for each file."""
    rows = zip(forecast.rows, outlook.cells, strict=True)
    lines = [
        plain(f"  {row.label}: {part.merge.label}")
        for row, cell in rows
        for part in cell.parts
        if part.merge is not None
    ]
    more = len(lines) - _SHOWN
    return [*lines[:_SHOWN], f"  and {counted(more, 'file')} more"] if more > 0 else lines


def _lines(row: Customisation, cell: Cell) -> list[str]:
    after = f", after a conflict of {cell.after}" if cell.after else ""
    lines = [f"  {plain(row.label)}: {cell.words}{after}"]
    for part in cell.parts:
        if part.work:
            reason = part.note.splitlines()[0] if part.note else ""
            lines.append(plain(f"    {part.what}: {reason}" if part.what and reason else f"    {part.what}{reason}"))
    return lines


def first_words(text: str, width: int) -> str:
    """The text on one line, cut where it is longer than `width`."""
    line = " ".join(text.split())
    return line if len(line) <= width else line[: width - 1] + "…"
