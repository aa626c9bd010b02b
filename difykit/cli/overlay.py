"""`overlay.new`, `.list`, `.show`, `.enable`, `.disable`, `.eject` and `.migration`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from invoke.collection import Collection
from invoke.context import Context

from difykit.cli.screen import Screen, colours, document, result, table
from difykit.cli.task import command, find_workspace
from difykit.core.errors import DifyKitError
from difykit.core.terminal import Lines

if TYPE_CHECKING:
    from difykit.source.overlay import Listed


@command(
    positional=("name",),
    name="the new overlay: a-z, 0-9 and '-'",
    kind="endpoint, console-endpoint, table, page, env or compose",
    disabled="only write it, and leave difykit.yaml alone",
)
def new(_: Context, name: str, kind: str = "endpoint", disabled: bool = False) -> None:
    """Write overlay NAME, complete and working; enable it."""
    from difykit.source import overlay as room
    from difykit.source.sync import pinned

    screen, workspace = Screen(), find_workspace()
    with pinned(workspace) as pin:
        created = room.new(workspace, name, kind, disabled=disabled, version=pin.version, tree=pin.tree)
    for path in created.paths:
        screen.ok(path)
    if disabled:
        screen.hint(f"difykit overlay.enable {name}, then: invoke sync build deploy; then {created.answer}")
    else:
        screen.ok(f"difykit.yaml: {name} is enabled")
        screen.hint(f"invoke sync build deploy; then {created.answer}")


@command(json="print the list as one line of JSON")
def list_(_: Context, json: bool = False) -> None:
    """List the enabled overlays in order, then the others."""
    from difykit.source import overlay as room

    entries = room.listed(find_workspace())
    if json:
        document({"overlays": [entry.describe() for entry in entries]})
        return
    result(table(("#", "NAME", "FROM", "REQUIRES", "DESCRIPTION"), [_row(entry) for entry in entries]))


@command(positional=("name",), name="the overlay to show", json="print it as one line of JSON")
def show(_: Context, name: str, json: bool = False) -> None:
    """Show what the overlay NAME adds, and what it replaces."""
    from difykit.source import overlay as room
    from difykit.source.sync import pinned

    workspace = find_workspace()
    with pinned(workspace) as pin:
        facts = room.show(workspace, name, version=pin.version, tree=pin.tree)
    document(facts.describe()) if json else result(Lines(facts.lines()))


@command(
    positional=("name",),
    name="the overlay to enable: the workspace's, or one that difykit ships",
    before="an enabled overlay that it goes before (it becomes the last one if left out)",
)
def enable(_: Context, name: str, before: str = "") -> None:
    """Add the overlay NAME to difykit.yaml."""
    from difykit.source import overlay as room
    from difykit.source.sync import pinned

    screen, workspace = Screen(), find_workspace()
    with pinned(workspace) as pin:
        changed = room.enable(workspace, name, before=before, version=pin.version)
    if changed:
        screen.ok(f"difykit.yaml: {name} is enabled")
        screen.hint("invoke sync build deploy")
    else:
        screen.skip(f"{name} is enabled already; nothing was changed")


@command(positional=("name",), name="the overlay to disable; its folder stays")
def disable(_: Context, name: str) -> None:
    """Take the overlay NAME out of difykit.yaml."""
    from difykit.source import overlay as room

    screen, workspace = Screen(), find_workspace()
    if room.disable(workspace, name):
        screen.ok(f"difykit.yaml: {name} is disabled")
        if room.has_tables(workspace, name):
            screen.hint(f"its tables stay in the database as they are, and serve again once {name} is enabled again")
        screen.hint("invoke sync build deploy")
    else:
        screen.skip(f"{name} is not enabled; nothing was changed")


@command(positional=("name",), name="the overlay to copy, one that difykit ships")
def eject(_: Context, name: str) -> None:
    """Copy the shipped overlay NAME here, to change it."""
    from difykit.source import overlay as room

    screen = Screen()
    for path in room.eject(find_workspace(), name):
        screen.ok(path)
    screen.hint(f"change it; it is used from now on wherever {name} is enabled")


@command(
    positional=("name",),
    repeated=("file",),
    name="an overlay of the workspace that is enabled",
    into="the name of the new overlay",
    file="move this file, or all below this folder: its path in the source; may be given more than once",
    description="what the new overlay is",
    check="only find out whether it can be done; nothing is written",
    json="print the outcome as one line of JSON",
)
def split(
    _: Context,
    name: str,
    file: list[str],
    into: str = "",
    description: str = "",
    check: bool = False,
    json: bool = False,
) -> None:
    """Move files of the overlay NAME into a new one after it."""
    from difykit import authoring

    if not into:
        raise DifyKitError("overlay.split needs the name of the new overlay", hint="--into NAME")
    screen = Screen()
    rebuilt = authoring.split_overlay(find_workspace(), screen, name, into, file, description=description, check=check)
    screen.ok(f"overlays/{into}: {len(rebuilt.new)} files {'would come' if check else 'came'} from overlays/{name}")
    if json:
        document({"overlay": into, "files": list(rebuilt.new)})


@command(positional=("name",), name="an overlay with tables of its own", message="what the migration changes")
def migration(_: Context, name: str, message: str = "") -> None:
    """Write the next migration of the overlay NAME."""
    from difykit.source import migrations
    from difykit.source import overlay as room

    screen = Screen()
    migration_file = migrations.new_migration(room.to_change(find_workspace(), name), message)
    screen.ok(f"overlays/{name}/{migration_file.path}")
    joins = (
        f"it joins {' and '.join(migration_file.follows)}"
        if len(migration_file.follows) > 1
        else "write what it does in upgrade()"
    )
    screen.hint(f"{joins}; then: invoke sync build deploy")


@command(positional=("name",), name="the overlay", json="print the numbers as one line of JSON")
def diff(_: Context, name: str, json: bool = False) -> None:
    """Compare the whole files of overlay NAME with Dify's."""
    from difykit.source.overlay import diff as compare
    from difykit.source.overlay import find
    from difykit.source.patch import painted
    from difykit.source.sync import pinned

    workspace = find_workspace()
    compared = find(workspace, name).overlay
    with pinned(workspace) as pin:
        if pin.tree is None or pin.version is None:
            raise DifyKitError(f"Dify {pin.ref} is not fetched yet", hint="fetch it: difykit sync")
        differences = compare(compared, pin.tree, pin.version)
    if json:
        document({"overlay": name, "ref": pin.ref, "files": [difference.describe() for difference in differences]})
        return
    if not differences:
        Screen().skip(f"{name} has no whole files for Dify {pin.ref}")
        return
    lines = [line for difference in differences for text in difference.lines for line in text.split("\n")]
    result(painted(lines, colour=colours()) or f"the files of {name} are those of Dify {pin.ref}")


