"""What is wrong with the settings of a release folder beside its files, seen before anything starts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from difykit.core.errors import Problem
from difykit.release.render.certificate import find_certificate
from difykit.release.render.environment import Environment, running, shipped_values
from difykit.release.render.inputs import RenderInputs
from difykit.release.render.limits import contradictions
from difykit.release.render.values import refused_values
from difykit.workspace import dotenv


@dataclass(frozen=True)
class SettingsJudgement:
    """What `render` refuses, what it only says, and what has to be there on the machine before services start."""

    problems: tuple[Problem, ...] = ()
    warnings: tuple[str, ...] = ()
    unmet: tuple[tuple[str, str], ...] = ()
    """Each with what mends it."""


def judge_settings(inputs: RenderInputs, upstream: Mapping[str, Any], environment: Environment) -> SettingsJudgement:
    """What other programs would refuse, which limits contradict each other, and whether HTTPS has its certificate."""
    bodies, values = upstream["services"], environment.values
    active, own = running(inputs, bodies, values), frozenset(environment.own_keys)
    problems = [
        Problem(*_place(key, inputs), f"{key}: {refused.text}; {refused.hint}")
        for refused in refused_values(inputs, bodies, active, values, own)
        if (key := next((key for key in refused.keys if key in own), ""))
    ]
    pairs = contradictions(values, shipped_values(inputs, upstream), own, bodies, active)
    warnings = [f"{':'.join(map(str, filter(None, _place(p.key, inputs))))}: {p.key} {p.text}; {p.hint}" for p in pairs]
    certificate = find_certificate(inputs, bodies, active, values)
    if certificate is None or not certificate.fault:
        return SettingsJudgement(tuple(problems), tuple(warnings))
    said = f"{certificate.fault}; {certificate.hint}"
    return SettingsJudgement(tuple(problems), (*warnings, said), ((certificate.fault, certificate.hint),))


def _place(key: str, inputs: RenderInputs) -> tuple[str, int]:
    """The file and the line of the setting that counts; 0 for difykit.yaml, whose lines are not read here."""
    lines = [line for line in dotenv.assignments(inputs.user_env) if line.key == key]
    if lines:
        return ".env", lines[-1].start + 1
    if key in inputs.settings_env:
        return "difykit.yaml", 0
    part = next((part for part in reversed(inputs.overlays) if key in part.env), None)
    return (f"overlays/{part.name}/overlay.yaml", part.line(("env", key))) if part else ("", 0)
