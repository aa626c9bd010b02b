"""`upgrade.review`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from invoke.context import Context

from difykit.cli.screen import Screen, document, result
from difykit.cli.task import command, find_workspace
from difykit.core.errors import UsageError
from difykit.core.terminal import Lines

if TYPE_CHECKING:
    from pathlib import Path

    from difykit.porting.review import Review

_OUT = "-"


@command(
    to="what an upgrade to this release would merge: a tag, a branch or a commit",
    json="print the review as one line of JSON",
    html="write it as one self-contained page into this file",
    markdown="write it as the text of a pull request into this file; - prints it",
)
def review(_: Context, to: str = "", json: bool = False, html: str = "", markdown: str = "") -> None:
    """Show what an upgrade merged beyond git, file by file."""
    from difykit.porting import review as room

    if json and markdown == _OUT:
        raise UsageError("--json and --markdown -: both would be printed", hint="write one of them into a file")
    screen = Screen()
    workspace = find_workspace(ends="" if to else "upgrade")
    options = (("--html", html), ("--markdown", markdown if markdown != _OUT else ""))
    places = {name: workspace.output(option, name) for option, name in options if name}
    outcome = room.review(workspace, to, screen)
    _write(outcome, places, html, markdown, screen)
    if json:
        document(outcome.describe())
    elif markdown != _OUT:
        from difykit.porting.review import in_lines

        result(Lines(in_lines(outcome)))


def _write(outcome: Review, places: dict[str, Path], html: str, markdown: str, screen: Screen) -> None:
    """The files that are asked for, and the text where it is to be printed."""
    from difykit.core import files

    if html:
        from difykit.porting.review import page

        files.write(places[html], page(outcome))
        screen.ok(f"the page is in {html}")
    if markdown:
        from difykit.porting.review import markdown as text_of

        text = text_of(outcome)
        if markdown == _OUT:
            result(Lines(text.split("\n")))
            return
        files.write(places[markdown], text)
        screen.ok(f"the text is in {markdown}")
