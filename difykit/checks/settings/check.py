"""`env.check`: everything that is wrong with the settings of a workspace, at once."""

from __future__ import annotations

from dataclasses import dataclass

from difykit.checks import Finding, Severity
from difykit.checks.settings import rules
from difykit.checks.settings.configured import USER, Look, look
from difykit.checks.settings.coverage import Coverage, coverage
from difykit.checks.settings.required import consequences
from difykit.checks.settings.stack import read_stack
from difykit.git import Store
from difykit.workspace.workspace import Workspace

_SURE = {"program", "web-value"}
"""The rules that know who reads a value, and what that takes."""
_VALUE = {"host", "pair", "sentinel", "set", "type"}
"""The rules that judge a value, which is another once a setting that is missing is set."""


def check(workspace: Workspace) -> tuple[Finding, ...]:
    """What is wrong with `.env`, with `env` in difykit.yaml and with overlays' `env`, for the pinned release.

    Raises whatever `look` raises. No value of `.env` is in a finding.
    """
    with Store(workspace.store) as store:
        return findings(look(workspace, store))


@dataclass(frozen=True)
class JudgedSettings:
    """What is wrong with the settings, and how much of them is judged at all."""

    findings: tuple[Finding, ...]
    coverage: Coverage

    @property
    def numbers(self) -> str:
        """How many are judged and how many are not, in words."""
        return self.coverage.numbers


def judge(workspace: Workspace) -> JudgedSettings:
    """What `check` says, and what it does not speak of. Raises whatever `look` raises."""
    with Store(workspace.store) as store:
        settings = look(workspace, store)
        return JudgedSettings(findings(settings), coverage(settings, read_stack(settings)))


def broken(workspace: Workspace) -> tuple[Finding, ...]:
    """The errors with which a stack cannot work: a host that is not there, a driver without what it needs, a value
    with which web answers nothing.

    Raises whatever `look` raises.
    """
    with Store(workspace.store) as store:
        settings = look(workspace, store)
        facts = {"settings": settings, "stack": read_stack(settings)}
        wrong = [finding for rule in rules.REFUSED for finding in rule.findings(facts)]
    return tuple(sorted((finding for finding in wrong if finding.severity is Severity.ERROR), key=_order))


def findings(settings: Look) -> tuple[Finding, ...]:
    """What is wrong, file by file, errors first in each line; pure but for reading code of the release's store."""
    facts = {"settings": settings, "stack": read_stack(settings)}
    unsorted = [finding for rule in rules.RULES for finding in rule.findings(facts)]
    # What a program surely refuses need not be called unusual as well; what follows from a setting that is missing
    # goes with it.
    refused = {finding.subject for finding in unsorted if finding.rule in _SURE}
    following = consequences(settings)
    return tuple(
        sorted(
            (
                finding
                for finding in unsorted
                if not (finding.rule == "type" and finding.subject in refused)
                if not (finding.rule in _VALUE and finding.subject in following)
            ),
            key=_order,
        )
    )


def _order(finding: Finding) -> tuple[bool, str, int, str, str]:
    return finding.file == USER, finding.file, finding.line, finding.severity, finding.rule
