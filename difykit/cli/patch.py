"""`patch.list`, `patch.check`, `patch.show`, `patch.stats`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from invoke.collection import Collection
from invoke.context import Context

from difykit.cli import patch_series
from difykit.cli.screen import Screen, colours, document, result, table
from difykit.cli.task import command, find_workspace
from difykit.core import files
from difykit.core.errors import DifyKitError
from difykit.core.terminal import Lines

if TYPE_CHECKING:
    from difykit.source.patch import Patch
    from difykit.source.sync import Fit


@command(json="print the list as one line of JSON")
def list_(_: Context, json: bool = False) -> None:
    """List the patches, and whether they fit the pinned Dify."""
    from difykit.source import patch as room
    from difykit.source.sync import fit, pinned

    workspace = find_workspace()
    patches = room.load(workspace.patches)
    with pinned(workspace) as pin:
        fits = fit(patches, pin)
    rows = [_row(position, patch, fits[patch.name]) for position, patch in enumerate(patches, 1)]
    if json:
        document({"ref": pin.ref, "patches": rows})
        return
    head = ("#", "NAME", "SUBJECT", "MADE-FOR", "APPLIES-TO", "FILES", "LINES", f"ON {pin.ref}")
    result(table(head, [_cells(row) for row in rows]))


@command(
    json="print the findings as one line of JSON",
    fresh="fail also where patch.export or finish would change anything: for CI, after sync",
)
def check(_: Context, json: bool = False, fresh: bool = False) -> None:
    """Look for whatever is wrong with the patches."""
    from difykit.authoring import stale
    from difykit.source.patch import readable
    from difykit.source.sync import check_patches, pinned, reserved_by

    workspace, screen = find_workspace(), Screen()
    with pinned(workspace) as pin:
        problems = check_patches(workspace, pin)
        fetched = pin.tree is not None and pin.version is not None
        notes = reserved_by(readable(workspace.patches), (), pin.tree, pin.version) if pin.tree and pin.version else []
    old = stale(workspace) if fresh else ()
    for note in notes:
        screen.warn(str(note))
    if json:
        rows = [{"file": problem.file, "line": problem.line, "text": problem.text} for problem in problems]
        document(
            {"ref": pin.ref, "fetched": fetched, "findings": rows, "licence": [vars(n) for n in notes], "stale": old}
        )
    elif problems or old:
        result(Lines(line for problem in (*problems, *old) for line in str(problem).split("\n")))
    if old and not problems:
        raise DifyKitError("the patches and overlays are not what the source is", hint="difykit finish --check")
    _conclude(screen, len(problems) + len(old), pin.ref, fetched=pin.tree is not None)


@command(json="print it as one line of JSON")
def stats(_: Context, json: bool = False) -> None:
    """Show how many the patches are, how large and how old."""
    from datetime import UTC, datetime

    from difykit.source import patch as room

    cost = room.burden(room.load(find_workspace().patches), datetime.now(UTC))
    if json:
        document(cost.describe())
        return
    rows = [
        (weight.name, weight.subject, str(weight.files), f"+{weight.added} -{weight.removed}", _days(weight.age))
        for weight in cost.patches
    ]
    files = len(cost.hot)
    count = "one patch" if len(rows) == 1 else f"{len(rows) or 'no'} patches"
    total = ("", count, str(files), f"+{cost.added} -{cost.removed}", _days(cost.oldest))
    result(table(("NAME", "SUBJECT", "FILES", "LINES", "AGE"), [*rows, total]))
    if hot := [(str(count), path) for path, count in cost.hot[:10] if count > 1]:
        result(Lines(["", table(("PATCHES", "CHANGE THIS FILE"), hot)]))


def _days(age: int | None) -> str:
    return "-" if age is None else "1 day" if age == 1 else f"{age} days"


@command(positional=("name",), name="the patch: its file name, or a part of it that no other has")
def show(_: Context, name: str) -> None:
    """Show the patch NAME: who, why, how much, and the diff."""
    from difykit.source import patch as room

    workspace = find_workspace()
    patch = room.named(workspace.patches, name)
    raw = files.read_bytes(workspace.patches / patch.name, limit=files.PATCH)
    result(room.shown(patch, raw, colour=colours()))


def _conclude(screen: Screen, count: int, ref: str, *, fetched: bool) -> None:
    if not fetched:
        screen.skip(f"whether they fit Dify {ref}: it is not fetched yet (difykit sync)")
    if count:
        text = f"{count} findings in patches/" if count > 1 else "one finding in patches/"
        raise DifyKitError(text, hint="difykit patch.show NAME shows a patch; its trailers are in its message")
    screen.ok("patches: nothing is wrong" + (f", and they fit Dify {ref}" if fetched else ""))


def _row(position: int, patch: Patch, fits: Fit) -> dict[str, object]:
    from difykit.source.patch import stats

    file_stats = stats(patch)
    return {
        "place": position,
        "name": patch.name,
        "subject": patch.subject,
        "made_for": patch.trailer("Made-for"),
        "applies_to": patch.trailer("Applies-to"),
        "files": len(file_stats),
        "added": sum(stat.added or 0 for stat in file_stats),
        "removed": sum(stat.removed or 0 for stat in file_stats),
        "state": fits.state,
        "text": fits.text,
    }


def _cells(row: dict[str, object]) -> tuple[str, ...]:
    keys = ("place", "name", "subject", "made_for", "applies_to", "files", "added", "removed", "state")
    position, name, subject, made_for, applies_to, files, added, removed, state = (str(row[key]) for key in keys)
    return (position, name, subject, made_for or "-", applies_to or "-", files, f"+{added} -{removed}", state)


collection = Collection("patch")
for _name, _task in (
    ("list", list_),
    ("check", check),
    ("show", show),
    ("stats", stats),
    ("new", patch_series.new),
    ("edit", patch_series.edit),
    ("drop", patch_series.drop),
    ("reorder", patch_series.reorder),
    ("split", patch_series.split),
    ("join", patch_series.join),
    ("import", patch_series.import_),
    ("export", patch_series.export),
):
    collection.add_task(_task, name=_name)
