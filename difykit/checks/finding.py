"""A finding: what a rule saw in its subject, how bad that is, where it stands, and what mends it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How bad a finding is. What was not looked at is `NOT_JUDGED`, with the reason as its text: never `OK`."""

    OK = "ok"
    WARNING = "warning"
    ERROR = "error"
    NOT_JUDGED = "not judged"


@dataclass(frozen=True)
class Finding:
    """One thing that a rule found; `hint` is a command or a setting, "" where there is nothing to mend."""

    severity: Severity
    text: str
    hint: str = ""
    subject: str = ""
    """What of the file it is about, such as the key of a setting."""
    file: str = ""
    line: int = 0
    rule: str = ""
    """The id of the rule; the rule itself puts it in."""

    @property
    def location(self) -> str:
        return f"{self.file}:{self.line}" if self.line else self.file

    def __str__(self) -> str:
        return ": ".join(part for part in (self.location or self.rule, self.subject, self.text) if part)


class NotJudged(Exception):
    """Raised by whoever looks or judges and cannot: it is the outcome of the rule then, with the reason."""

    def __init__(self, reason: str, hint: str = "") -> None:
        super().__init__(reason)
        self.finding = not_judged(reason, hint)


def ok(text: str) -> Finding:
    return Finding(Severity.OK, text)


def warning(text: str, hint: str) -> Finding:
    return Finding(Severity.WARNING, text, hint)


def error(text: str, hint: str) -> Finding:
    return Finding(Severity.ERROR, text, hint)


def not_judged(reason: str, hint: str = "") -> Finding:
    return Finding(Severity.NOT_JUDGED, reason, hint)
