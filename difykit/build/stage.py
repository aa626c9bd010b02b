"""What goes to BuildKit: the layer's files and the bake file, below `.difykit/build/`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from difykit import engine, files, image, state
from difykit.build.plan import ImagePlan
from difykit.image import Target
from difykit.workspace import Workspace

_ARCHIVE = "changed.tar"
# A name that is not taken for the image: it becomes the image's own once the proof is there.
UNPROVED = "-unproved"


def labels(
    workspace: Workspace, source: state.Source, plan: ImagePlan, layers: list[tuple[state.Layer, frozenset[str]]]
) -> dict[str, str]:
    """What the image says about itself."""
    return image.labels(
        strategy=plan.strategy,
        inputs=plan.inputs,
        official=plan.official,
        url=workspace.settings.upstream.url,
        ref=source.release,
        base=source.base,
        commit=source.commit,
        patches=[layer.name for layer, _ in layers if layer.kind == "patch"],
        overlays=[layer.name for layer, _ in layers if layer.kind == "overlay"],
    )


def stage_layer(derived: Path, plan: ImagePlan, official: engine.ImageInfo | None, archive: bytes) -> None:
    """Write the context that lays the changed files over the image, or over the one built from source."""
    folder = derived / "build" / plan.name
    layer = plan.strategy == "layer"
    user = official.user if official else ""
    text = plan.template.render(_ARCHIVE if archive else "", plan.choice.removed if layer else (), user)
    files.write(folder / "Dockerfile", text)
    if archive:
        files.write(folder / _ARCHIVE, archive)


def targets(plan: ImagePlan, commit: str, labels: Mapping[str, str]) -> list[Target]:
    """The targets that make one image."""
    tag = plan.reference + UNPROVED
    if plan.strategy == "layer":
        return [_template_target(plan, f"docker-image://{plan.official}", labels)]
    context = f"source/{plan.recipe.context}".rstrip("/")
    dockerfile = plan.recipe.path.removeprefix(f"{plan.recipe.context}/" if plan.recipe.context else "")
    args = {"COMMIT_SHA": commit}
    if not plan.template.adds:
        return [Target(plan.name, context, dockerfile, tag=tag, args=args, labels=labels)]
    upstream = Target(f"{plan.name}-upstream", context, dockerfile, args=args)
    return [upstream, _template_target(plan, f"target:{upstream.name}", labels)]


def _template_target(plan: ImagePlan, base: str, labels: Mapping[str, str]) -> Target:
    tag = plan.reference + UNPROVED
    return Target(plan.name, f"build/{plan.name}", "Dockerfile", tag=tag, base=base, labels=labels)
