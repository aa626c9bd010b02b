"""`doctor`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from invoke.context import Context

from difykit.commands.base import command
from difykit.console import Screen, document
from difykit.errors import DifyKitError

if TYPE_CHECKING:
    from difykit.doctor import Finding


@command(json="print the findings as one line of JSON")
def doctor(_: Context, json: bool = False) -> None:
    """Say what is wrong with this machine or the workspace."""
    from difykit.doctor import doctor as examine

    screen = Screen()
    found: list[Finding] = []
    for finding in examine(Path.cwd()):
        found.append(finding)
        if not json:
            _show(screen, finding)
    if json:
        document({"findings": [finding.describe() for finding in found]})
    _conclude(screen, [finding.said.state for finding in found])


def _show(screen: Screen, finding: Finding) -> None:
    say = {"ok": screen.ok, "warn": screen.warn, "fail": screen.fail, "skip": screen.skip}[finding.said.state]
    say(f"{finding.check}: {finding.said.text}".replace("\n", "\n       "))
    if finding.said.mend:
        screen.hint(finding.said.mend)


def _conclude(screen: Screen, states: list[str]) -> None:
    failures, warnings = states.count("fail"), states.count("warn")
    warned = f"{warnings} warnings" if warnings != 1 else "1 warning"
    if failures:
        text = f"{failures} findings to mend" if failures != 1 else "one finding to mend"
        raise DifyKitError(f"{text}, {warned}", hint="begin at the top, then: difykit doctor")
    screen.ok("nothing is wrong" if not warnings else f"nothing that stops you, {warned}")
