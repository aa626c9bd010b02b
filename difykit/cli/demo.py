"""`demo`."""

from __future__ import annotations

from pathlib import Path

from invoke.context import Context

from difykit.cli.screen import Screen, document, result
from difykit.cli.task import command, root
from difykit.core.terminal import Lines


@command(
    target="compose (containers), process (no engine needed), or auto: containers where an engine answers",
    keep="leave it running, to be looked at; the next demo stops it",
    json="print the outcome as one line of JSON",
)
def demo(_: Context, target: str = "auto", keep: bool = False, json: bool = False) -> None:
    """Try the whole pipeline on a miniature Dify.

    An endpoint and a page go from an overlay to an answer, in containers or, without an engine, as processes.
    """
    from difykit.demo import run_demo

    screen = Screen()
    outcome = run_demo(_folder(), screen, target=target, keep=keep)
    if json:
        document(outcome.describe())
        return
    result(Lines([f"GET {outcome.url}/custom-endpoint", f"  {outcome.endpoint.strip()}"]))
    result(Lines([f"GET {outcome.url}/hello", f"  {outcome.page}"]))
    result(Lines([f"GET {outcome.url}/signin", f"  the button says: {outcome.button}"]))
    result(Lines([f"GET {outcome.url}/console/api/hello", f"  {outcome.console} without a login"]))
    if keep:
        screen.hint(f"it keeps running; stop it: cd {_folder()} && difykit down")
    else:
        screen.hint("all of it is stopped and removed again; `invoke demo --keep` leaves it running")


def _folder() -> Path:
    """Below the workspace where there is one, else below the current folder."""
    return (root() or Path.cwd()) / ".difykit" / "demo"
