"""The rules for the workspace."""

from __future__ import annotations

from difykit.checks.rule import Rule
from difykit.checks.workspace import configured, data, derived, endings, envfile, ports, rootless, space, upstream

RULES: tuple[Rule, ...] = (
    Rule("workspace", ("space",), space.judge_workspace),
    Rule("toolkit", ("space", "toolkit"), space.judge_toolkit),
    Rule("derived", ("derived",), derived.judge_derived),
    Rule("upstream", ("upstream",), upstream.judge_upstream),
    Rule("line-ends", ("endings",), endings.judge_endings),
    Rule("env", ("env",), envfile.judge_env),
    Rule("secrets", ("secrets",), envfile.judge_secrets),
    Rule("settings", ("configured",), configured.judge_configured),
    Rule("data", ("data",), data.judge_data),
    Rule("storage", ("space", "engine", "users"), rootless.judge_storage),
    Rule("rootless", ("engine", "users", "settings"), rootless.judge_rootless),
    Rule("project", ("space", "ports"), ports.judge_project),
    Rule("ports", ("space", "ports", "engine"), ports.judge_ports),
)
"""From the ground up: what is mended above may mend what is below."""
