"""The verbs that change the series: `patch.new`, `edit`, `drop`, `reorder`, `split`, `join`, `import`, `export`."""

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


@command(
    positional=("name",),
    repeated=("file", "hunk"),
    name=_NAME,
    file="take this file's changes into a new patch: its path in the source; may be given more than once",
    hunk="take this hunk into it: PATH:NUMBER, the first of a file is 1; may be given more than once",
    by="in place of both: file or hunk, a patch for each",
    subject="what the new patch does, in a line",
    check="only find out whether it can be done; nothing is written",
    json="print the outcome as one line of JSON",
)
def split(
    _: Context,
    name: str,
    file: list[str],
    hunk: list[str],
    by: str = "",
    subject: str = "",
    check: bool = False,
    json: bool = False,
) -> None:
    """Take files or hunks of the patch NAME into a new one."""
    from difykit import authoring as room

    screen = Screen()
    rebuilt = room.split(find_workspace(), screen, name, paths=file, hunks=hunk, by=by, subject=subject, check=check)
    _tell(screen, rebuilt, json=json, check=check)


@command(
    positional=("first", "second"),
    repeated=("also",),
    first="the patch that stays: its file name, or a part of it that no other has",
    second="the patch that goes into it",
    also="one more that goes into it; may be given more than once",
    subject="what the patch does, in a line; the first one's if left out",
    check="only find out whether it can be done; nothing is written",
    json="print the outcome as one line of JSON",
)
def join(
    _: Context,
    first: str,
    second: str,
    also: list[str],
    subject: str = "",
    check: bool = False,
    json: bool = False,
) -> None:
    """Make one patch of FIRST and SECOND."""
    from difykit import authoring as room

    screen = Screen()
    rebuilt = room.join(find_workspace(), screen, [first, second, *also], subject=subject, check=check)
    _tell(screen, rebuilt, json=json, check=check)


@command(json="print the outcome as one line of JSON")
def export(_: Context, json: bool = False) -> None:
    """Write patches anew whose commits you rewrote."""
    from difykit import authoring as room

    screen = Screen()
    rebuilt = room.export(find_workspace(), screen)
    if json:
        document({"changed": list(rebuilt.changed), "dropped": list(rebuilt.dropped)})


@command(
    positional=("file",),
    repeated=("also",),
    file="a diff, a mail of git format-patch, or a mailbox; with --from, commits: OLD..NEW",
    also="one more of these; may be given more than once",
    from_="the repository that the commits are in: https, ssh, file, or a folder",
    subject="what it does, in a line, where the file does not say it",
    why="what it is for",
    check="only find out whether it fits; nothing is written",
    json="print the outcome as one line of JSON",
)
def import_(
    _: Context,
    file: str,
    also: list[str],
    from_: str = "",
    subject: str = "",
    why: str = "",
    check: bool = False,
    json: bool = False,
) -> None:
    """Make patches of diffs, mails or commits."""
    from difykit import authoring as room

    screen = Screen()
    rebuilt = room.import_patches(
        find_workspace(), screen, [file, *also], repository=from_, subject=subject, why=why, check=check
    )
    _tell(screen, rebuilt, json=json, check=check)
    if rebuilt.new and not check:
        screen.hint("difykit patch.check says what is to be filled in")


def _tell(screen: Screen, rebuilt: Rebuilt, *, json: bool, check: bool = False) -> None:
    words = [("new", rebuilt.new), ("written anew", rebuilt.changed), ("dropped", rebuilt.dropped)]
    for word, names in words:
        for name in names:
            screen.ok(f"patches/{name}: {'would be ' if check else ''}{word}")
    if not rebuilt.writes:
        screen.skip("it is there already; nothing was changed")
    if json:
        new = {"new": list(rebuilt.new)} if rebuilt.new else {}
        document({**new, "changed": list(rebuilt.changed), "dropped": list(rebuilt.dropped)})
