"""Rules as they run: from facts to findings, also where one of them cannot judge."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from difykit.checks import DOCTOR, Finding, Rule
from difykit.checks.workspace.data import GIB
from difykit.checks.workspace.space import Space
from difykit.docker import EngineFacts
from difykit.workspace.manifest import Settings
from difykit.workspace.workspace import Workspace

SPACE = Space(Path("/w"))
HOST = Space(
    Path("/w"),
    Workspace(
        Path("/w"),
        Settings.model_validate({"version": 1, "upstream": {"ref": "1.0.0"}, "deploy": {"target": "process"}}),
    ),
)
NOWHERE = Space(None)
ENGINE = EngineFacts(version="26.1.5", runs_on="Debian", memory=16 * GIB, root="/var/lib/docker")
ROOTLESS = EngineFacts(version="26.1.5", runs_on="Debian", memory=16 * GIB, rootless=True)
DESKTOP = EngineFacts(version="26.1.5", runs_on="Docker Desktop", memory=2 * GIB, virtual=True)
REMOTE = EngineFacts(version="26.1.5", runs_on="Debian", memory=16 * GIB, remote="far.example")
SILENT = EngineFacts(problem="Cannot connect to the Docker daemon")
FAR_SILENT = EngineFacts(problem="no route to host", remote="far.example")


def judged(judge: Callable[..., Any], *facts: object) -> tuple[Finding, ...]:
    """What a rule finds in these facts. What only looks finds nothing, unless it cannot look."""
    names = tuple(map(str, range(len(facts))))
    return Rule("", names, judge).findings(dict(zip(names, facts, strict=True)))


def word(finding: Finding) -> str:
    """The severity, as `doctor` has it: ok, warn, fail or skip."""
    return DOCTOR.severities[finding.severity]


def words(findings: Iterable[Finding]) -> list[str]:
    return [word(finding) for finding in findings]
