"""What is wrong, and what mends it: one rule, finding and report for machine, workspace, settings and deployment."""

from difykit.checks.finding import Finding, NotJudged, Severity, error, not_judged, ok, warning
from difykit.checks.inquiry import Inquiry
from difykit.checks.report import Report, Wording
from difykit.checks.rule import Facts, Rule, examine
from difykit.checks.wordings import DOCTOR, SETTINGS, STACK

__all__ = [
    "DOCTOR",
    "SETTINGS",
    "STACK",
    "Facts",
    "Finding",
    "Inquiry",
    "NotJudged",
    "Report",
    "Rule",
    "Severity",
    "Wording",
    "error",
    "examine",
    "not_judged",
    "ok",
    "warning",
]
