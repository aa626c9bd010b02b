"""What goes to BuildKit: contexts, Dockerfiles and the bake file, below `.difykit/build/`."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from posixpath import relpath

from difykit.core import files
from difykit.core.progress import Progress
from difykit.images import definition
from difykit.images.build.plan import ImagePlan
from difykit.images.definition import BakeTarget
from difykit.workspace import state
from difykit.workspace.workspace import Workspace

_ARCHIVE = f"{definition.FOLDER}/changed.tar"
_CONTEXT = "context"
_GENERATED = "generated.Dockerfile"
_STEPS = "_steps"  # no image has an underscore in its name
# A name that is not taken for the image: it becomes the image's own once the proof is there.
UNPROVED = "-unproved"


def labels(
    workspace: Workspace, source: state.Source, plan: ImagePlan, layers: list[tuple[state.SourceLayer, frozenset[str]]]
) -> dict[str, str]:
    """What the image says about itself."""
    if plan.own:
        return definition.own_labels(source.release, plan.inputs)
    overlays = [layer.name for layer, _ in layers if layer.kind == "overlay"]
    if plan.is_api:  # also those that have no files, and so no layer of the source
        giving = [overlay.name for overlay in workspace.overlays if overlay.manifest.api.python]
        overlays += [name for name in giving if name not in overlays]
    return definition.labels(
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


@dataclass(frozen=True)
class Helps:
    """What builds get that changes nothing in the images."""

    caches: str  # what the names of this workspace's caches start with
    mirrors: definition.BuildMirrors
    platforms: tuple[str, ...] = ()  # that the image is made for, () for the machine's own

    def generate(self, text: str, plan: ImagePlan, *, caches: bool = False) -> str:
        """A Dockerfile with what its steps get."""
        name = f"{self.caches}-{plan.name}" if caches else ""
        return definition.generate(text, plan.args, caches=name, mirrors=self.mirrors.in_steps)

    def contexts(self, text: str, plan: ImagePlan) -> dict[str, str]:
        """What a Dockerfile's names mean, by the settings."""
        steps_context = (
            {definition.CONTEXT: f"build/{_STEPS}"} if self.mirrors.in_steps or plan.strategy == "source" else {}
        )
        return {**self.mirrors.contexts(text, plan.args), **steps_context}


def helps_of(workspace: Workspace, mirrors: definition.BuildMirrors) -> Helps:
    """The caches of this workspace, and the mirrors."""
    workspace_id = hashlib.sha256(str(workspace.root).encode()).hexdigest()[:12]
    return Helps(f"difykit-{workspace_id}", mirrors)


def stage_steps(derived: Path, helps: Helps) -> None:
    """Write the folder that steps see."""
    with files.fresh_folder(derived / "build" / _STEPS) as new:
        for name, (mode, text) in helps.mirrors.folder().items():
            files.write(new / name, text, mode=mode)


def stage_own(derived: Path, plan: ImagePlan, helps: Helps) -> None:
    """Copy the folder of an image of one's own: newer buildx refuses a context outside of its working folder."""
    assert plan.own
    with files.fresh_folder(_context(derived, plan)) as new:
        definition.copy_files(plan.own.files, plan.folder, new)
    if helps.mirrors.in_steps:
        ignore_file = _context(derived, plan) / f"{plan.own.dockerfile}.dockerignore"
        ignored = files.read_text(ignore_file, errors="surrogateescape") if ignore_file.is_file() else None
        _write_dockerfile(derived, plan, helps.generate(plan.own.text, plan), ignored)


def stage_layer(derived: Path, plan: ImagePlan, user: str, archive: bytes, helps: Helps) -> None:
    """Write the context that lays the changed files over the image, or over the one built from source."""
    removed = plan.choice.removed if plan.strategy == "layer" else ()
    steps = plan.additions.steps(plan.name)
    text = plan.template.render(steps, _ARCHIVE if archive else "", removed, user)
    if helps.mirrors.in_steps:
        text = helps.generate(text, plan)
    with files.fresh_folder(_context(derived, plan)) as new:
        definition.copy_files(plan.template.extra_files, plan.folder, new)
        files.write(new / "Dockerfile", text)
        for name, content in plan.additions.files().items():
            files.write(new / definition.FOLDER / name, content)
        if archive:
            files.write(new / _ARCHIVE, archive)


