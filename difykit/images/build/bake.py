"""One run of BuildKit for all that is made here: its inputs, its bake file, its words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from difykit import docker
from difykit.core import files
from difykit.core.errors import CommandFailed, EngineLost
from difykit.images import definition
from difykit.images.build import stage
from difykit.images.build.cache import Cache, cache_of, not_written
from difykit.images.build.failure import build_failed
from difykit.images.build.job import Job, Labels
from difykit.images.build.pins import PinnedImage, mirrors_of
from difykit.images.build.plan import ImagePlan
from difykit.images.build.platforms import Platforms
from difykit.release import compose


def bake(
    job: Job, built: Sequence[ImagePlan], labels: Labels, bases: Mapping[str, PinnedImage], platforms: Platforms
) -> Path:
    """Make the images, under names that they keep until they are proved; the log of it.

    Raises BuildFailed when a step fails, EngineLost when the engine goes away.
    """
    derived = job.workspace.derived
    cache = cache_of(job.workspace, job.progress) if any(plan.strategy != "layer" for plan in built) else Cache()
    for plan in built:
        if why := platforms.why_not.get(plan.name):
            job.progress.skip(f"{plan.name} is made for this engine's platform alone: {why}")
    targets = []
    for plan in built:
        image_targets = _targets(
            job, plan, labels[plan.name], bases.get(plan.name), platforms.requested.get(plan.name, ())
        )
        targets += [cache.lend(target) if _has_steps(plan, target) else target for target in image_targets]
    file = Path("build") / "bake.json"
    files.write(derived / file, definition.bake_json(targets))
    log = _new_log(job.workspace.logs)
    summary = "; ".join(f"{plan.name}: {plan.strategy}, {plan.choice.reason}" for plan in built)
    names = [plan.name for plan in built]
    output: list[str] = []

    def on_line(line: str) -> None:
        output.append(line)
        job.progress.line(line)

    with job.progress.step(f"build {summary}"):
        job.progress.command(docker.bake_argv(file, names))
        try:
            docker.bake(file, names, on_line, cwd=derived, log=log)
        except EngineLost:
            raise
        except CommandFailed as error:
            docker.need_buildx()  # asked only now: the question takes a third as long as a small build
            raise build_failed(error.output, names, log) from error
    if why := not_written(output):
        job.progress.warn(f"the cache {cache.repository} was not written: {why}")
    return log


def _targets(
    job: Job, plan: ImagePlan, labels: Mapping[str, str], official: PinnedImage | None, platforms: tuple[str, ...]
) -> list[definition.BakeTarget]:
    """What BuildKit is to make of one image; all that it reads is there then."""
    # Dates of the image and its history are those of the release: the same inputs, the same image.
    proxy = compose.ServiceProxy.of(job.workspace.settings.proxy)
    build_args = {**proxy.variables(), "SOURCE_DATE_EPOCH": str(job.store.date(job.source.base))}
    helps = replace(stage.helps_of(job.workspace, mirrors_of(job.workspace)), platforms=platforms)
    stage.stage_steps(job.workspace.derived, helps)
    _stage(job, plan, official, helps)
    stage_targets = stage.targets(plan, job.source.base, official.base if official else "", labels, helps)
    # BuildKit knows these arguments: it hands them to each step, and keeps them out of the image and its history.
    return [replace(target, args={**build_args, **target.args}, platforms=platforms) for target in stage_targets]


def _has_steps(plan: ImagePlan, target: definition.BakeTarget) -> bool:
    """Whether a target is a Dockerfile whose steps are worth keeping: what stands on an image is made in seconds."""
    return bool(plan.own) or (plan.strategy == "source" and not target.base)


def _stage(job: Job, plan: ImagePlan, official: PinnedImage | None, helps: stage.Helps) -> None:
    derived = job.workspace.derived
    if plan.own:
        stage.stage_own(derived, plan, helps)
    elif official is None:
        ignore_path = plan.recipe.path + ".dockerignore"
        ignored = (
            files.read_text(job.workspace.source / ignore_path, errors="surrogateescape")
            if plan.recipe.ignore_path == ignore_path
            else None
        )
        stage.stage_upstream(derived, plan, ignored, helps, job.progress)
        if plan.stacked:
            stage.stage_layer(derived, plan, plan.recipe.user, b"", helps)
    else:
        archive = b""
        if plan.choice.landings:
            with docker.open_image(official.reference, str(job.workspace.root)) as opened:
                archive = definition.pack(plan.choice.landings, job.store.blob, opened.look)
        stage.stage_layer(derived, plan, official.info.user, archive, helps)


def _new_log(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"build-{datetime.now(UTC):%Y%m%d-%H%M%S-%f}.log"
