"""Writing the release folder: new secrets first, then the folder as a whole, then what the data folder lacks."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from difykit.core import fifos, files
from difykit.core.errors import ConfigError, Problem, shortened
from difykit.core.progress import Progress
from difykit.git import Store
from difykit.release.data_files import DataPlan
from difykit.release.render.begun import check_begun
from difykit.release.render.data_files import bring_data_files, plan_data_files
from difykit.release.render.inputs import RenderInputs, read_inputs
from difykit.release.render.judgement import judge, judge_plan
from difykit.release.render.plan import Planner, RenderPlan, plan_render
from difykit.workspace import dotenv
from difykit.workspace.manifest import read_text
from difykit.workspace.state import BuiltImages, need_source
from difykit.workspace.workspace import Workspace


def render(
    workspace: Workspace,
    progress: Progress,
    *,
    images: BuiltImages,
    planner: Planner = plan_render,
    deploys: bool = False,
) -> RenderPlan:
    """Write the release folder as the target's planner has it, and say what is in it.

    Its files below the data folder follow, as far as nobody changed them; those of a live release when it is deployed,
    which `deploys` says comes next.

    Missing secrets are made once, into the workspace's `.env`, and never shown. A folder that is right already is left
    alone, so that running containers keep their mounts.
    Raises DifyKitError when `sync` has not run or the secrets of data that was used are gone, and whatever
    `plan_render` raises.
    """
    source = need_source(workspace.derived, workspace.settings.upstream.ref)
    with (
        files.locked(workspace.derived / "lock", "difykit render", on_wait=progress.skip),
        Store(workspace.store) as store,
    ):
        inputs = read_inputs(workspace, source, images, store)
        first = plan = planner(inputs)
        _check_mounts(workspace, plan)
        check_begun(plan.missing, workspace.data)
        if plan.generate or plan.take:
            judge_plan(inputs, plan, planner)  # before the secrets are kept: what is refused leaves nothing behind
            inputs = _generate(workspace.env_file, inputs, plan, progress)
            plan = planner(inputs)
        for warning in dict.fromkeys((*first.warnings, *plan.warnings) if first.take else plan.warnings):
            progress.warn(warning)
        data_files = plan_data_files(workspace, plan, store)
        if not _changed(workspace.release, plan):
            unasked = judge(workspace.release, plan, inputs.project)
            progress.skip(f"release folder {workspace.release}: as it should be")
        else:
            unasked = _write(workspace.release, plan, inputs.project)
            progress.ok(f"release folder {workspace.release}: Dify {source.release}, {len(plan.files)} files")
        if unasked:
            progress.warn(unasked)
        bring_data_files(workspace, data_files, source.release, progress, deploys=deploys)
    return plan


def _generate(env_file: Path, inputs: RenderInputs, plan: RenderPlan, progress: Progress) -> RenderInputs:
    """Make the missing secrets, keep them in the user's `.env`, and return the inputs with them."""
    env_path = Path(os.path.realpath(env_file))  # a link to a file elsewhere stays one
    fifos.check_keeps(env_file, ", ".join([*plan.take, *plan.generate]))
    text = dotenv.with_made(dotenv.with_taken(inputs.user_env, plan.take), plan.generate)
    files.write(env_path, text, mode=0o600)
    if plan.take:
        progress.ok(f".env: took {', '.join(plan.take)} from the live release, which this data folder was used with")
    if plan.generate:
        progress.ok(f".env: made {', '.join(plan.generate)}")
    return replace(inputs, user_env=read_text(env_path, ".env"))


def check_render(
    workspace: Workspace, images: BuiltImages, planner: Planner = plan_render
) -> tuple[RenderPlan, tuple[str, ...]]:
    """What `render` would write, and which files of the release folder that would change; nothing is written.

    Raises whatever `render` raises.
    """
    with Store(workspace.store) as store:
        source = need_source(workspace.derived, workspace.settings.upstream.ref)
        inputs = read_inputs(workspace, source, images, store)
    plan = planner(inputs)
    _check_mounts(workspace, plan)
    check_begun(plan.missing, workspace.data)
    unasked = judge_plan(inputs, plan, planner)
    plan = replace(plan, warnings=(*plan.warnings, unasked)) if unasked else plan
    return plan, _changed(workspace.release, plan)


def check_data_files(workspace: Workspace, plan: RenderPlan) -> DataPlan:
    """What `render` and a deployment would change below the data folder; nothing is written."""
    with Store(workspace.store) as store:
        return plan_data_files(workspace, plan, store)


def _check_mounts(workspace: Workspace, plan: RenderPlan) -> None:
    """Raises ConfigError where a service would have its data in what difykit makes anew or prunes."""
    problems = []
    for who, source in plan.mounts:
        overlay = who.startswith("overlays/")
        label = who if overlay else plan.origins.get(who, ".env").replace("overlay ", "overlays/")
        fault = workspace.mount_fault(source)
        if not fault and source.startswith(".") and not overlay:  # an overlay's own files travel in the folder
            fault = "is inside the release folder, which is made anew"
        if fault:
            key = "" if overlay else f"{who}: "
            problems.append(Problem(label, 0, f"{key}the mount of {shortened(source)!r} {fault}"))
    if problems:
        raise ConfigError(problems, hint="mount a folder of its own: ${DIFY_DATA}/NAME, or an absolute path")


def _changed(folder: Path, plan: RenderPlan) -> tuple[str, ...]:
    """The files that the folder does not hold as planned; what containers wrote beside them does not matter."""
    return tuple(files.differing(folder, plan.files))


def _write(folder: Path, plan: RenderPlan, project: str = "") -> str:
    """Put the folder in its place, once Compose takes it as this project; what is to be said of that.

    Raises as `judge` does; without a project it is not asked.
    """
    with files.fresh_folder(folder) as new:
        files.write_all(new, plan.files)
        return judge(new, plan, project) if project else ""
