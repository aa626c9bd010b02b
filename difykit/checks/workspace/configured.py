"""The settings of the workspace, judged by the release that it pins: what `env.check` says at length."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from difykit.checks.finding import Finding, NotJudged, Severity, error, ok, warning
from difykit.checks.workspace.space import Space
from difykit.core.errors import DifyKitError
from difykit.workspace.state import read_source
from difykit.workspace.workspace import Workspace


class Judged(Protocol):
    """What is wrong with the settings, and how much of them is judged at all."""

    @property
    def findings(self) -> tuple[Finding, ...]: ...

    @property
    def numbers(self) -> str: ...


SettingsCheck = Callable[[Workspace], Judged]
"""`env.check`: handed in, since that room stands on this one."""
_HINT = "difykit env.check says all of it, and what mends each"


def look_at_configured(space: Space, check: SettingsCheck) -> Judged:
    """What `env.check` finds. Raises NotJudged without a workspace that can be read and a source of its release."""
    if space.workspace is None or space.problems:
        raise NotJudged("needs a workspace that can be read")
    if read_source(space.workspace.derived) is None:
        raise NotJudged("needs the source", "invoke sync")
    try:
        return check(space.workspace)
    except DifyKitError as failure:
        raise NotJudged(failure.message, failure.hint) from failure


def judge_configured(judged: Judged) -> list[Finding]:
    """What stops a service or has no effect; the public secrets have a check of their own."""
    wrong = [finding for finding in judged.findings if finding.severity is Severity.ERROR]
    odd = [finding for finding in judged.findings if finding.severity is Severity.WARNING and finding.rule != "public"]
    if wrong:
        more = f" (and {len(wrong) - 1} more)" if len(wrong) > 1 else ""
        return [error(f"{wrong[0]}{more}", _HINT)]
    if odd:
        more = f" (and {len(odd) - 1} more)" if len(odd) > 1 else ""
        return [warning(f"{odd[0]}{more}", _HINT)]
    return [ok(f"what could be judged of them is right: {judged.numbers}")]