@command(json="print the findings as one line of JSON")
def check(_: Context, json: bool = False) -> None:
    """Look for whatever is wrong with the enabled overlays."""
    from difykit.checks.overlays import check as verb
    from difykit.source.patch import readable
    from difykit.source.sync import pinned, reserved_by

    workspace, screen = find_workspace(), Screen()
    with pinned(workspace) as pin:
        fetched = pin.tree is not None and pin.version is not None
        report = verb(workspace, pin)
        notes = []
        if pin.tree and pin.version:
            notes = reserved_by(readable(workspace.patches), workspace.overlays, pin.tree, pin.version)
    notes = [note for note in notes if note.layer.startswith("overlay ")]
    for warning in (*map(str, notes), *report.warnings):
        screen.warn(warning)
    for reason in report.not_judged:
        screen.skip(f"not judged: {reason}")
    if not fetched:
        screen.skip(f"how they fit Dify {pin.ref}: it is not fetched yet (difykit sync)")
    if json:
        judged = {"findings": report.lines, "licence": [vars(note) for note in notes]}
        parts = {"warnings": [*report.warnings], "not_judged": [*report.not_judged]}
        document({"ref": pin.ref, "fetched": fetched, **judged, **{key: part for key, part in parts.items() if part}})
    if report.problems:
        hints = (*report.hints, "difykit overlay.show NAME shows an overlay")
        raise DifyKitError("\n".join(report.problems), hint="; ".join(hints))
    screen.ok("overlays: nothing is wrong" + (", as far as they could be judged" if report.not_judged else ""))


def _row(entry: Listed) -> tuple[str, ...]:
    position = str(entry.position or "-")
    if entry.manifest is None:
        return (position, entry.name, entry.origin, "", f"cannot be used: {entry.problem.splitlines()[0]}")
    wants = entry.manifest.requires
    requires = ", ".join([*([f"Dify {wants.dify}"] if wants.dify else []), *wants.overlays])
    return (position, entry.name, entry.origin, requires, entry.manifest.description)


collection = Collection("overlay")
for _name, _task in (
    ("new", new),
    ("list", list_),
    ("show", show),
    ("diff", diff),
    ("check", check),
    ("enable", enable),
    ("disable", disable),
    ("eject", eject),
    ("split", split),
    ("migration", migration),
):
    collection.add_task(_task, name=_name)
