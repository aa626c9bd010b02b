"""`sync`."""

from __future__ import annotations

import os

from invoke.context import Context

from difykit.commands.base import command, workspace
from difykit.console import Screen, document, result
from difykit.sync import SyncPlan, plan_sync
from difykit.sync import sync as do_sync


@command(
    check="only say what would change",
    json="print the outcome as one line of JSON",
    locked="fail instead of changing difykit.lock (the default where CI is set; --no-locked turns it off)",
    discard="drop edits in .difykit/source that are in no patch or overlay",
)
def sync(
    _: Context,
    check: bool = False,
    json: bool = False,
    locked: bool = bool(os.environ.get("CI")),
    discard: bool = False,
) -> None:
    """Make the source: the pinned Dify plus patches and overlays."""
    here = workspace()
    if check:
        plan = plan_sync(here)
        document(plan.describe()) if json else result(in_words(plan))
        return
    source = do_sync(here, Screen(), keep_lock=locked, discard=discard)
    if json:
        document(source.model_dump())


def in_words(plan: SyncPlan) -> str:
    """The plan in words."""
    lines = [f"Dify {plan.ref}: " + (f"commit {plan.base[:12]}, here already" if plan.base else "would be fetched")]
    lines += [f"{layer.label}: " + ("as before" if layer.commit else "would be made") for layer in plan.layers]
    lines += [f"patch {name}: left out, it is for another release" for name in plan.left_out]
    words = {"make": "would be made", "move": "would be moved", "keep": "as it should be"}
    return "\n".join([*lines, f"work tree: {words[plan.work_tree]}"])