def _context(derived: Path, plan: ImagePlan) -> Path:
    return derived / "build" / plan.name / _CONTEXT


def stage_upstream(derived: Path, plan: ImagePlan, ignored: str | None, helps: Helps, progress: Progress) -> None:
    """Write upstream's Dockerfile with caches, mirrors, and the heap limit that `memory` leaves.

    `ignored` is the ignore file beside it.
    """
    text = plan.recipe.text
    if plan.settings:
        text = definition.with_settings(text, plan.settings, plan.args)
    if plan.memory:
        limited = definition.with_heap(text, definition.heap_of(plan.memory))
        if limited is None:
            progress.warn(
                f"{plan.name}: memory has no effect on {plan.recipe.path}, which sets no limit for node's heap"
            )
        text = limited or text
    for why in definition.unmirrored(text, plan.args, helps.mirrors):
        progress.warn(f"{plan.name}: {plan.recipe.path} {why}")
    if helps.platforms:
        moved = definition.on_build_platform(text, plan.args, helps.platforms)
        if moved is None:
            progress.warn(
                f"{plan.name}: on other platforms than the machine's its JavaScript is built under emulation, which"
                " takes many times as long: the pnpm of this release installs native modules for one platform only"
            )
        text = moved or text
    _write_dockerfile(derived, plan, helps.generate(text, plan, caches=True), ignored)


def _write_dockerfile(derived: Path, plan: ImagePlan, text: str, ignored: str | None) -> None:
    """Write the Dockerfile outside of its context, which is as it was."""
    file = derived / "build" / plan.name / _GENERATED
    files.write(file, text.encode("utf-8", "surrogateescape"))
    # BuildKit looks for it by the Dockerfile's own path; without one it takes the context's .dockerignore.
    ignore_file = file.with_name(_GENERATED + ".dockerignore")
    if ignored is None:
        ignore_file.unlink(missing_ok=True)
    else:
        files.write(ignore_file, ignored.encode("utf-8", "surrogateescape"))


def targets(plan: ImagePlan, commit: str, base: str, labels: Mapping[str, str], helps: Helps) -> list[BakeTarget]:
    """The targets that make one image; `base` is the official image that it stands on."""
    tag = plan.reference + UNPROVED
    if plan.own:
        context, text = f"build/{plan.name}/{_CONTEXT}", plan.own.text
        dockerfile = f"../{_GENERATED}" if helps.mirrors.in_steps else plan.own.dockerfile
        contexts = helps.contexts(text, plan)
        return [BakeTarget(plan.name, context, dockerfile, tag=tag, args=plan.args, labels=labels, contexts=contexts)]
    if plan.strategy == "layer":
        return [_template_target(plan, f"docker-image://{base}", labels, helps)]
    context = f"source/{plan.recipe.context}".rstrip("/")
    dockerfile = relpath(f"build/{plan.name}/{_GENERATED}", context)
    args = {**plan.args, "COMMIT_SHA": commit}
    contexts = helps.contexts(plan.recipe.text, plan)
    if not plan.stacked:
        return [BakeTarget(plan.name, context, dockerfile, tag=tag, args=args, labels=labels, contexts=contexts)]
    # No image has an underscore in its name.
    upstream = BakeTarget(f"{plan.name}_upstream", context, dockerfile, args=args, contexts=contexts)
    return [upstream, _template_target(plan, f"target:{upstream.name}", labels, helps)]


def _template_target(plan: ImagePlan, base: str, labels: Mapping[str, str], helps: Helps) -> BakeTarget:
    tag, contexts = plan.reference + UNPROVED, helps.contexts(plan.template.text, plan)
    context = f"build/{plan.name}/{_CONTEXT}"
    return BakeTarget(plan.name, context, "Dockerfile", tag=tag, base=base, labels=labels, contexts=contexts)
