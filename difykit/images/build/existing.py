"""Which of the planned images are there, and which layers of the source are in one."""

from __future__ import annotations

from dataclasses import replace

from difykit import docker
from difykit.git import Store
from difykit.images import definition
from difykit.images.build.plan import ImagePlan
from difykit.workspace import state


def present(plan: ImagePlan, info: docker.ImageInfo | None) -> docker.ImageInfo | None:
    """The image that the engine has under this name, when it says that it was made from these inputs.

    An official image under its custom name says nothing: there its name is what counts.
    """
    if info and plan.strategy != "official" and info.labels.get(definition.INPUTS_LABEL) != plan.inputs:
        return None
    return info


def reference_of(plan: ImagePlan, info: docker.ImageInfo, *, published: bool) -> str:
    """How the image is referred to: with its digest where a registry is known to have it.

    Only an engine with the classic store tells that; with containerd's each image has a digest that says nothing of
    registries, and publishing has to say it.
    """
    digests = [digest.rpartition("@")[2] for digest in info.digests if digest.rpartition("@")[0] == plan.repository]
    if published and len(digests) == 1 and docker.engine_facts().store == "classic":
        return f"{plan.reference}@{digests[0]}"
    return plan.reference


def proof_of(plan: ImagePlan, reference: str, store: Store, owner: str, platform: str = "") -> definition.Proof | None:
    """What of the customisation is in an image that the engine has under this name; None where nothing can be compared.

    `platform` names one of several that it may be there for.
    Raises DifyKitError when the engine refuses.
    """
    if plan.own:
        return None
    with docker.open_image(reference, owner, platform) as opened:
        return replace(definition.prove(plan.recipe, plan.choice, store.blob, opened.look), added=plan.added)


def layers_in(plan: ImagePlan, source: state.Source, store: Store) -> list[tuple[state.SourceLayer, frozenset[str]]]:
    """The layers of the source that touch the image's inputs, each with the inputs it touches."""
    inputs = {change.path for change in plan.choice.changed}
    touching = []
    before = source.base
    for layer in source.layers:
        touched = inputs & {path for _, path in store.changed(before, layer.commit)} if inputs else set()
        before = layer.commit
        if touched:
            touching.append((layer, frozenset(touched)))
    return touching


def maker_of(path: str, layers: list[tuple[state.SourceLayer, frozenset[str]]]) -> str:
    """The layer that a file comes from, as messages call it."""
    for layer, touched in reversed(layers):
        if path in touched:
            return f"{layer.kind} {layer.name}".strip()
    return "the source"
