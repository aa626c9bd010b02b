"""`postgres.promote`."""

from __future__ import annotations

from invoke.collection import Collection
from invoke.context import Context

from difykit.cli.screen import Screen, document, result
from difykit.cli.task import command, find_workspace
from difykit.core.terminal import Lines


@command(
    switch="also while the primary answers: it is stopped first, and nothing is lost",
    check="only say what it would do, and what would be lost",
    json="print the outcome as one line of JSON",
)
def promote(_: Context, switch: bool = False, check: bool = False, json: bool = False) -> None:
    """Make the standby of postgres-replica the primary."""
    from difykit.middleware import postgres as room

    workspace = find_workspace()
    plan = room.plan(room.look(workspace), switch=switch) if check else room.promote(workspace, Screen(), switch=switch)
    if json:
        document(plan.describe())
    elif check:
        first = f"{plan.stop} is stopped, then {plan.promote} takes writes and Dify is deployed with it"
        result(Lines([first, f"lost: {plan.loses}"]))


collection = Collection("postgres")
collection.add_task(promote, name="promote")
