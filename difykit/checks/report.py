"""A report: findings in order, how many of which severity, and what a verb says and exits with for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from difykit.checks.finding import Finding, Severity
from difykit.core.errors import DifyKitError


@dataclass(frozen=True)
class Wording:
    """The words of one verb. They are its public API, so each keeps its own; the report is the same."""

    verb: str
    columns: Mapping[str, str]
    """The keys of a finding in JSON, each with the attribute of `Finding` that it shows."""
    severities: Mapping[Severity, str]
    clean: str
    clean_in_part: str
    """What is said in its place where something was not judged."""
    tolerable: str
    one_error: str
    errors: str
    scope: str
    advice: str

    def describe(self, finding: Finding) -> dict[str, object]:
        """The finding as this verb's `--json` prints it."""
        values = {**vars(finding), "severity": self.severities[finding.severity]}
        return {column: values[attribute] for column, attribute in self.columns.items()}


@dataclass(frozen=True)
class Report:
    """What the rules found, in order, in the words of a verb."""

    wording: Wording
    findings: tuple[Finding, ...]

    def count(self, severity: Severity) -> int:
        return sum(finding.severity is severity for finding in self.findings)

    @property
    def counted(self) -> bool:
        """Whether anything is wrong at all."""
        return bool(self.count(Severity.ERROR) or self.count(Severity.WARNING))

    @property
    def exit_code(self) -> int:
        return DifyKitError.exit_code if self.count(Severity.ERROR) else 0

    @property
    def summary(self) -> str:
        """The last line: how many findings, or that there are none."""
        errors, warnings = self.count(Severity.ERROR), self.count(Severity.WARNING)
        counted = "1 warning" if warnings == 1 else f"{warnings} warnings"
        if errors:
            text = self.wording.one_error if errors == 1 else f"{errors} {self.wording.errors}"
            return f"{text}, {counted}{self.wording.scope}"
        if warnings:
            return f"{self.wording.tolerable}, {counted}"
        return self.wording.clean_in_part if self.count(Severity.NOT_JUDGED) else self.wording.clean

    @property
    def hint(self) -> str:
        return f"{self.wording.advice}, then: {self.wording.verb}"

    def describe(self) -> dict[str, object]:
        """The report as `--json` prints it."""
        return {"findings": [self.wording.describe(finding) for finding in self.findings]}
