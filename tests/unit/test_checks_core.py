"""The core of all checks: a rule, its findings, and the report that a verb makes of them."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from difykit.checks import (
    DOCTOR,
    SETTINGS,
    STACK,
    Finding,
    Inquiry,
    NotJudged,
    Report,
    Rule,
    Severity,
    Wording,
    error,
    examine,
    not_judged,
    ok,
    warning,
)
from difykit.checks.deployment import rules as deployment_rules
from difykit.checks.machine import rules as machine_rules
from difykit.checks.settings import rules as settings_rules
from difykit.checks.workspace import rules as workspace_rules
from difykit.core.errors import MissingTool

SECRET = "a-secret-value"


def raising(failure: Exception) -> Callable[..., list[Finding]]:
    def judge(_: object = None) -> list[Finding]:
        raise failure

    return judge


@pytest.mark.parametrize(
    ("finding", "text"),
    [
        (Finding(Severity.OK, "fine", rule="disk"), "disk: fine"),
        (Finding(Severity.ERROR, "bad", file=".env", line=3, subject="A", rule="type"), ".env:3: A: bad"),
        (Finding(Severity.ERROR, "bad", file=".env", line=3, rule="file"), ".env:3: bad"),
        (Finding(Severity.NOT_JUDGED, "no Python", file="api/x.py", rule="release"), "api/x.py: no Python"),
    ],
)
def test_a_finding_begins_with_its_location_or_its_rule(finding: Finding, text: str) -> None:
    assert str(finding) == text


@pytest.mark.parametrize(
    ("judge", "severity", "text"),
    [
        (lambda fact: [ok(f"it is {fact}")], Severity.OK, "it is 7"),
        (lambda _: (finding for finding in [warning("low", "mend")]), Severity.WARNING, "low"),
        (raising(NotJudged("needs an engine", "start it")), Severity.NOT_JUDGED, "needs an engine"),
        (raising(MissingTool("git is not installed", hint="install git")), Severity.ERROR, "git is not installed"),
        (raising(PermissionError(13, "Permission denied", "/closed")), Severity.ERROR, "/closed: Permission denied"),
        (raising(ZeroDivisionError()), Severity.ERROR, "ZeroDivisionError in test_checks_core.py, line"),
    ],
)
def test_whatever_a_rule_does_is_one_finding_with_its_id(
    judge: Callable[..., list[Finding]], severity: Severity, text: str
) -> None:
    (finding,) = examine([Rule("seven", ("fact",), judge)], {"fact": 7})
    assert (finding.rule, finding.severity) == ("seven", severity)
    assert text in finding.text
    assert bool(finding.hint) == (severity is not Severity.OK)


@pytest.mark.parametrize("failure", [KeyError(SECRET), ValueError(SECRET)])
def test_the_words_of_a_rule_that_fails_are_not_repeated(failure: Exception) -> None:
    (finding,) = examine([Rule("x", ("fact",), raising(failure))], {"fact": 1})
    assert SECRET not in finding.text + finding.hint


def test_a_rule_that_fails_keeps_no_other_from_its_answer() -> None:
    rules = [Rule("one", (), raising(KeyError(1))), Rule("two", (), lambda: [ok("fine")])]
    assert [(finding.rule, finding.severity) for finding in examine(rules, {})] == [
        ("one", Severity.ERROR),
        ("two", Severity.OK),
    ]


def test_what_could_not_be_looked_at_is_not_judged_and_what_needs_it_neither() -> None:
    with Inquiry() as facts:
        facts.ask("engine", raising(NotJudged("needs an engine")))
        facts.ask("memory", lambda engine: engine, "engine")
        facts.ask("disk", lambda: 5)
        rules = [Rule(name, (name,), lambda fact: [ok(str(fact))]) for name in ("engine", "memory", "disk")]
        assert [(finding.severity, finding.text) for finding in examine(rules, facts)] == [
            (Severity.NOT_JUDGED, "needs an engine"),
            (Severity.NOT_JUDGED, "needs an engine"),
            (Severity.OK, "5"),
        ]


def test_facts_are_asked_for_side_by_side() -> None:
    meeting = threading.Barrier(3, timeout=20)
    with Inquiry() as facts:
        for name in ("a", "b", "c"):
            facts.ask(name, meeting.wait)
        assert sorted(facts[name] for name in ("a", "b", "c")) == [0, 1, 2]


OK, WARNING, ERROR, SKIP = ok("fine"), warning("low", "more"), error("full", "less"), not_judged("no engine")


@pytest.mark.parametrize(
    ("wording", "findings", "summary", "code"),
    [
        (DOCTOR, (OK, SKIP), "nothing is wrong", 0),
        (DOCTOR, (OK, WARNING), "nothing that stops you, 1 warning", 0),
        (DOCTOR, (WARNING, WARNING), "nothing that stops you, 2 warnings", 0),
        (DOCTOR, (ERROR,), "one finding to mend, 0 warnings", 1),
        (STACK, (ERROR, WARNING, ERROR), "2 findings to mend, 1 warning", 1),
        (SETTINGS, (), "the settings are right", 0),
        (SETTINGS, (SKIP,), "what could be judged of the settings is right", 0),
        (SETTINGS, (WARNING, WARNING), "no errors, 2 warnings", 0),
        (SETTINGS, (ERROR, WARNING), "one error, 1 warning in the settings", 1),
        (SETTINGS, (ERROR, ERROR), "2 errors, 0 warnings in the settings", 1),
    ],
)
def test_a_report_counts_and_exits(wording: Wording, findings: tuple[Finding, ...], summary: str, code: int) -> None:
    report = Report(wording, findings)
    assert (report.summary, report.exit_code) == (summary, code)
    assert report.hint.endswith(f", then: {wording.verb}")


FULL = Finding(Severity.ERROR, "full", "less", subject="KEY", file=".env", line=2, rule="type")
UNSEEN = Finding(Severity.NOT_JUDGED, "no engine", rule="disk")


@pytest.mark.parametrize(
    ("wording", "finding", "described"),
    [
        (DOCTOR, FULL, {"check": "type", "state": "fail", "text": "full", "mend": "less"}),
        (STACK, UNSEEN, {"check": "disk", "state": "skip", "text": "no engine", "mend": ""}),
        (
            SETTINGS,
            FULL,
            {
                "level": "error",
                "rule": "type",
                "file": ".env",
                "line": 2,
                "key": "KEY",
                "text": "full",
                "mend": "less",
            },
        ),
    ],
)
def test_json_has_the_words_of_its_verb(wording: Wording, finding: Finding, described: dict[str, object]) -> None:
    assert Report(wording, (finding,)).describe() == {"findings": [described]}
    assert list(wording.describe(finding)) == list(described)


FAMILIES = {
    "doctor": (*machine_rules.RULES, *workspace_rules.RULES),
    "doctor --stack": deployment_rules.RULES,
    "env.check": settings_rules.RULES,
}


@pytest.mark.parametrize("rules", FAMILIES.values(), ids=FAMILIES.keys())
def test_every_rule_has_an_id_of_its_own_and_something_to_look_at(rules: tuple[Rule, ...]) -> None:
    assert len({rule.id for rule in rules}) == len(rules)
    assert [rule.id for rule in rules if not rule.looks_at] == []
