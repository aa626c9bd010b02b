"""`doctor`: every question is asked at once, and answered from the ground up."""

from __future__ import annotations

import os
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from difykit import engine
from difykit.doctor import capacity, derived, endings, envfile, machine, network, ports, rootless, space, tools
from difykit.doctor.finding import Finding, Said, fail
from difykit.errors import DifyKitError
from difykit.git.installed import installed

Facts = Mapping[str, Future[Any]]


@dataclass(frozen=True)
class Check:
    """A check: its name, the facts it is given, and what it makes of them."""

    name: str
    needs: tuple[str, ...]
    judge: Callable[..., list[Said]]


CHECKS = (
    Check("platform", ("machine",), machine.platform_said),
    Check("python", ("machine",), machine.python_said),
    Check("git", ("version",), machine.git_said),
    Check("docker", ("space", "docker"), tools.docker_said),
    Check("engine", ("space", "docker", "engine"), tools.engine_said),
    Check("buildx", ("space", "docker", "buildx"), tools.buildx_said),
    Check("compose", ("space", "docker", "compose"), tools.compose_said),
    Check("memory", ("engine", "capacity"), capacity.memory_said),
    Check("disk", ("engine", "capacity"), capacity.disk_said),
    Check("proxy", ("engine", "network"), network.proxy_said),
    Check("mirrors", ("engine", "network"), network.mirrors_said),
    Check("workspace", ("space",), space.workspace_said),
    Check("toolkit", ("space", "toolkit"), space.toolkit_said),
    Check("derived", ("derived",), derived.derived_said),
    Check("upstream", ("upstream",), network.upstream_said),
    Check("line-ends", ("endings",), endings.endings_said),
    Check("env", ("env",), envfile.env_said),
    Check("secrets", ("secrets",), envfile.secrets_said),
    Check("data", ("capacity",), capacity.data_said),
    Check("storage", ("space", "engine", "users"), rootless.storage_said),
    Check("rootless", ("engine", "users", "wanted"), rootless.rootless_said),
    Check("project", ("space", "ports"), ports.project_said),
    Check("ports", ("space", "ports", "engine"), ports.ports_said),
)
"""From the ground up: what is mended above may mend what is below."""


def doctor(start: Path, checks: Sequence[Check] = CHECKS) -> Iterator[Finding]:
    """What is wrong with this machine and the workspace of `start`, in order, as it becomes known.

    Nothing is changed, and nothing is raised: a check that fails itself is a finding.
    """
    # More threads than questions: those that wait for another's answer must not keep it from being asked.
    with ThreadPoolExecutor(max_workers=24) as pool:
        facts = ask(start, pool)
        for check in checks:
            yield from (Finding(check.name, said) for said in judged(check, facts))


def ask(start: Path, pool: ThreadPoolExecutor) -> Facts:
    """Ask everything side by side; what follows from another answer waits for it."""
    known: dict[str, Future[Any]] = {}

    def submit(name: str, look: Callable[..., object], *needs: str) -> None:
        given = [known[need] for need in needs]
        known[name] = pool.submit(lambda: look(*(each.result() for each in given)))

    submit("docker", engine.docker_facts)
    submit("engine", engine.engine_facts)
    submit("buildx", engine.buildx_facts)
    submit("compose", engine.compose_facts)
    submit("version", machine.look_at_git)
    submit("machine", lambda: machine.look_at_machine(start))
    submit("space", lambda: space.look_at_space(start))
    submit("toolkit", installed)
    submit("upstream", network.look_at_upstream, "space", "version")
    submit("derived", derived.look_at_derived, "space", "version")
    submit("endings", endings.look_at_endings, "space")
    submit("env", envfile.look_at_env, "space")
    submit("secrets", envfile.look_at_secrets, "space")
    submit("users", rootless.look_at_users, "space")
    submit("network", lambda here: network.look_at_network(here, os.environ), "space")
    submit("wanted", ports.wanted_ports, "space")
    submit("capacity", capacity.look_at_capacity, "space", "engine")
    submit("ports", ports.look_at_ports, "space", "engine")
    return known


def judged(check: Check, facts: Facts) -> list[Said]:
    """What a check says; its own failure is told by its place in the code, since its words may hold a secret."""
    try:
        return check.judge(*(facts[need].result() for need in check.needs))
    except DifyKitError as error:
        return [fail(error.message, error.hint)]
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        return [fail(f"this check failed: {where}{error.strerror or error}", "mend it, then: difykit doctor")]
    except Exception as error:  # noqa: BLE001 - one broken check must not hide what the others find
        last = traceback.extract_tb(error.__traceback__)[-1]
        text = (
            f"this check failed: {type(error).__name__} in {Path(last.filename).name}, line {last.lineno} ({last.name})"
        )
        return [fail(text, "this is a bug in difykit; please report it with this line")]
