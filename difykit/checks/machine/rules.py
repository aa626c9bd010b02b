"""The rules for the machine."""

from __future__ import annotations

from difykit.checks.machine import capacity, network, system, tools
from difykit.checks.rule import Rule

RULES: tuple[Rule, ...] = (
    Rule("platform", ("machine",), system.judge_platform),
    Rule("python", ("machine",), system.judge_python),
    Rule("git", ("version",), system.judge_git),
    Rule("docker", ("space", "docker"), tools.judge_docker),
    Rule("engine", ("space", "docker", "engine"), tools.judge_engine),
    Rule("buildx", ("space", "docker", "buildx"), tools.judge_buildx),
    Rule("compose", ("space", "docker", "compose"), tools.judge_compose),
    Rule("memory", ("engine", "capacity"), capacity.judge_memory),
    Rule("disk", ("engine", "capacity"), capacity.judge_disk),
    Rule("proxy", ("engine", "network"), network.judge_proxy),
    Rule("mirrors", ("engine", "network"), network.judge_mirrors),
)
"""From the ground up: what is mended above may mend what is below."""
