"""`init`."""

from __future__ import annotations

from pathlib import Path

from invoke.context import Context

from difykit.cli.screen import Screen
from difykit.cli.task import command


@command(
    positional=("folder",),
    folder="the folder to make it in; it may exist",
    ci="also a pipeline that builds and publishes: github or gitlab; in a workspace that is there, only that",
)
def init(_: Context, folder: str, ci: str = "") -> None:
    """Make a new workspace in FOLDER."""
    from difykit.git import installed
    from difykit.workspace.init import init as do_init
    from difykit.workspace.manifest import this_machine_only

    screen, running = Screen(), installed()
    written = do_init(Path(folder), ci, running.toolkit)
    for path in written:
        screen.ok(f"{folder}/{path}")
    if "difykit.yaml" in written:
        if running.toolkit:
            screen.ok(f"toolkit: {running.toolkit}")
            if this_machine_only(running.toolkit):
                screen.warn(
                    "that address leads into this machine: CI on another one cannot install it; name a repository that"
                    f" both reach in {folder}/difykit.yaml, or put the wheel into {folder}/wheels and name that"
                )
        else:
            screen.warn(
                f"which difykit this is cannot be told exactly: {running.why};"
                f" before CI can use {folder}/difykit.yaml, fill in its line `toolkit`"
            )
        screen.hint(
            f"cd {folder}, put it under git, then: invoke sync build deploy; sync writes difykit.lock, commit it, too"
        )
    else:
        screen.hint("its first lines say what to set; commit it, and difykit.lock, which difykit sync writes")
