"""`doctor --stack`: every question is asked at once, and answered from the ground up."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from difykit import engine
from difykit.doctor import Check, Finding
from difykit.doctor.capacity import data_said, look_at_capacity
from difykit.doctor.do import Facts, judged
from difykit.doctor.space import look_at_space
from difykit.errors import DifyKitError
from difykit.stack import certificate, inside, isolation, live, published, replication, sandbox, services
from difykit.targets import target_of
from difykit.targets.compose import stack as tools
from difykit.workspace import Workspace

CHECKS = (
    Check("services", ("live",), services.services_said),
    Check("described", ("status",), services.described_said),
    Check("release", ("workspace", "live"), services.release_said),
    Check("data", ("capacity",), data_said),
    Check("settings", ("inside",), inside.settings_said),
    Check("database", ("inside",), inside.database_said),
    Check("postgres", ("inside",), replication.postgres_said),
    Check("redis", ("inside",), inside.redis_said),
    Check("sentinel", ("inside",), replication.sentinel_said),
    Check("storage", ("inside",), inside.storage_said),
    Check("vector-store", ("inside",), inside.vector_said),
    Check("worker", ("live", "inside"), inside.worker_said),
    Check("plugin-daemon", ("live", "inside"), inside.plugins_said),
    Check("sandbox", ("live", "escapes"), isolation.sandbox_said),
    Check("ssrf-proxy", ("live", "escapes"), isolation.proxy_said),
    Check("published", ("live",), published.published_said),
    Check("certificate", ("certificate",), certificate.certificate_said),
    Check("clock", ("inside",), inside.clock_said),
)
"""From the ground up: what is mended above may mend what is below."""


def examine_stack(workspace: Workspace) -> Iterator[Finding]:
    """What is wrong with what runs of this workspace, in order, as it becomes known. Nothing is changed.

    Raises DifyKitError when nothing is deployed, or not with containers; MissingTool without an engine.
    """
    if not target_of(workspace).uses_engine:
        name = workspace.settings.deploy.target
        raise DifyKitError(
            f"doctor --stack looks at containers, and deploy.target is {name}", hint="difykit status says what runs"
        )
    tools.check_tools()
    here = live.look_at_live(workspace)
    with ThreadPoolExecutor(max_workers=12) as pool:
        facts = _ask(workspace, here, pool)
        for check in CHECKS:
            yield from (Finding(check.name, said) for said in judged(check, facts))


def _ask(workspace: Workspace, here: live.Live, pool: ThreadPoolExecutor) -> Facts:
    """Ask everything side by side."""
    known: dict[str, Future[Any]] = {}

    def submit(name: str, look: Callable[[], object]) -> None:
        known[name] = pool.submit(look)

    submit("workspace", lambda: workspace)
    submit("live", lambda: here)
    submit("inside", lambda: inside.look_inside(here))
    submit("escapes", lambda: sandbox.look_for_escapes(here))
    submit("status", lambda: live.look_at_status(workspace))
    submit("certificate", lambda: certificate.look_at_certificate(here))
    submit("capacity", lambda: look_at_capacity(look_at_space(workspace.root), engine.engine_facts()))
    return known
