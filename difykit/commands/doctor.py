"""`doctor`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from invoke.context import Context

from difykit.commands.base import command, workspace
from difykit.console import Screen, document
from difykit.errors import DifyKitError

if TYPE_CHECKING:
    from difykit.doctor import Finding


@command(
    json="print the findings as one line of JSON",
    stack="look at what is deployed and runs instead: services, data stores, isolation of the sandbox, ports",
)
def doctor(_: Context, json: bool = False, stack: bool = False) -> None:
    """Say what is wrong: here, or with what runs."""
    screen = Screen()
    found: list[Finding] = []
    for finding in _stack() if stack else _machine():
        found.append(finding)
        if not json:
            _show(screen, finding)
    if json:
        document({"findings": [finding.describe() for finding in found]})
    _conclude(
        screen, [finding.said.state for finding in found], "difykit doctor --stack" if stack else "difykit doctor"
    )


def _machine() -> Iterator[Finding]:
    from difykit.doctor import doctor as examine

    return examine(Path.cwd())


def _stack() -> Iterator[Finding]:
    from difykit.stack import examine_stack

    return examine_stack(workspace())


def _show(screen: Screen, finding: Finding) -> None:
    say = {"ok": screen.ok, "warn": screen.warn, "fail": screen.fail, "skip": screen.skip}[finding.said.state]
    say(f"{finding.check}: {finding.said.text}".replace("\n", "\n       "))
    if finding.said.mend:
        screen.hint(finding.said.mend)


def _conclude(screen: Screen, states: list[str], again: str) -> None:
    failures, warnings = states.count("fail"), states.count("warn")
    warned = f"{warnings} warnings" if warnings != 1 else "1 warning"
    if failures:
        text = f"{failures} findings to mend" if failures != 1 else "one finding to mend"
        raise DifyKitError(f"{text}, {warned}", hint=f"begin at the top, then: {again}")
    screen.ok("nothing is wrong" if not warnings else f"nothing that stops you, {warned}")
