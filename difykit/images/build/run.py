"""Making what is missing: retag, bake, prove, name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from difykit import docker
from difykit.core import files
from difykit.core.errors import BuildFailed, DifyKitError, DirtyTree
from difykit.core.progress import Progress
from difykit.git import Store, WorkTree
from difykit.images import definition
from difykit.images.build import stage
from difykit.images.build.bake import bake
from difykit.images.build.existing import layers_in, maker_of, present, proof_of, reference_of
from difykit.images.build.job import Job, Labels, Layers
from difykit.images.build.origin import take
from difykit.images.build.pins import locked_digests, mirrors_of, officials, pin
from difykit.images.build.plan import BuildPlan, ImagePlan, plan_build
from difykit.images.build.platforms import Platforms, platforms_for
from difykit.workspace import state
from difykit.workspace.workspace import Workspace


class Built(state.BuiltImages):
    """The images that belong to one source, and where each came from."""

    origins: Mapping[str, str]
    """By name: there, registry, official or build."""


def build(workspace: Workspace, progress: Progress, *, keep_lock: bool = False) -> Built:
    """Make the images of the present source that are missing, prove them, and remember all of them.

    One that a registry has under its content tag is taken from there. A registry that cannot be asked is told.

    Raises DifyKitError when there is no source, or when `keep_lock` is set and the lock would change, MissingTool
    without an engine, DirtyTree when the work tree is not the source, BuildFailed when BuildKit fails or a change is
    not in the image.
    """
    docker.need_engine()  # also where nothing is to be made: another one may say that it has it
    with (
        files.locked(workspace.derived / "lock", "difykit build", on_wait=progress.skip),
        Store(workspace.store) as store,
    ):
        source = state.need_source(workspace.derived, workspace.settings.upstream.ref)
        job = Job(workspace, source, store, progress)
        plan, local = _pinned(job, keep_lock=keep_lock)
        present_images = {
            image_plan.name: info
            for image_plan in plan.images
            if (info := present(image_plan, local.get(image_plan.reference)))
        }
        for note in plan.notes:
            progress.skip(note)
        for image_plan in plan.images:
            if image_plan.name in present_images:
                decision = f"{image_plan.strategy}: {image_plan.choice.reason}"
                progress.skip(f"{image_plan.name}: {image_plan.reference} is there ({decision})")
        origins = dict.fromkeys(present_images, "there") | _make(
            job, [image_plan for image_plan in plan.images if image_plan.name not in present_images]
        )
        images = tuple(_state(job, image_plan, present_images.get(image_plan.name)) for image_plan in plan.images)
        result = state.BuiltImages(source=source.commit, images=images)
        state.write_images(workspace.derived, result)
        state.write_built_settings(workspace.derived, plan.settings)
        # Their names do not tell whose they are: without a prefix every workspace builds under the same ones.
        recorded, current = state.read_made(workspace.derived), {image_plan.reference for image_plan in plan.images}
        if not current <= set(recorded):
            state.write_made(workspace.derived, {*recorded, *current})
    return Built(source=source.commit, images=images, origins=origins)


def _pinned(job: Job, *, keep_lock: bool) -> tuple[BuildPlan, Mapping[str, docker.ImageInfo]]:
    """The plan, with a digest in the lock for each official image that it stands on and a registry knows.

    And those of its images that the engine has: all in one question, each would take as long.
    """
    digests = locked_digests(job.workspace)
    plan = plan_build(job.workspace, job.source, job.store, digests)
    local = _local_images(plan)
    digests_now = pin(job.workspace, plan, local, job.progress, keep_lock=keep_lock)
    if digests_now == digests:
        return plan, local
    plan = plan_build(job.workspace, job.source, job.store, digests_now)
    return plan, _local_images(plan)


def _local_images(plan: BuildPlan) -> dict[str, docker.ImageInfo]:
    officials = [
        image_plan.official for image_plan in plan.images if image_plan.stands_on_official and not image_plan.digest
    ]
    return docker.inspect_all([*(image_plan.reference for image_plan in plan.images), *officials])


def _state(job: Job, plan: ImagePlan, info: docker.ImageInfo | None) -> state.Image:
    info = info or docker.inspect(plan.reference)
    if info is None:
        raise DifyKitError(f"the engine has lost {plan.reference}", hint="make it again: invoke build")
    return state.Image(
        name=plan.name,
        replaces=plan.replaces,
        strategy=plan.strategy,
        reference=reference_of(plan, info, published=bool(job.workspace.settings.images.prefix)),
        image_id=info.id,
    )


def _make(job: Job, missing: Sequence[ImagePlan]) -> dict[str, str]:
    """Have the images, and say where each came from."""
    if not missing:
        return {}
    _forget_cut_off(job)
    layers = {plan.name: layers_in(plan, job.source, job.store) for plan in missing}
    labels = {plan.name: stage.labels(job.workspace, job.source, plan, layers[plan.name]) for plan in missing}
    origins = {plan.name: "official" if plan.strategy == "official" else "build" for plan in missing}
    platforms = platforms_for(job.workspace, missing)
    origins |= {plan.name: origin.kind for plan, origin in take(job, missing, labels, platforms)}
    _make_here(job, [plan for plan in missing if origins[plan.name] != "registry"], layers, labels, platforms)
    return origins


def _make_here(
    job: Job, missing: Sequence[ImagePlan], layers: Mapping[str, Layers], labels: Labels, platforms: Platforms
) -> None:
    with officials(missing, job.progress, mirrors_of(job.workspace)) as bases:
        for plan in missing:
            if plan.strategy == "official":
                docker.tag(bases[plan.name].reference, plan.reference)
                job.progress.ok(f"{plan.name}: {plan.reference} is {plan.official} ({plan.choice.reason})")
        built = [plan for plan in missing if plan.strategy != "official"]
        if not built:
            return
        _check_memory(built)
        if any(plan.strategy == "source" for plan in built):
            _check_work_tree(job)
        log = bake(job, built, labels, bases, platforms)
        for plan in built:
            for platform in platforms.requested.get(plan.name, ("",)):
                _prove(job, plan, platform, layers[plan.name], log)
            _name(plan)


def _forget_cut_off(job: Job) -> None:
    """Remove what a build that was cut off left in the engine; this one holds the workspace's lock."""
    docker.forget_readers(str(job.workspace.root))
    build_folder = job.workspace.derived / "build"
    for folder in (build_folder, *(child for child in build_folder.glob("*") if child.is_dir())):
        files.forget_unfinished(folder)
    file = build_folder / "bake.json"
    for tag in definition.tags_in(files.read_text(file, limit=files.STATE)) if file.is_file() else ():
        if tag.endswith(stage.UNPROVED):
            docker.untag(tag)


