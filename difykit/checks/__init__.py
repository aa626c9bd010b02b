"""What is wrong, and what mends it: one rule, finding and report for machine, workspace, settings and deployment."""

from difykit.checks.finding import Finding, NotJudged, Severity, error, not_judged, ok, warning
from difykit.checks.inquiry import Inquiry
from difykit.checks.report import Report, Wording
from difykit.checks.rule import Rule, Subjects, examine
from difykit.checks.wordings import DOCTOR, SETTINGS, STACK

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
    "Subjects",
    "Wording",
    "error",
    "examine",
    "not_judged",
    "ok",
    "warning",
]
