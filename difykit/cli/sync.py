"""`sync`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from invoke.context import Context

from difykit.cli.screen import Screen, document, in_ci, result
from difykit.cli.task import command, find_workspace
from difykit.core.terminal import Lines

if TYPE_CHECKING:
    from difykit.source.sync import SyncPlan


@command(
    check="only say what would change",
    json="print the outcome as one line of JSON",
    locked="fail instead of changing difykit.lock (the default where CI is set)",
    no_locked="change difykit.lock also where CI is set",
    discard="drop edits in .difykit/source that are in no patch or overlay",
)
def sync(
    _: Context,
    check: bool = False,
    json: bool = False,
    locked: bool = False,
    no_locked: bool = False,
    discard: bool = False,
) -> None:
    """Make the source: the pinned Dify, patches and overlays."""
    from difykit.source import sync as verb

    workspace = find_workspace(ends="sync")
    if check:
        plan = verb.plan_sync(workspace)
        document(plan.describe()) if json else result(in_words(plan))
        return
    keep_lock = locked or (in_ci() and not no_locked)
    source = verb.sync(workspace, Screen(), keep_lock=keep_lock, discard=discard)
    if json:
        document(source.model_dump())


def in_words(plan: SyncPlan) -> str:
    """The plan in words."""
    lines = [f"Dify {plan.ref}: " + (f"commit {plan.base[:12]}, here already" if plan.base else "would be fetched")]
    lines += [f"{layer.label}: " + ("as before" if layer.commit else "would be made") for layer in plan.layers]
    lines += [f"patch {name}: left out, it is for another release" for name in plan.left_out]
    words = {
        "make": "would be made",
        "move": "would be moved",
        "keep": "as it should be",
        "refuse": f"sync would refuse: {plan.refusal}",
    }
    return Lines([*lines, *f"work tree: {words[plan.work_tree]}".split("\n")])
