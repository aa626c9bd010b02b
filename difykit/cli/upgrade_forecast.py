"""`upgrade.forecast`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from invoke.context import Context

from difykit.cli.screen import Screen, document, result, table
from difykit.cli.task import command, find_workspace
from difykit.core.terminal import Lines

if TYPE_CHECKING:
    from difykit.porting import Forecast


@command(
    repeated=("to",),
    to="this release: a tag, a branch or a commit; may be given more than once",
    all="all releases of upstream, older ones too",
    since="all releases from this day on, as 2026-01-31",
    json="print the forecast as one line of JSON",
    html="write it as one self-contained page into this file",
    markdown="write it as the text of an issue into this file",
)
def forecast(
    _: Context,
    to: list[str],
    all: bool = False,  # noqa: A002 - the flag's name
    since: str = "",
    json: bool = False,
    html: str = "",
    markdown: str = "",
) -> None:
    """Say what each customisation becomes on newer releases."""
    from difykit import porting as room
    from difykit.core import files

    screen = Screen()
    workspace = find_workspace()
    options = (("--html", html), ("--markdown", markdown))
    places = {name: workspace.output(option, name) for option, name in options if name}
    forecasts = room.forecast(workspace, room.wish_of(to, since, every=all), screen)
    if html and forecasts.outlooks:
        from difykit.porting import page

        files.write(places[html], page(forecasts))
        screen.ok(f"the page is in {html}")
    if markdown and forecasts.outlooks:
        from difykit.porting import markdown as text_of

        files.write(places[markdown], text_of(forecasts))
        screen.ok(f"the text is in {markdown}")
    if json:
        document(forecasts.describe())
    else:
        result(in_words(forecasts))


def in_words(forecasts: Forecast) -> str:
    """A row for each release; of the newest, and of those that are named alone, what needs you."""
    from difykit.porting import text

    if not forecasts.outlooks:
        return text.headline(forecasts)
    lines = [table(text.HEAD, text.rows_of(forecasts)), ""]
    newest = forecasts.outlooks[-1]
    if newest.work:
        lines += [f"{newest.ref} needs you for:", *text.details(forecasts, newest), ""]
    if lacking := text.lists_lacking(newest):
        lines += [
            f"settings of yours that take the place of a list of {newest.ref} (KEY=+own adds to it):",
            *lacking,
            "",
        ]
    if newest.beyond:
        command = f"difykit upgrade.review --to {newest.ref}"
        lines += [f"merged beyond git on {newest.ref} ({command}):", *text.merged_beyond(forecasts, newest), ""]
    return Lines([*lines, text.headline(forecasts)])
