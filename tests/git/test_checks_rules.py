"""A rule is one object in the list of its family: its verb shows what it finds in text, JSON and exit code."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import Any

import pytest

from difykit.checks import Finding, NotJudged, Rule, Severity, error, not_judged, ok, warning
from difykit.demo import make_upstream
from tests.support.cli import inv
from tests.support.workspaces import WorkspaceFixture

VERBS = {"machine": ("doctor",), "workspace": ("doctor",), "settings": ("env.check",)}
FACTS = {"machine": "machine", "workspace": "space", "settings": "settings"}
FINDINGS = {
    Severity.OK: ok("the answer is 42"),
    Severity.WARNING: warning("the answer is 41", "wait"),
    Severity.ERROR: error("there is no answer", "ask again"),
    Severity.NOT_JUDGED: not_judged("nobody was asked", "ask somebody"),
}

MARKS = {Severity.OK: "  ok", Severity.WARNING: "warn", Severity.ERROR: "fail", Severity.NOT_JUDGED: "skip"}
WORDS = {
    Severity.OK: {"ok"},
    Severity.WARNING: {"warn", "warning"},
    Severity.ERROR: {"fail", "error"},
    Severity.NOT_JUDGED: {"skip"},
}


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, value in {"DOCKER_HOST": "unix:///nowhere/docker.sock", "NO_COLOR": "1", "COLUMNS": "200"}.items():
        monkeypatch.setenv(name, value)
    make_upstream(tmp_path / "dify.git")
    space = WorkspaceFixture(tmp_path / "ws", (tmp_path / "dify.git").as_uri(), ref="1.98.0")
    space.sync()
    return space.root


def register(monkeypatch: pytest.MonkeyPatch, family: str, severity: Severity) -> None:
    def judge(_: object) -> list[Finding]:
        if severity is Severity.NOT_JUDGED:
            raise NotJudged(FINDINGS[severity].text, FINDINGS[severity].hint)
        return [FINDINGS[severity]]

    rules = importlib.import_module(f"difykit.checks.{family}.rules")
    monkeypatch.setattr(rules, "RULES", (Rule("answer", (FACTS[family],), judge),))


def answers(out: str) -> list[dict[str, Any]]:
    rows = json.loads(out)["findings"]
    return [row for row in rows if row.get("check", row.get("rule")) == "answer"]


@pytest.mark.parametrize("family", VERBS)
@pytest.mark.parametrize("severity", Severity)
def test_a_rule_of_ones_own_is_shown_by_its_verb(
    root: Path, monkeypatch: pytest.MonkeyPatch, family: str, severity: Severity
) -> None:
    register(monkeypatch, family, severity)
    finding = FINDINGS[severity]
    shown = inv(*VERBS[family], cwd=root)
    assert f"{MARKS[severity]} answer: {finding.text}\n" in shown.err
    assert not finding.hint or f"hint {finding.hint}\n" in shown.err
    (row,) = answers(inv(*VERBS[family], "--json", cwd=root).out)
    assert (row["text"], row["mend"]) == (finding.text, finding.hint)
    assert {row.get("state"), row.get("level")} & WORDS[severity]
    if severity is Severity.ERROR or family == "settings":
        assert shown.code == int(severity is Severity.ERROR)
