"""`adopt`, and `adopt.deployment`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from invoke.collection import Collection
from invoke.context import Context

from difykit.cli.screen import Screen, document, result
from difykit.cli.task import command, find_workspace
from difykit.core.errors import DifyKitError
from difykit.core.terminal import Lines

if TYPE_CHECKING:
    from difykit.adopt import AdoptionPlan


@command(
    fork="the fork's repository: https, ssh, file, or a folder",
    ref="its tag, its branch, or a full commit id",
    base="the Dify that it stands on, where that cannot be found by its files: a tag or a full commit id",
    by="a patch for each area, file or commit; if left out, for each commit, else for what changed together",
    name="the overlay's name; from the URL where this is left out",
    check="only say what would be made; it fetches, but writes nothing outside .difykit/",
    json="print the outcome as one line of JSON",
)
def adopt(
    _: Context,
    fork: str = "",
    ref: str = "",
    base: str = "",
    by: str = "",
    name: str = "",
    check: bool = False,
    json: bool = False,
) -> None:
    """Turn a fork of Dify into patches and one overlay."""
    from difykit import adopt as room

    if not fork or not ref:
        raise DifyKitError("which fork?", hint="such as: --fork https://github.com/OWNER/NAME.git --ref TAG")
    screen = Screen()
    plan = room.adopt(
        find_workspace(), room.Request(fork, ref, base, room.grouping_of(by or "meaning"), name), screen, check=check
    )
    if json:
        document(plan.describe())
        return
    _tell(screen, plan, check=check)


def _tell(screen: Screen, plan: AdoptionPlan, *, check: bool) -> None:
    from difykit.adopt import findings_in_words, summary

    for text in summary(plan):
        screen.ok(text)
    for kind in dict.fromkeys(finding.kind for finding in plan.findings if finding.kind == "secret"):
        count = sum(1 for finding in plan.findings if finding.kind == kind)
        screen.warn(
            f"secrets stand in the fork, and in what was made of it ({count}): change them before you publish it"
        )
    if words := Lines(findings_in_words(plan)):
        result(words)
    screen.hint("without --check it is written" if check else "invoke sync, then look at git log in .difykit/source")


@command(
    positional=("folder",),
    folder="the docker folder that the deployment runs from",
    release="its release, where its images do not tell it",
    check="only say what would be made; it fetches the release, but writes nothing outside .difykit/",
    json="print the outcome as one line of JSON",
)
def deployment(_: Context, folder: str, release: str = "", check: bool = False, json: bool = False) -> None:
    """Turn a running Dify into this workspace."""
    from difykit.adopt.deployment import adopt_deployment, lines, notes

    screen = Screen()
    plan = adopt_deployment(find_workspace(), Path(folder), screen, release=release, check=check)
    if json:
        document(plan.describe())
        return
    for text in lines(plan):
        screen.ok(text)
    for text in notes(plan):
        screen.warn(text)
    screen.hint("without --check it is written" if check else "back up, then: invoke sync build, invoke deploy --check")


collection = Collection("adopt")
collection.add_task(adopt, name="fork", default=True)
collection.add_task(deployment, name="deployment")
