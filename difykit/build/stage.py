"""What goes to BuildKit: contexts, Dockerfiles and the bake file, below `.difykit/build/`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from posixpath import relpath

from difykit import files, image, state
from difykit.build.plan import ImagePlan
from difykit.image import Target
from difykit.progress import Progress
from difykit.workspace import Workspace

_ARCHIVE = f"{image.FOLDER}/changed.tar"
_CONTEXT = "context"
_UPSTREAM = "upstream.Dockerfile"
# A name that is not taken for the image: it becomes the image's own once the proof is there.
UNPROVED = "-unproved"


def labels(
    workspace: Workspace, source: state.Source, plan: ImagePlan, layers: list[tuple[state.Layer, frozenset[str]]]
) -> dict[str, str]:
    """What the image says about itself."""
    if plan.own:
        return image.own_labels(source.release, plan.inputs)
    overlays = [layer.name for layer, _ in layers if layer.kind == "overlay"]
    if plan.is_api:  # also those that have no files, and so no layer of the source
        giving = [each.name for each in workspace.overlays if each.manifest.api.python]
        overlays += [name for name in giving if name not in overlays]
    return image.labels(
        strategy=plan.strategy,
        inputs=plan.inputs,
        official=plan.official,
        digest=plan.digest,
        url=workspace.settings.upstream.url,
        ref=source.release,
        base=source.base,
        patches=[layer.name for layer, _ in layers if layer.kind == "patch"],
        overlays=overlays,
    )


def stage_own(derived: Path, plan: ImagePlan) -> None:
    """Copy the folder of an image of one's own: newer buildx refuses a context outside of its working folder."""
    assert plan.own
    with files.fresh_folder(_context(derived, plan)) as new:
        image.copy_files(plan.own.files, plan.folder, new)


def stage_layer(derived: Path, plan: ImagePlan, user: str, archive: bytes) -> None:
    """Write the context that lays the changed files over the image, or over the one built from source."""
    removed = plan.choice.removed if plan.strategy == "layer" else ()
    steps = plan.additions.steps(plan.name)
    text = plan.template.render(steps, _ARCHIVE if archive else "", removed, user)
    with files.fresh_folder(_context(derived, plan)) as new:
        image.copy_files(plan.template.beside, plan.folder, new)
        files.write(new / "Dockerfile", text)
        for name, content in plan.additions.files().items():
            files.write(new / image.FOLDER / name, content)
        if archive:
            files.write(new / _ARCHIVE, archive)


def _context(derived: Path, plan: ImagePlan) -> Path:
    return derived / "build" / plan.name / _CONTEXT


def stage_upstream(derived: Path, plan: ImagePlan, ignored: str | None, progress: Progress) -> None:
    """Write upstream's Dockerfile with the heap limit that `memory` leaves; `ignored` is the ignore file beside it."""
    if not plan.memory:
        return
    text = _with_heap(plan)
    if text is None:
        progress.warn(f"{plan.name}: memory has no effect on {plan.recipe.path}, which sets no limit for node's heap")
        return
    file = derived / "build" / plan.name / _UPSTREAM
    files.write(file, text)
    # BuildKit looks for it by the Dockerfile's own path; without one it takes the context's .dockerignore.
    beside = file.with_name(_UPSTREAM + ".dockerignore")
    if ignored is None:
        beside.unlink(missing_ok=True)
    else:
        files.write(beside, ignored)


def _with_heap(plan: ImagePlan) -> str | None:
    return image.with_heap(plan.recipe.text, image.heap_of(plan.memory)) if plan.memory else None


def targets(plan: ImagePlan, commit: str, base: str, labels: Mapping[str, str]) -> list[Target]:
    """The targets that make one image; `base` is the official image that it stands on."""
    tag = plan.reference + UNPROVED
    if plan.own:
        context = f"build/{plan.name}/{_CONTEXT}"
        return [Target(plan.name, context, plan.own.dockerfile, tag=tag, args=plan.args, labels=labels)]
    if plan.strategy == "layer":
        return [_template_target(plan, f"docker-image://{base}", labels)]
    context = f"source/{plan.recipe.context}".rstrip("/")
    dockerfile = relpath(f"source/{plan.recipe.path}", context)
    if _with_heap(plan) is not None:
        dockerfile = relpath(f"build/{plan.name}/{_UPSTREAM}", context)
    args = {**plan.args, "COMMIT_SHA": commit}
    if not plan.stacked:
        return [Target(plan.name, context, dockerfile, tag=tag, args=args, labels=labels)]
    # No image has an underscore in its name.
    upstream = Target(f"{plan.name}_upstream", context, dockerfile, args=args)
    return [upstream, _template_target(plan, f"target:{upstream.name}", labels)]


def _template_target(plan: ImagePlan, base: str, labels: Mapping[str, str]) -> Target:
    tag = plan.reference + UNPROVED
    return Target(plan.name, f"build/{plan.name}/{_CONTEXT}", "Dockerfile", tag=tag, base=base, labels=labels)
