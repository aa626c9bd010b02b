"""The words of `doctor`, `doctor --stack` and `env.check`, by which scripts and people know them."""

from __future__ import annotations

from dataclasses import replace

from difykit.checks.finding import Severity
from difykit.checks.report import Wording

DOCTOR = Wording(
    verb="difykit doctor",
    columns={"check": "rule", "state": "severity", "text": "text", "mend": "hint"},
    severities={Severity.OK: "ok", Severity.WARNING: "warn", Severity.ERROR: "fail", Severity.NOT_JUDGED: "skip"},
    clean="nothing is wrong",
    clean_in_part="nothing is wrong",
    tolerable="nothing that stops you",
    one_error="one finding to mend",
    errors="findings to mend",
    scope="",
    advice="begin at the top",
)
STACK = replace(DOCTOR, verb="difykit doctor --stack")
SETTINGS = Wording(
    verb="difykit env.check",
    columns={
        "level": "severity",
        "rule": "rule",
        "file": "file",
        "line": "line",
        "key": "subject",
        "text": "text",
        "mend": "hint",
    },
    severities={Severity.OK: "ok", Severity.WARNING: "warning", Severity.ERROR: "error", Severity.NOT_JUDGED: "skip"},
    clean="the settings are right",
    clean_in_part="what could be judged of the settings is right",
    tolerable="no errors",
    one_error="one error",
    errors="errors",
    scope=" in the settings",
    advice="mend them",
)
