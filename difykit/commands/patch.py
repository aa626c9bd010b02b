"""`patch.list`, `patch.check`, `patch.show`."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from invoke.collection import Collection
from invoke.context import Context

from difykit.commands.base import command, workspace
from difykit.console import Screen, document, result, table
from difykit.errors import DifyKitError

if TYPE_CHECKING:
    from difykit.patch import Patch
    from difykit.sync import Fit


@command(json="print the list as one line of JSON")
def list_(_: Context, json: bool = False) -> None:
    """List the patches, and whether they fit the pinned Dify."""
    from difykit import patch as room
    from difykit.sync import fit, pinned

    here = workspace()
    patches = room.load(here.patches)
    with pinned(here) as pin:
        fits = fit(patches, pin)
    rows = [_row(place, patch, fits[patch.name]) for place, patch in enumerate(patches, 1)]
    if json:
        document({"ref": pin.ref, "patches": rows})
        return
    head = ("#", "NAME", "SUBJECT", "MADE-FOR", "APPLIES-TO", "FILES", "LINES", f"ON {pin.ref}")
    result(table(head, [_cells(row) for row in rows]))


@command(json="print the findings as one line of JSON")
def check(_: Context, json: bool = False) -> None:
    """Look for whatever is wrong with the patches."""
    from difykit.sync import check_patches, pinned

    here, screen = workspace(), Screen()
    with pinned(here) as pin:
        found = check_patches(here, pin)
    if json:
        rows = [{"file": each.file, "line": each.line, "text": each.text} for each in found]
        document({"ref": pin.ref, "fetched": pin.tree is not None, "findings": rows})
    elif found:
        result("\n".join(map(str, found)))
    _conclude(screen, len(found), pin.ref, fetched=pin.tree is not None)


@command(positional=("name",), name="the patch: its file name, or a part of it that no other has")
def show(_: Context, name: str) -> None:
    """Show the patch NAME: who, why, how much, and the diff."""
    from difykit import patch as room

    here = workspace()
    patch = room.pick(room.readable(here.patches), name)
    raw = (here.patches / patch.name).read_bytes()
    colour = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    result(room.shown(patch, raw, colour=colour))


def _conclude(screen: Screen, count: int, ref: str, *, fetched: bool) -> None:
    if not fetched:
        screen.skip(f"whether they fit Dify {ref}: it is not fetched yet (difykit sync)")
    if count:
        text = f"{count} findings in patches/" if count > 1 else "one finding in patches/"
        raise DifyKitError(text, hint="difykit patch.show NAME shows a patch; its trailers are in its message")
    screen.ok("patches: nothing is wrong" + (f", and they fit Dify {ref}" if fetched else ""))


def _row(place: int, patch: Patch, fits: Fit) -> dict[str, object]:
    from difykit.patch import stats

    found = stats(patch)
    return {
        "place": place,
        "name": patch.name,
        "subject": patch.subject,
        "made_for": patch.trailer("Made-for"),
        "applies_to": patch.trailer("Applies-to"),
        "files": len(found),
        "added": sum(each.added or 0 for each in found),
        "removed": sum(each.removed or 0 for each in found),
        "state": fits.state,
        "text": fits.text,
    }


def _cells(row: dict[str, object]) -> tuple[str, ...]:
    keys = ("place", "name", "subject", "made_for", "applies_to", "files", "added", "removed", "state")
    place, name, subject, made_for, applies_to, files, added, removed, state = (str(row[key]) for key in keys)
    return (place, name, subject, made_for or "-", applies_to or "-", files, f"+{added} -{removed}", state)


collection = Collection("patch")
for _name, _task in (("list", list_), ("check", check), ("show", show)):
    collection.add_task(_task, name=_name)
