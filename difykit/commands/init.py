"""`init`."""

from __future__ import annotations

from pathlib import Path

from invoke.context import Context

from difykit.commands.base import command
from difykit.console import Screen


@command(
    positional=("folder",),
    folder="the folder to make it in; it may exist",
    ci="also a pipeline that builds and publishes: github or gitlab; in a workspace that is there, only that",
)
def init(_: Context, folder: str, ci: str = "") -> None:
    """Make a new workspace in FOLDER."""
    from difykit.init import init as do_init

    screen = Screen()
    written = do_init(Path(folder), ci)
    for path in written:
        screen.ok(f"{folder}/{path}")
    if "difykit.yaml" in written:
        screen.hint(f"cd {folder}, put it under git, then: invoke sync build deploy")
    else:
        screen.hint("its first lines say what to set; commit it")