def _check_memory(built: Sequence[ImagePlan]) -> None:
    for plan in built:
        if plan.memory and plan.strategy != "layer" and 0 < (has := docker.engine_facts().memory) < plan.memory:
            raise DifyKitError(
                f"the image {plan.name} may use {plan.memory / (1 << 30):.1f} GiB while it is built (memory in"
                f" images/{plan.name}/image.yaml), and the engine's machine has {has / (1 << 30):.1f} GiB",
                hint="give the engine's machine more memory, or set memory lower",
            )


def _check_work_tree(job: Job) -> None:
    work_folder = job.workspace.source
    tree = WorkTree(work_folder, job.store)
    if tree.head() != job.source.commit or tree.interrupted():
        raise DirtyTree(f"{work_folder} is not at the source {job.source.commit[:12]}", hint="invoke sync build")
    if edits := tree.dirty():
        shown = "".join(f"\n  {path}" for path in edits[:10])
        raise DirtyTree(
            f"{work_folder} holds edits that are not in the source, an image would hold them unseen:{shown}",
            hint="difykit finish keeps them in patches and overlays; difykit sync --discard drops them",
        )


def _prove(job: Job, plan: ImagePlan, platform: str, layers: Layers, log: Path) -> None:
    unproved = plan.reference + stage.UNPROVED
    proof = proof_of(plan, unproved, job.store, str(job.workspace.root), platform)
    if proof and proof.faults:
        docker.untag(unproved)
        raise _absent(plan, proof.faults, layers, log)
    summary = str(proof) if proof else f"{plan.choice.reason}, {len(plan.own.files) if plan.own else 0} files"
    for_platform = f" for {platform}" if platform else ""
    job.progress.ok(f"{plan.name}: {plan.reference} ({plan.strategy}){for_platform}; {summary}")


def _name(plan: ImagePlan) -> None:
    """Give it the name that says it is proved."""
    unproved = plan.reference + stage.UNPROVED
    docker.tag(unproved, plan.reference)
    docker.untag(unproved)


def _absent(plan: ImagePlan, faults: Sequence[definition.ProofFault], layers: Layers, log: Path) -> BuildFailed:
    listed = "".join(f"\n  {fault.path} ({maker_of(fault.path, layers)}): {fault.text}" for fault in faults[:10])
    return BuildFailed(
        f"the image {plan.name} was built, but {len(faults)} of its changes are not in it; it is not kept:{listed}",
        hint=f"does images/{plan.name}/Dockerfile or {plan.recipe.path} overwrite them? The whole output is in {log}",
    )
