"""What `doctor` says of the settings: the errors with which the stack of a folder's workspace cannot work."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from difykit.checks import Finding, Severity, not_judged, ok
from difykit.checks.settings.check import judge
from difykit.checks.settings.rules import STACK
from difykit.core.errors import DifyKitError
from difykit.workspace.state import read_source
from difykit.workspace.workspace import Workspace

_RULE = "settings"


def of_folder(start: Path) -> Iterator[Finding]:
    """The errors, or how much of the settings is judged; nothing where there is no workspace, which is told before."""
    try:
        workspace = Workspace.find(start)
        if read_source(workspace.derived) is None:
            yield replace(not_judged("they are judged by the source, which is not here yet", "invoke sync"), rule=_RULE)
            return
        judgement = judge(workspace)
    except DifyKitError:
        return
    names = {rule.id for rule in STACK}
    errors = [one for one in judgement.findings if one.rule in names and one.severity is Severity.ERROR]
    for one in errors:
        text = ": ".join(part for part in (one.location, one.subject, one.text) if part)
        yield Finding(Severity.ERROR, text, one.hint, rule=_RULE)
    if not errors:
        yield replace(ok(f"each host that is used is there; {judgement.coverage}"), rule=_RULE)
