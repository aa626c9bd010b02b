"""`upgrade.forecast`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from invoke.context import Context

from difykit.cli.screen import Screen, document, result, table
from difykit.cli.task import command, workspace
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
    here = workspace()
    options = (("--html", html), ("--markdown", markdown))
    places = {name: here.output(option, name) for option, name in options if name}
    found = room.forecast(here, room.wish_of(to, since, every=all), screen)
    if html and found.outlooks:
        from difykit.porting import page

        files.write(places[html], page(found))
        screen.ok(f"the page is in {html}")
    if markdown and found.outlooks:
        from difykit.porting import markdown as text_of

        files.write(places[markdown], text_of(found))
        screen.ok(f"the text is in {markdown}")
    if json:
        document(found.describe())
    else:
        result(in_words(found))


def in_words(found: Forecast) -> str:
    """A row for each release; of the newest, and of those that are named alone, what needs you."""
    from difykit.porting import text

    if not found.outlooks:
        return text.headline(found)
    lines = [table(text.HEAD, text.rows_of(found)), ""]
    newest = found.outlooks[-1]
    if newest.work:
        lines += [f"{newest.ref} needs you for:", *text.details(found, newest), ""]
    if newest.beyond:
        command = f"difykit upgrade.review --to {newest.ref}"
        lines += [f"merged beyond git on {newest.ref} ({command}):", *text.merged_beyond(found, newest), ""]
    return Lines([*lines, text.headline(found)])
