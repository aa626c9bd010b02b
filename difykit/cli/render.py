"""`render`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from invoke.context import Context

from difykit.cli.findings import broken_settings, described, refuse
from difykit.cli.screen import Screen, document, result
from difykit.cli.task import command, find_workspace
from difykit.core.terminal import Lines

if TYPE_CHECKING:
    from difykit.checks import Finding
    from difykit.release.data_files import DataFile
    from difykit.targets import ExpectedImages
    from difykit.workspace.workspace import Workspace


@command(
    check="only say what would change",
    json="print the folder's manifest, or what would change, as one line of JSON",
)
def render(_: Context, check: bool = False, json: bool = False) -> None:
    """Write the release folder, ready for `docker compose`."""
    from difykit.release.render import check_render
    from difykit.release.render import render as do_render
    from difykit.targets import expected_images, target_of
    from difykit.workspace.state import need_source

    workspace = find_workspace()
    source = need_source(workspace.derived, workspace.settings.upstream.ref)
    wrong = broken_settings(workspace)
    if wrong and not check:
        # What the plan lacks is told first, as --check does: such as the setting that the errors are for want of.
        check_render(workspace, expected_images(workspace, source).images, target_of(workspace).plan_release)
        refuse(wrong)
    expected = expected_images(workspace, source)
    if check:
        _check(workspace, expected, wrong, json=json)
        return
    screen = Screen()
    plan = do_render(workspace, screen, images=expected.images, planner=target_of(workspace).plan_release)
    for line in expected.words():
        screen.skip(line)
    hint_build(expected, screen)
    if json:
        document(plan.manifest)


def _check(workspace: Workspace, expected: ExpectedImages, wrong: tuple[Finding, ...], *, json: bool) -> None:
    from difykit.release.render import check_data_files, check_render
    from difykit.targets import target_of

    plan, changed = check_render(workspace, expected.images, target_of(workspace).plan_release)
    data_files = check_data_files(workspace, plan).files
    if json:
        outcome = {
            "make": list(plan.generate),
            **({"take": list(plan.take)} if plan.take else {}),
            "change": list(changed),
            "warnings": list(plan.warnings),
            "images": expected.describe(),
            "data": [file.describe() for file in data_files],
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
    lines += data_lines(workspace, data_files, screen)
    result(Lines([*(lines or ["nothing would change"]), *expected.words()]))
    hint_build(expected, screen)
    refuse(wrong)


def data_lines(workspace: Workspace, data_files: tuple[DataFile, ...], screen: Screen) -> list[str]:
    """What would change below the data folder, in lines of a result; what stays as the user changed it is said."""
    from difykit.release.data_files import Action, tell_kept, would

    used = workspace.data.is_dir()  # into a new folder all goes that the release folder has for it
    kept = [file for file in data_files if file.action is Action.KEEP]
    tell_kept(kept, workspace.data / "volumes", workspace.settings.upstream.ref, screen)
    return would(file for file in data_files if file.action is not Action.KEEP) if used else []


def hint_build(expected: ExpectedImages, screen: Screen) -> None:
    """Say what builds the images that are not built yet, and where their names are not settled before."""
    if expected.unbuilt:
        screen.hint("nothing of it can be started before they are built: invoke build")
    if expected.unbuilt and expected.unsettled:
        names = ", ".join(sorted(expected.unsettled))
        screen.skip(
            f"difykit.lock has no digest of {names} yet: where build finds one, what stands on it has another tag"
        )
