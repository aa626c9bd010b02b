"""`env.check`: everything that is wrong with the settings of a workspace, at once."""

from __future__ import annotations

from difykit.checks import Finding
from difykit.checks.settings import rules
from difykit.checks.settings.configured import USER, Look, look
from difykit.git import Store
from difykit.workspace.workspace import Workspace

_SURE = {"program", "web-value"}
"""The rules that know who reads a value, and what that takes."""


def check(workspace: Workspace) -> tuple[Finding, ...]:
    """What is wrong with `.env`, with `env` in difykit.yaml and with overlays' `env`, for the pinned release.

    Raises whatever `look` raises. No value of `.env` is in a finding.
    """
    with Store(workspace.store) as store:
        return findings(look(workspace, store))


def findings(settings: Look) -> tuple[Finding, ...]:
    """What is wrong, file by file, errors first in each line; pure but for reading code of the release's store."""
    facts = {"settings": settings}
    unsorted = [finding for rule in rules.RULES for finding in rule.findings(facts)]
    # What a program surely refuses need not be called unusual as well.
    refused = {finding.subject for finding in unsorted if finding.rule in _SURE}
    return tuple(
        sorted(
            (finding for finding in unsorted if finding.rule != "type" or finding.subject not in refused),
            key=_order,
        )
    )


def _order(finding: Finding) -> tuple[bool, str, int, str, str]:
    return finding.file == USER, finding.file, finding.line, finding.severity, finding.rule
