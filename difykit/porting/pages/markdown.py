"""A forecast as Markdown: the text of an issue that a nightly run opens, for those who have to decide."""

from __future__ import annotations

import re
from collections.abc import Sequence

from difykit.porting.pages.text import HEAD, day, details, headline, merged_beyond, plain, rows_of
from difykit.porting.plan.model import Forecast, Outlook

# What is on a row beyond these is in the page and in JSON.
_ADDRESS = re.compile(r"(?i)\bwww(?=\.)|\b(?:https?|ftp|mailto|xmpp)(?=:)|\bGH(?=-\d)")
_SHOWN = ("RELEASE", "DATE", "WORK", "MERGES", "CONFLICTS", "ENV", "SERVICES", "MIGRATIONS")


def markdown(forecast: Forecast) -> str:
    """The title as the first heading, the answer, a row for each release, what needs a person, the next commands."""
    best = forecast.newest_without_work
    target = best or forecast.outlooks[-1].ref
    lines = [
        f"# {title(forecast)}",
        "",
        escaped(headline(forecast)),
        "",
        *_table(forecast),
        "",
        *_work(forecast, forecast.outlooks[-1]),
        *_beyond(forecast, forecast.outlooks[-1]),
    ]
    if forecast.note:
        lines += [escaped(forecast.note), ""]
    return "\n".join([*lines, "```sh", f"difykit upgrade.start --to {target}", "difykit upgrade.status", "```", ""])


def title(forecast: Forecast) -> str:
    """One line that stays the same while nothing changes, so that a nightly run finds its own issue again."""
    newest = forecast.outlooks[-1]
    verdict = "takes everything" if not newest.work else f"needs work on {newest.work} of {len(forecast.rows)}"
    return f"Dify {escaped(newest.ref)} {verdict}, from {escaped(forecast.pin)}"


def _table(forecast: Forecast) -> list[str]:
    columns = [HEAD.index(name) for name in _SHOWN]
    rows = [[escaped(row[column]) for column in columns] for row in rows_of(forecast)]
    head = [name.lower() for name in _SHOWN]
    return [f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rows)]


def _work(forecast: Forecast, newest: Outlook) -> list[str]:
    if not newest.work:
        return []
    return [
        f"{escaped(newest.ref)} of {day(newest.date)} needs a person for:",
        "",
        *fenced(details(forecast, newest)),
        "",
    ]


def _beyond(forecast: Forecast, newest: Outlook) -> list[str]:
    if not newest.beyond:
        return []
    lines = fenced(merged_beyond(forecast, newest))
    return [f"Merged beyond git on {escaped(newest.ref)}, to be reviewed:", "", *lines, ""]


def fenced(lines: Sequence[str], language: str = "text") -> list[str]:
    """Lines as a block of code, which none of them can end."""
    longest = max((len(run) for line in lines for run in re.findall("`+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    return [f"{fence}{language}", *lines, fence]


def escaped(text: str) -> str:
    """Text of patches and releases with nothing in it that Markdown acts on: no markup, mention, link or image."""
    line = " ".join(plain(text).split())
    line = "".join(f"\\{char}" if char in r"\`*_{}[]<>#|!~$&" else char for char in line).replace("@", "@\u200b")
    # What is written as an address becomes a link by itself.
    return _ADDRESS.sub("\\g<0>\u200b", line)
