"""Where each image comes from: the engine has it, a registry has it under its content tag, or it is made here.

A content tag in a registry is believed only as far as the image says that it was made from what would be built; once it
is here, its files are compared too.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from difykit import docker
from difykit.core.errors import ConfigError, DifyKitError, Problem
from difykit.git import Store
from difykit.images import definition
from difykit.images.build import stage
from difykit.images.build.existing import layers_in, present, proof_of
from difykit.images.build.job import Job, Labels
from difykit.images.build.plan import BuildPlan, ImagePlan
from difykit.images.build.platforms import Platforms, platforms_for
from difykit.registry import Registry, RegistryLost, is_path
from difykit.workspace import state
from difykit.workspace.workspace import Workspace

VARIABLE = "DIFYKIT_REUSE"
# What `build` waits for is worth making here when it does not answer soon.
_PATIENCE = 5
# What of an image's labels follows from its inputs; the rest are names that people gave.
_SAYS = ("inputs", "strategy", "commit", "base_digest")


@dataclass(frozen=True)
class ImageOrigin:
    """Where one image comes from."""

    kind: str
    """there, registry, official, build; unknown without an engine."""
    reference: str = ""
    """In the registry, by its digest."""
    why: str = ""
    """Why the registry is not asked for it, or not believed."""

    def __str__(self) -> str:
        since = f": {self.why}" if self.why else ""
        return {
            "there": "the engine has it",
            "registry": f"comes from the registry: {self.reference}",
            "official": "is the official image under another name",
            "build": f"will be built{since}",
            "unknown": f"may be there already, or will be built{since}",
        }[self.kind]


def place_of(workspace: Workspace) -> str:
    """The registry path below which images are looked for; "" for nowhere.

    Raises ConfigError for what is no such path.
    """
    settings = workspace.settings.images
    from_environment = os.environ.get(VARIABLE, "")
    path = from_environment or settings.reuse
    if not path:
        return settings.prefix if is_path(settings.prefix) else ""
    if path != "none" and not is_path(path):
        key = VARIABLE if from_environment else "difykit.yaml: images.reuse"
        raise ConfigError([Problem(key, 0, f"{path!r} does not name a registry: a host and a path that ends in '/'")])
    return "" if path == "none" else path


def origins(workspace: Workspace, source: state.Source, store: Store, plan: BuildPlan) -> dict[str, ImageOrigin]:
    """Where `build` would take each image from; asks the engine and the registry, and brings nothing."""
    path = place_of(workspace)
    try:
        docker.need_engine()
        local = docker.inspect_all([image_plan.reference for image_plan in plan.images])
    except DifyKitError as error:
        return {image_plan.name: ImageOrigin("unknown", why=error.message) for image_plan in plan.images}
    present_origins = {
        image_plan.name: ImageOrigin("there")
        for image_plan in plan.images
        if present(image_plan, local.get(image_plan.reference))
    }
    missing = [image_plan for image_plan in plan.images if image_plan.name not in present_origins]
    labels = {
        image_plan.name: stage.labels(workspace, source, image_plan, layers_in(image_plan, source, store))
        for image_plan in missing
    }
    return present_origins | look(path, missing, labels, platforms_for(workspace, missing))


def look(
    registry_path: str, missing: Iterable[ImagePlan], labels: Labels, platforms: Platforms
) -> dict[str, ImageOrigin]:
    """Where images come from that the engine does not have. A registry that does not answer is asked once."""
    by_image: dict[str, ImageOrigin] = {}
    silent = ""
    registry: Registry | None = None
    for plan in missing:
        if plan.strategy == "official" or not registry_path or silent:
            kind = "official" if plan.strategy == "official" else "build"
            by_image[plan.name] = ImageOrigin(kind, why=silent if kind == "build" else "")
            continue
        host, _, path = registry_path.partition("/")
        try:
            registry = registry or Registry(host, docker.credentials(host), patience=_PATIENCE)
            wanted_platforms = platforms.requested.get(plan.name, (docker.engine_facts().platform,))
            repository = f"{path}{plan.repository.rpartition('/')[2]}"
            by_image[plan.name] = _in_registry(registry, repository, plan, wanted_platforms, labels[plan.name])
        except RegistryLost as error:
            silent = error.message
            by_image[plan.name] = ImageOrigin("build", why=silent)
        except DifyKitError as error:
            by_image[plan.name] = ImageOrigin("build", why=error.message)
    return by_image


def _in_registry(
    registry: Registry, repository: str, plan: ImagePlan, platforms: Iterable[str], expected: Mapping[str, str]
) -> ImageOrigin:
    manifest = registry.manifest(repository, plan.tag)
    if manifest is None:
        return ImageOrigin("build")
    name, facts, digest = f"{registry.name}/{repository}", docker.engine_facts(), manifest.digest
    for platform in platforms:
        built = registry.image_for(repository, manifest, platform)
        if built is None:
            return ImageOrigin("build", why=f"{name}:{plan.tag} is not there for {platform}")
        labels = (built[1].get("config") or {}).get("Labels") or {}
        if fault := _contradiction(labels, expected):
            return ImageOrigin("build", why=f"{name}:{plan.tag} holds another image: {fault}")
        definition.check_room(f"{name}:{plan.tag}", built[0])
        if facts.store != "classic" and platform == facts.platform:
            digest = built[0].digest  # of a list that it has in part such an engine can give nothing on
    return ImageOrigin("registry", f"{name}@{digest}")


def _contradiction(labels: Mapping[str, Any], expected: Mapping[str, str]) -> str:
    """What an image says of itself that is not so of the one that would be built, "" when nothing."""
    actual_origin, expected_origin = definition.ImageLabels.of(labels), definition.ImageLabels.of(expected)
    wrong = [(key, value) for key in _SAYS if (value := getattr(actual_origin, key)) != getattr(expected_origin, key)]
    return f"its labels say {wrong[0][0].replace('_', ' ')} {wrong[0][1]!r}" if wrong else ""


def take(
    job: Job, missing: Sequence[ImagePlan], labels: Labels, platforms: Platforms
) -> Iterator[tuple[ImagePlan, ImageOrigin]]:
    """Bring those of the images that a registry has, proved, under their own names; with what each has become.

    What keeps one from being taken is told, and it is left out.
    """
    by_image = look(place_of(job.workspace), missing, labels, platforms)
    for why in dict.fromkeys(origin.why for origin in by_image.values() if origin.why):
        job.progress.warn(f"{why}; so it is built")
    for plan in missing:
        origin = by_image[plan.name]
        if origin.kind != "registry":
            continue
        if fault := _bring(job, plan, origin.reference):
            job.progress.warn(f"{plan.name}: {fault}; so it is built")
            docker.untag(origin.reference)
        else:
            yield plan, origin


def _bring(job: Job, plan: ImagePlan, reference: str) -> str:
    """Pull an image, see that it is what would be built, and name it; why not, "" when all is well."""
    try:
        with job.progress.step(f"pull {reference}"):
            info = docker.pull(reference, job.progress.line)
    except DifyKitError as error:
        return error.message
    if present(plan, info) is None:
        return f"{reference} is another image"
    proof = proof_of(plan, reference, job.store, str(job.workspace.root))
    if proof and proof.faults:
        return f"{reference} says that it was made from the same, and {proof.faults[0].text}"
    docker.tag(reference, plan.reference)
    # Of the same repository it goes with the tag, and tells that a registry has the image.
    if reference.partition("@")[0] != plan.repository:
        docker.untag(reference)
    job.progress.ok(f"{plan.name}: {plan.reference} is {reference}; {proof or 'made from the same files'}")
    return ""
