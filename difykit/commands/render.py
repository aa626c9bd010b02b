"""`render`."""

from __future__ import annotations

from invoke.context import Context

from difykit.commands.base import command, workspace
from difykit.console import Screen, document


@command(json="print the folder's manifest as one line of JSON")
def render(_: Context, json: bool = False) -> None:
    """Write the release folder, ready for `docker compose`."""
    from difykit.render import render as do_render
    from difykit.state import need_images, need_source

    here = workspace()
    plan = do_render(here, Screen(), images=need_images(here.derived, need_source(here.derived)))
    if json:
        document(plan.manifest)
