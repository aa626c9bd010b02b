"""`modify`, `finish`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from invoke.context import Context

from difykit.cli.screen import Screen, ask, asks, document, result
from difykit.cli.task import command, find_workspace
from difykit.core.terminal import Lines

if TYPE_CHECKING:
    from difykit.authoring import FinishChoice, FinishPlan

_FOLDER = "a work tree of your own (the standing one, .difykit/source, if left out)"


@command(
    at="a patch: edit it in its place in the series", directory=_FOLDER, json="print the outcome as one line of JSON"
)
def modify(_: Context, at: str = "", directory: str = "", json: bool = False) -> None:
    """Make the source ready to be edited, with any tool."""
    from difykit import authoring as room

    screen = Screen()
    workspace = find_workspace()
    modified = room.modify(workspace, screen, at=at, directory=workspace.work_folder(directory) if directory else None)
    if json:
        document(
            {"path": str(modified.path), "at": modified.patch, "commit": modified.commit, "edited": modified.edited}
        )
        return
    where = f"after patches/{modified.patch}" if modified.patch else "the whole source"
    screen.ok(f"{modified.path}: {where}" + (", with your edits" if modified.edited else ""))
    screen.hint("edit it, commit or not, then: difykit finish" + (f" --directory {directory}" if directory else ""))


@command(
    into="where new files belong: an overlay, or `patches`; or a patch for edits that find no place",
    new_patch="the subject of a patch for edits that find no place",
    why="what that patch is for",
    check="only say where each edit would go",
    json="print the outcome as one line of JSON",
    directory=_FOLDER,
)
def finish(
    _: Context,
    into: str = "",
    new_patch: str = "",
    why: str = "",
    check: bool = False,
    json: bool = False,
    directory: str = "",
) -> None:
    """Fold edits back into patches and overlays, and sync."""
    from difykit import authoring as room

    workspace = find_workspace(ends="finish")
    folder = workspace.work_folder(directory) if directory else None
    choice = room.FinishChoice(into=into, subject=new_patch, why=why)
    if check:
        plan = room.plan_finish(workspace, choice, folder)
        document(plan.describe()) if json else result(in_words(plan))
        return
    screen = Screen()
    names = list(room.own_overlays(workspace))
    finished = room.finish(workspace, screen, choice, directory=folder, ask=lambda plan: answered(plan, choice, names))
    warn_without_why(screen, finished.plan)
    if json:
        document(finished.describe())


def in_words(plan: FinishPlan) -> str:
    """The plan in words: a line for each edit."""
    return Lines(map(str, plan.placements)) or "nothing is edited that is not in a patch or overlay"


def answered(plan: FinishPlan, choice: FinishChoice, overlays: list[str]) -> FinishChoice | None:
    """What the user answers where the plan lacks something; None where nothing is to be asked, or nobody is there."""
    from dataclasses import replace

    if not asks() or plan.refused or not (plan.homeless or plan.nameless):
        return None
    if plan.homeless:
        shown = ", ".join(edit.where for edit in plan.homeless[:5])
        into = ask(Lines([f"New files: {shown}", f"They belong to ({', '.join([*overlays, 'patches'])}):"]))
        choice = replace(choice, into=into)
    if (plan.nameless or choice.into == "patches") and not choice.subject:
        subject = ask("A new patch is needed. What does it do, in a line?")
        choice = replace(choice, subject=subject, why=choice.why or ask("What is it for?"))
    return choice


def warn_without_why(screen: Screen, plan: FinishPlan) -> None:
    """Say which new patches do not tell what they are for."""
    for patch in plan.new_patches:
        if "Why:" not in patch.body:
            screen.warn(f"{patch.subject}: its message has no `Why:`; patch.check asks for it")
