"""Findings as they are printed, whichever verb looked for them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from difykit.cli.screen import Screen, document
from difykit.core.errors import DifyKitError

if TYPE_CHECKING:
    from difykit.checks import Finding, Wording


def print_report(findings: Iterable[Finding], wording: Wording, *, json: bool) -> None:
    """Print findings as they become known, and what they come to. Raises DifyKitError when one is an error."""
    from difykit.checks import Report

    screen = Screen()
    report = Report(wording, tuple(finding if json else _print(screen, finding) for finding in findings))
    if json:
        document(report.describe())
    if report.exit_code:
        raise DifyKitError(report.summary, hint=report.hint)
    screen.ok(report.summary)


def _print(screen: Screen, finding: Finding) -> Finding:
    from difykit.checks import Severity

    marks = {Severity.OK: screen.ok, Severity.WARNING: screen.warn, Severity.ERROR: screen.fail}
    marks.get(finding.severity, screen.skip)(str(finding).replace("\n", "\n       "))
    if finding.hint:
        screen.hint(finding.hint)
    return finding
