"""`deploy`, `status`, `logs`, `down`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from invoke.context import Context

from difykit.cli.findings import broken_settings, described, refuse
from difykit.cli.render import data_lines, hint_build
from difykit.cli.screen import Screen, document, program_said, result, table
from difykit.cli.sync import in_words
from difykit.cli.task import command, find_workspace
from difykit.core.errors import Damaged, DifyKitError
from difykit.core.terminal import Lines

if TYPE_CHECKING:
    from difykit.targets import DeploymentPlan
    from difykit.workspace.workspace import Workspace

_WOULD = {"removed": "would be removed", "restarted": "would be started again, to read files that change"}


@command(
    check="only say what sync, build and deploy would change",
    json="print the outcome as one line of JSON",
    images="run the images that this file names, as build or publish wrote it, instead of those built here",
)
def deploy(_: Context, check: bool = False, json: bool = False, images: str = "") -> None:
    """Start the customised Dify, or bring it up to date."""
    from difykit import targets as verb
    from difykit.source.sync import plan_sync
    from difykit.workspace.state import images_of, need_source

    workspace = find_workspace()
    published = (
        images_of(Path(images), need_source(workspace.derived, workspace.settings.upstream.ref)) if images else None
    )
    if not check:
        refuse(broken_settings(workspace))
        deployed = verb.deploy(workspace, Screen(), images=published)
        if json:
            document(deployed.describe())
        return
    plan = plan_sync(workspace)
    if plan.changes:
        document({"sync": plan.describe()}) if json else result(
            Lines([in_words(plan), "build and deploy follow from it"])
        )
        return
    source = need_source(workspace.derived, workspace.settings.upstream.ref)
    expected = verb.ExpectedImages(published) if published else verb.expected_images(workspace, source)
    after = verb.plan_deploy(workspace, expected.images)
    wrong = broken_settings(workspace)
    if json:
        outcome = {"sync": plan.describe(), "deploy": after.describe(), "images": expected.describe()}
        document({**outcome, **described(wrong)})
        refuse(wrong)
        return
    head = [in_words(plan), f"live: {after.folder or 'nothing yet'}"]
    for unmet in after.unmet:
        Screen().warn(f"deploy would stop: {unmet}")
    result(Lines([*head, *_changes(workspace, after), *expected.words()]))
    hint_build(expected, Screen())
    refuse(wrong)


def _changes(workspace: Workspace, after: DeploymentPlan) -> list[str]:
    lines = [f"would change: {name}" for name in after.changed]
    lines += data_lines(workspace, after.data_files, Screen())
    lines = lines or ["nothing would change"]
    return lines + [
        f"{name}: {_WOULD.get(change, f'{change}, would be started anew')}"
        for name, change in sorted(after.services.items(), key=lambda item: item[1] == "removed")
    ]


@command(json="print the outcome as one line of JSON")
def status(_: Context, json: bool = False) -> None:
    """Show each service, and whether .difykit can go."""
    from difykit import targets as verb
    from difykit.source.sync import safety
    from difykit.workspace.workspace import Workspace

    try:
        workspace = find_workspace()
    except Damaged:  # of an upgrade or adoption that was cut off: that is what is to be told
        workspace = Workspace.find(Path.cwd())
    safe = safety(workspace)
    try:
        deployment = verb.status(workspace) if verb.is_deployed(workspace) else None
    except DifyKitError:
        if not json:  # that the services cannot be asked is no reason to hide what else was asked
            result(safe.words())
        raise
    if json:
        services = [service.describe() for service in deployment.services] if deployment else []
        about = {
            "deployed": deployment is not None,
            "services": services,
            "unknown": deployment.unknown if deployment else "",
        }
        document({**about, "derived": safe.describe()})
        return
    if deployment:
        rows = [
            (service.service, service.state, service.health or "-", service.image, service.differs or "yes")
            for service in deployment.services
        ]
        result(table(("SERVICE", "STATE", "HEALTH", "IMAGE", "AS DESCRIBED"), rows))
    else:
        result("nothing is deployed from this workspace; deploy it: invoke sync build deploy")
    result(safe.words())
    if deployment and deployment.unknown:
        Screen().warn(f"only compared with what was deployed: {deployment.unknown}")


@command(
    service="only these services, as NAME or NAME,NAME (all of them if left out)",
    follow="go on until ^C",
    tail="how many lines of each service to begin with",
)
def logs(_: Context, service: str = "", follow: bool = False, tail: int = 100) -> None:
    """Show what the services said."""
    from difykit import targets as verb

    if tail < 0:
        raise DifyKitError("--tail takes a number of lines from 0 on", hint="difykit logs --service api --tail 20")
    names = tuple(name.strip() for name in service.split(",") if name.strip())
    verb.logs(find_workspace(), names, program_said, follow=follow, tail=tail)


@command()
def down(_: Context) -> None:
    """Stop the services; the data stays."""
    from difykit import targets as verb

    screen = Screen()
    workspace = find_workspace()
    if verb.down(workspace, screen):
        screen.ok(f"stopped; the data is in {workspace.data}")
    else:
        screen.skip("nothing runs")
