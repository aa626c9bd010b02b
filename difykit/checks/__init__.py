"""What is wrong, and what mends it: one rule, finding and report for machine, workspace, settings and deployment."""

from difykit.checks.doctor import check_machine_and_workspace
from difykit.checks.finding import Finding, NotJudged, Severity, error, not_judged, ok, warning
from difykit.checks.inquiry import Inquiry
from difykit.checks.report import Report, Wording
from difykit.checks.rule import Rule, examine
from difykit.checks.wordings import DOCTOR, SETTINGS, STACK
from difykit.checks.workspace import data
from difykit.checks.workspace.envfile import default_secrets, in_use
from difykit.checks.workspace.shipped import files_of
from difykit.checks.workspace.space import look_at_space

__all__ = [
    "DOCTOR",
    "SETTINGS",
    "STACK",
    "Finding",
    "Inquiry",
    "NotJudged",
    "Report",
    "Rule",
    "Severity",
    "Wording",
    "check_machine_and_workspace",
    "data",
    "default_secrets",
    "error",
    "examine",
    "files_of",
    "in_use",
    "look_at_space",
    "not_judged",
    "ok",
    "warning",
]
