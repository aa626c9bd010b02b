"""Findings as they are printed, whichever verb looked for them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from difykit.cli.screen import Screen, document
from difykit.core.errors import DifyKitError

if TYPE_CHECKING:
    from difykit.checks import Finding, Wording
    from difykit.checks.settings import Coverage
    from difykit.workspace.workspace import Workspace


def print_report(
    findings: Iterable[Finding], wording: Wording, *, json: bool, coverage: Coverage | None = None
) -> None:
    """Print findings as they become known, and what they come to. Raises DifyKitError when one is an error."""
    from difykit.checks import Report

    screen = Screen()
    report = Report(wording, tuple(finding if json else _print(screen, finding) for finding in findings))
    if json:
        document({**report.describe(), **({"coverage": coverage.describe()} if coverage else {})})
    elif coverage:
        screen.skip(str(coverage))
    if report.exit_code:
        raise DifyKitError(report.summary, hint=report.hint)
    screen.ok(report.wording.clean_in_part if coverage and not report.counted else report.summary)


def _print(screen: Screen, finding: Finding) -> Finding:
    from difykit.checks import Severity

    marks = {Severity.OK: screen.ok, Severity.WARNING: screen.warn, Severity.ERROR: screen.fail}
    marks.get(finding.severity, screen.skip)(str(finding).replace("\n", "\n       "))
    if finding.hint:
        screen.hint(finding.hint)
    return finding


def broken_settings(workspace: Workspace) -> tuple[Finding, ...]:
    """The errors in the settings with which the stack of a workspace cannot work.

    What cannot be read is left to the verb itself, which says why.
    """
    from difykit.checks.settings import broken
    from difykit.targets import target_of

    try:
        return broken(workspace) if target_of(workspace).uses_images else ()
    except DifyKitError:
        return ()


def refuse(findings: tuple[Finding, ...]) -> None:
    """Print errors in the settings, if there are any. Raises DifyKitError then."""
    from difykit.checks import SETTINGS, Report

    if findings:
        screen = Screen()
        for finding in findings:
            _print(screen, finding)
        report = Report(SETTINGS, findings)
        raise DifyKitError(report.summary, hint=report.hint)


def described(findings: tuple[Finding, ...]) -> dict[str, object]:
    """Errors in the settings as `--json` prints them beside a plan; nothing where there are none."""
    from difykit.checks import SETTINGS

    return {"findings": [SETTINGS.describe(finding) for finding in findings]} if findings else {}
