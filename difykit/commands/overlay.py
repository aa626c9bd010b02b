"""`overlay.new`, `overlay.list`, `overlay.show`, `overlay.enable`, `overlay.disable`, `overlay.eject`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from invoke.collection import Collection
from invoke.context import Context

from difykit.commands.base import command, workspace
from difykit.console import Screen, document, result, table

if TYPE_CHECKING:
    from difykit.overlay import Listed


@command(
    positional=("name",),
    name="the new overlay: a-z, 0-9 and '-'",
    kind="endpoint, console-endpoint, page, env or compose",
    disabled="only write it, and leave difykit.yaml alone",
)
def new(_: Context, name: str, kind: str = "endpoint", disabled: bool = False) -> None:
    """Write the overlay NAME, complete and working; enable it."""
    from difykit import overlay as room
    from difykit.sync import pinned

    screen, here = Screen(), workspace()
    with pinned(here) as pin:
        made = room.new(here, name, kind, disabled=disabled, version=pin.version, tree=pin.tree)
    for path in made.paths:
        screen.ok(path)
    if disabled:
        screen.hint(f"difykit overlay.enable {name}, then: invoke sync build deploy; then {made.answer}")
    else:
        screen.ok(f"difykit.yaml: {name} is enabled")
        screen.hint(f"invoke sync build deploy; then {made.answer}")


@command(json="print the list as one line of JSON")
def list_(_: Context, json: bool = False) -> None:
    """List the enabled overlays in their order, then the others."""
    from difykit import overlay as room

    found = room.listed(workspace())
    if json:
        document({"overlays": [each.describe() for each in found]})
        return
    result(table(("#", "NAME", "FROM", "REQUIRES", "DESCRIPTION"), [_row(each) for each in found]))


@command(positional=("name",), name="the overlay to show", json="print it as one line of JSON")
def show(_: Context, name: str, json: bool = False) -> None:
    """Show what the overlay NAME adds, and what it replaces."""
    from difykit import overlay as room
    from difykit.sync import pinned

    here = workspace()
    with pinned(here) as pin:
        facts = room.show(here, name, version=pin.version, tree=pin.tree)
    document(facts.describe()) if json else result("\n".join(facts.lines()))


@command(
    positional=("name",),
    name="the overlay to enable: the workspace's, or one that difykit ships",
    before="an enabled overlay that it goes before (it becomes the last one if left out)",
)
def enable(_: Context, name: str, before: str = "") -> None:
    """Add the overlay NAME to difykit.yaml."""
    from difykit import overlay as room
    from difykit.sync import pinned

    screen, here = Screen(), workspace()
    with pinned(here) as pin:
        done = room.enable(here, name, before=before, version=pin.version)
    if done:
        screen.ok(f"difykit.yaml: {name} is enabled")
        screen.hint("invoke sync build deploy")
    else:
        screen.skip(f"{name} is enabled already; nothing was changed")


@command(positional=("name",), name="the overlay to disable; its folder stays")
def disable(_: Context, name: str) -> None:
    """Take the overlay NAME out of difykit.yaml."""
    from difykit import overlay as room

    screen = Screen()
    if room.disable(workspace(), name):
        screen.ok(f"difykit.yaml: {name} is disabled")
        screen.hint("invoke sync build deploy")
    else:
        screen.skip(f"{name} is not enabled; nothing was changed")


@command(positional=("name",), name="the overlay to copy, one that difykit ships")
def eject(_: Context, name: str) -> None:
    """Copy the shipped overlay NAME here, to change it."""
    from difykit import overlay as room

    screen = Screen()
    for path in room.eject(workspace(), name):
        screen.ok(path)
    screen.hint(f"change it; it is used from now on wherever {name} is enabled")


def _row(each: Listed) -> tuple[str, ...]:
    place = str(each.place or "-")
    if each.manifest is None:
        return (place, each.name, each.origin, "", f"cannot be used: {each.problem.splitlines()[0]}")
    wants = each.manifest.requires
    requires = ", ".join([*([f"Dify {wants.dify}"] if wants.dify else []), *wants.overlays])
    return (place, each.name, each.origin, requires, each.manifest.description)


collection = Collection("overlay")
for _name, _task in (
    ("new", new),
    ("list", list_),
    ("show", show),
    ("enable", enable),
    ("disable", disable),
    ("eject", eject),
):
    collection.add_task(_task, name=_name)
