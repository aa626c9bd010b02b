"""`render`."""

from __future__ import annotations

from invoke.context import Context

from difykit.cli.findings import broken_settings, described, refuse
from difykit.cli.screen import Screen, document, result
from difykit.cli.task import command, find_workspace
from difykit.core.terminal import Lines


@command(
    check="only say what would change",
    json="print the folder's manifest, or what would change, as one line of JSON",
)
def render(_: Context, check: bool = False, json: bool = False) -> None:
    """Write the release folder, ready for `docker compose`."""
    from difykit.release.render import check_render
    from difykit.release.render import render as do_render
    from difykit.targets import target_of
    from difykit.workspace.state import need_source

    workspace = find_workspace()
    target = target_of(workspace)
    source = need_source(workspace.derived, workspace.settings.upstream.ref)
    wrong = broken_settings(workspace)
    if not check:
        refuse(wrong)
    images = target.images(workspace, source)
    if not check:
        plan = do_render(workspace, Screen(), images=images, planner=target.plan_release)
        if json:
            document(plan.manifest)
        return
    plan, changed = check_render(workspace, images, target.plan_release)
    if json:
        outcome = {
            "make": list(plan.generate),
            **({"take": list(plan.take)} if plan.take else {}),
            "change": list(changed),
            "warnings": list(plan.warnings),
        }
        document({**outcome, **described(wrong)})
        refuse(wrong)
        return
    lines = [f"would take the secret {key} from the live release" for key in plan.take]
    lines += [
        *(f"would make the secret {key}" for key in plan.generate),
        *(f"would change: {name}" for name in changed),
    ]
    screen = Screen()
    for warning in plan.warnings:
        screen.warn(warning)
    result(Lines(lines) or "nothing would change")
    refuse(wrong)
