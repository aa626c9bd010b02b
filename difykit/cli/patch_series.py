"""`patch.new`, `patch.edit`, `patch.drop`, `patch.reorder`, `patch.export`: the verbs that change the series."""

from __future__ import annotations

from typing import TYPE_CHECKING

from invoke.context import Context

from difykit.cli.finish import warn_without_why
from difykit.cli.screen import Screen, document, result
from difykit.cli.task import command, find_workspace
from difykit.core import files
from difykit.core.errors import DifyKitError

if TYPE_CHECKING:
    from difykit.authoring import Rebuilt

_NAME = "the patch: its file name, or a part of it that no other has"


@command(
    positional=("subject",), subject="what it does, in a line", why="what it is for", json="print the outcome as JSON"
)
def new(_: Context, subject: str, why: str = "", json: bool = False) -> None:
    """Make one new patch of all edits in the source."""
    from difykit import authoring as room

    screen = Screen()
    finished = room.finish(
        find_workspace(ends="finish"), screen, room.FinishChoice(subject=subject, why=why, alone=True)
    )
    warn_without_why(screen, finished.plan)
    if json:
        document(finished.describe())


@command(positional=("name",), name=_NAME)
def edit(_: Context, name: str) -> None:
    """Put the source right after the patch NAME, to edit it."""
    from difykit import authoring as room

    screen = Screen()
    modified = room.modify(find_workspace(), screen, at=name)
    screen.ok(f"{modified.path}: after patches/{modified.patch}" + (", with your edits" if modified.edited else ""))
    screen.hint("edit it, commit or not, then: difykit finish")


@command(
    positional=("name",),
    repeated=("file",),
    name=_NAME,
    file="take only this file's changes out of the patch: its path in the source; may be given more than once",
    check="only say what would go, what would stay, and whether something builds on it",
    json="print the outcome as one line of JSON",
)
def drop(_: Context, name: str, file: list[str], check: bool = False, json: bool = False) -> None:
    """Remove the patch NAME, or single files of it."""
    from difykit import authoring as room

    screen, workspace = Screen(), find_workspace()
    plan = room.plan_drop(workspace, name, file)
    if check and not json:
        for word, paths in (("goes", plan.goes), ("stays", plan.stays)):
            for path in paths:
                result(f"{word}: {path}")
    dropped = room.drop(workspace, screen, name, file, check=check)
    if json:
        document({"changed": list(dropped.changed), "dropped": list(dropped.dropped), **plan.describe()})
    elif check:
        rewritten = [changed_name for changed_name in dropped.changed if changed_name != plan.patch]
        anew = f"; written anew would be: {', '.join(rewritten)}" if rewritten else ""
        screen.ok(f"nothing builds on what goes{anew}")
    else:
        _tell(screen, dropped, json=False)


@command(
    positional=("name",),
    name=_NAME,
    to="its new place, counted from 1",
    before="the patch that it goes before",
    after="the patch that it goes after",
    json="print the outcome as one line of JSON",
)
def reorder(_: Context, name: str, to: int = 0, before: str = "", after: str = "", json: bool = False) -> None:
    """Move the patch NAME within the series."""
    from difykit import authoring as room
    from difykit.source import patch

    workspace, screen = find_workspace(), Screen()
    if sum(map(bool, (to, before, after))) != 1:
        raise DifyKitError("where to is not said, or said twice", hint="one of --to PLACE, --before NAME, --after NAME")
    if not to:
        names = [
            entry for entry, _ in patch.read_series(files.read_text(workspace.patches / "series", encoding="utf-8-sig"))
        ]
        own = names.index(patch.named(workspace.patches, name).name) + 1
        index = names.index(patch.named(workspace.patches, before or after).name) + 1
        to = index - (own < index) if before else index + (own > index)
    _tell(screen, room.reorder(workspace, screen, name, to), json=json)


@command(json="print the outcome as one line of JSON")
def export(_: Context, json: bool = False) -> None:
    """Write patches anew whose commits you rewrote."""
    from difykit import authoring as room

    screen = Screen()
    rebuilt = room.export(find_workspace(), screen)
    if json:
        document({"changed": list(rebuilt.changed), "dropped": list(rebuilt.dropped)})


def _tell(screen: Screen, rebuilt: Rebuilt, *, json: bool) -> None:
    for name in rebuilt.changed:
        screen.ok(f"patches/{name}: written anew")
    for name in rebuilt.dropped:
        screen.ok(f"patches/{name}: dropped")
    if not rebuilt.writes:
        screen.skip("it is there already; nothing was changed")
    if json:
        document({"changed": list(rebuilt.changed), "dropped": list(rebuilt.dropped)})
