"""`upgrade.start`, `upgrade.continue`, `upgrade.abort`, `upgrade.status`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from invoke.context import Context

from difykit.cli.screen import Screen, document, result
from difykit.cli.task import command, find_workspace
from difykit.core.errors import DifyKitError
from difykit.core.terminal import Lines

if TYPE_CHECKING:
    from difykit.porting import Status


@command(
    to="the release to go to: a tag, a branch or a full commit id",
    check="only say what would become of each customisation",
    forget="do not use what was resolved in an upgrade before",
    json="print the outcome as one line of JSON",
)
def start(_: Context, to: str = "", check: bool = False, forget: bool = False, json: bool = False) -> None:
    """Carry the workspace to another release of Dify."""
    from difykit.porting import verbs

    if not to:
        raise DifyKitError("upgrade.start needs the release to go to", hint="difykit upgrade.start --to 1.15.0")
    if check:
        _check(to, json=json)
        return
    _tell(verbs.start(find_workspace(), to, Screen(), forget=forget), json=json)


@command(
    repeated=("accept",),
    accept="take what was resolved at this path as it is, though it may not stand; may be given more than once",
    stay_deleted="the files that the waiting patch takes away go in every release: written into the patch",
    json="print the outcome as one line of JSON",
)
def continue_(_: Context, accept: list[str], stay_deleted: bool = False, json: bool = False) -> None:
    """Go on with an upgrade, after a conflict or a cut."""
    from difykit.porting import verbs

    _tell(verbs.proceed(find_workspace(ends="upgrade"), Screen(), accept=accept, stay_deleted=stay_deleted), json=json)


@command()
def abort(_: Context) -> None:
    """Give an upgrade up: the workspace is as before."""
    from difykit.porting import verbs

    screen = Screen()
    to = verbs.abort(find_workspace(ends="upgrade"), screen)
    name = f"the upgrade to Dify {to}" if to else "the upgrade"
    screen.ok(f"{name} is given up; what was resolved is remembered for another start")


@command(json="print it as one line of JSON")
def status(_: Context, json: bool = False) -> None:
    """Say how far an upgrade is, and what is left to do."""
    from difykit.porting import read_status

    upgrade_status = read_status(find_workspace(ends="upgrade"))
    if json:
        document(upgrade_status.describe())
        return
    result(Lines(upgrade_status.words()))
    Screen().hint(upgrade_status.next)


def _check(to: str, *, json: bool) -> None:
    """What the forecast says of this one release."""
    from difykit import porting as room
    from difykit.cli.upgrade_forecast import in_words

    forecasts = room.forecast(find_workspace(), room.wish_of([to], "", every=False), Screen())
    document(forecasts.describe()) if json else result(in_words(forecasts))


def _tell(outcome: Status, *, json: bool) -> None:
    """The outcome. Raises DifyKitError, for the exit code, where the upgrade waits for a person."""
    if json:
        document(outcome.describe())
    if outcome.state == "conflict":
        from difykit.porting import stopped

        assert outcome.stop
        where = outcome.work if outcome.stop.kind != "edits" else f"{outcome.work}/{outcome.stop.file}"
        lines = "\n".join(stopped(outcome.stop, outcome.to, outcome.work))
        gone = any(clash.theirs is None and clash.ours for clash in outcome.stop.clashes)
        standing = (
            " if what it takes away stays deleted in every release: difykit upgrade.continue --stay-deleted;"
            if gone and outcome.stop.kind == "patch"
            else ""
        )
        raise DifyKitError(
            lines,
            hint=f"resolve it in {where} with any tool, then: difykit upgrade.continue;"
            f"{standing} or give up: difykit upgrade.abort",
        )
    if outcome.state == "done":
        screen = Screen()
        screen.ok(f"Dify {outcome.to}")
        screen.hint(
            outcome.next if not outcome.branch else f"{outcome.next}; then merge {outcome.branch} as any branch"
        )
        if outcome.beyond:
            from difykit.porting import to_review

            screen.hint(to_review(outcome.beyond))
