"""`doctor --stack`: what is wrong with a deployment that runs, and what mends it."""

from __future__ import annotations

from collections.abc import Iterator

from difykit.checks import Finding, Inquiry, data, examine, look_at_space
from difykit.checks.deployment import certificate, inside, live, rules, sandbox
from difykit.core.errors import DifyKitError
from difykit.targets import target_of
from difykit.targets.compose import stack as tools
from difykit.workspace.workspace import Workspace


def check_deployment(workspace: Workspace) -> Iterator[Finding]:
    """What is wrong with what runs of this workspace, in order, as it becomes known. Nothing is changed.

    Raises DifyKitError when nothing is deployed, or not with containers; MissingTool without an engine.
    """
    if not target_of(workspace).uses_engine:
        name = workspace.settings.deploy.target
        raise DifyKitError(
            f"doctor --stack looks at containers, and deploy.target is {name}", hint="difykit status says what runs"
        )
    tools.check_tools()
    running = live.look_at_live(workspace)
    with Inquiry() as facts:
        facts.ask("workspace", lambda: workspace)
        facts.ask("live", lambda: running)
        facts.ask("inside", lambda: inside.look_inside(running))
        facts.ask("escapes", lambda: sandbox.look_for_escapes(running))
        facts.ask("status", lambda: live.look_at_status(workspace))
        facts.ask("certificate", lambda: certificate.look_at_certificate(running))
        facts.ask("data", lambda: data.look_at_data(look_at_space(workspace.root)))
        yield from examine(rules.RULES, facts)
