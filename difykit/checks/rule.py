"""A rule: a question that is asked of a described subject, and that answers with findings."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from difykit.checks.finding import Finding, NotJudged, error
from difykit.core.errors import DifyKitError


class Subjects(Protocol):
    """What was looked at, by name. Rules judge it and look at nothing themselves."""

    def __getitem__(self, name: str, /) -> Any: ...


@dataclass(frozen=True)
class Rule:
    """A rule: its id, the names of the facts that it looks at, and what it makes of them, in that order."""

    id: str
    looks_at: tuple[str, ...]
    judge: Callable[..., Iterable[Finding]]

    def findings(self, facts: Subjects) -> tuple[Finding, ...]:
        """What it finds. Raises whatever looking at the facts or judging them raises, but for NotJudged."""
        try:
            findings = [*self.judge(*(facts[name] for name in self.looks_at))]
        except NotJudged as outcome:
            findings = [outcome.finding]
        return tuple(replace(finding, rule=self.id) for finding in findings)


def examine(rules: Iterable[Rule], facts: Subjects) -> Iterator[Finding]:
    """What the rules find, in their order, as it becomes known. A rule that fails itself is a finding, and no end."""
    for rule in rules:
        try:
            yield from rule.findings(facts)
        except Exception as failure:  # noqa: BLE001 - one broken rule must not hide what the others find
            yield replace(_broken(failure), rule=rule.id)


def _broken(failure: Exception) -> Finding:
    """A rule that failed, by its line in the code: the words of a failure may hold a secret."""
    if isinstance(failure, DifyKitError):
        return error(failure.message, failure.hint)
    if isinstance(failure, OSError):
        path = f"{failure.filename}: " if failure.filename else ""
        return error(f"this check failed: {path}{failure.strerror or failure}", "mend it, then: difykit doctor")
    last = traceback.extract_tb(failure.__traceback__)[-1]
    line = f"{Path(last.filename).name}, line {last.lineno} ({last.name})"
    text = f"this check failed: {type(failure).__name__} in {line}"
    return error(text, "this is a bug in difykit; please report it with this line")
