"""`doctor`: what is wrong with this machine and the workspace of a folder, and what mends it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from difykit import docker
from difykit.checks.finding import Finding
from difykit.checks.inquiry import Inquiry
from difykit.checks.machine import capacity, network, system
from difykit.checks.machine import rules as machine_rules
from difykit.checks.rule import examine
from difykit.checks.workspace import configured, data, derived, endings, envfile, ports, rootless, space, upstream
from difykit.checks.workspace import rules as workspace_rules
from difykit.git import installed


def check_machine_and_workspace(start: Path, check_settings: configured.SettingsCheck) -> Iterator[Finding]:
    """What is wrong, in order, as it becomes known; `check_settings` is what judges the settings.

    Nothing is changed, and nothing is raised: a rule that fails itself is a finding.
    """
    with Inquiry() as facts:
        _ask(facts, start, check_settings)
        yield from examine((*machine_rules.RULES, *workspace_rules.RULES), facts)


def _ask(facts: Inquiry, start: Path, check_settings: configured.SettingsCheck) -> None:
    facts.ask("docker", docker.docker_facts)
    facts.ask("engine", docker.engine_facts)
    facts.ask("buildx", docker.buildx_facts)
    facts.ask("compose", docker.compose_facts)
    facts.ask("version", system.look_at_git)
    facts.ask("machine", lambda: system.look_at_machine(start))
    facts.ask("space", lambda: space.look_at_space(start))
    facts.ask("toolkit", installed)
    facts.ask("upstream", upstream.look_at_upstream, "space", "version")
    facts.ask("derived", derived.look_at_derived, "space", "version")
    facts.ask("endings", endings.look_at_endings, "space")
    facts.ask("env", envfile.look_at_env, "space")
    facts.ask("secrets", envfile.look_at_secrets, "space")
    facts.ask("configured", lambda workspace: configured.look_at_configured(workspace, check_settings), "space")
    facts.ask("users", rootless.look_at_users, "space")
    facts.ask("network", lambda workspace: network.look_at_network(workspace, os.environ), "space")
    facts.ask("settings", ports.port_settings, "space")
    facts.ask("data", data.look_at_data, "space")
    facts.ask("capacity", capacity.look_at_capacity, "space", "engine")
    facts.ask("ports", ports.look_at_ports, "space", "engine")
