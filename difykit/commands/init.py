"""`init`."""

from __future__ import annotations

from pathlib import Path

from invoke.context import Context

from difykit.commands.base import command
from difykit.console import Screen


@command(positional=("folder",), folder="the folder to make it in; it may exist")
def init(_: Context, folder: str) -> None:
    """Make a new workspace in FOLDER."""
    from difykit.init import init as do_init
    from difykit.workspace import presets

    shipped = tuple(sorted(path.parent.name for path in (presets() / "overlays").glob("*/overlay.yaml")))
    screen = Screen()
    for path in do_init(Path(folder), shipped):
        screen.ok(f"{folder}/{path}")
    screen.hint(f"cd {folder}, put it under git, then: invoke sync build deploy")
