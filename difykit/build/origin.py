"""Where each image comes from: the engine has it, a registry has it under its content tag, or it is made here.

A content tag in a registry is believed only as far as the image says that it was made from what would be built; once it
is here, its files are compared too.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from difykit import engine, image, state
from difykit.build import stage
from difykit.build.job import Job, Labels
from difykit.build.made import layers_in, present, proof_of
from difykit.build.plan import BuildPlan, ImagePlan
from difykit.build.platforms import Platforms, platforms_for
from difykit.errors import ConfigError, DifyKitError, Problem
from difykit.git import Store
from difykit.registry import Registry, RegistryLost, is_path
from difykit.workspace import Workspace

VARIABLE = "DIFYKIT_REUSE"
# What `build` waits for is worth making here when it does not answer soon.
_PATIENCE = 5
# What of an image's labels follows from its inputs; the rest are names that people gave.
_SAYS = ("inputs", "strategy", "commit", "base_digest")


@dataclass(frozen=True)
class Origin:
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
    given = os.environ.get(VARIABLE, "")
    place = given or settings.reuse
    if not place:
        return settings.prefix if is_path(settings.prefix) else ""
    if place != "none" and not is_path(place):
        where = VARIABLE if given else "difykit.yaml: images.reuse"
        raise ConfigError(
            [Problem(where, 0, f"{place!r} does not name a registry: a host and a path that ends in '/'")]
        )
    return "" if place == "none" else place


def origins(workspace: Workspace, source: state.Source, store: Store, plan: BuildPlan) -> dict[str, Origin]:
    """Where `build` would take each image from; asks the engine and the registry, and brings nothing."""
    place = place_of(workspace)
    try:
        engine.need_engine()
        here = engine.inspect_all([one.reference for one in plan.images])
    except DifyKitError as error:
        return {one.name: Origin("unknown", why=error.message) for one in plan.images}
    found = {one.name: Origin("there") for one in plan.images if present(one, here.get(one.reference))}
    missing = [one for one in plan.images if one.name not in found]
    labels = {one.name: stage.labels(workspace, source, one, layers_in(one, source, store)) for one in missing}
    return found | look(place, missing, labels, platforms_for(workspace, missing))


def look(place: str, missing: Iterable[ImagePlan], labels: Labels, platforms: Platforms) -> dict[str, Origin]:
    """Where images come from that the engine does not have. A registry that does not answer is asked once."""
    found: dict[str, Origin] = {}
    silent = ""
    asked: Registry | None = None
    for plan in missing:
        if plan.strategy == "official" or not place or silent:
            kind = "official" if plan.strategy == "official" else "build"
            found[plan.name] = Origin(kind, why=silent if kind == "build" else "")
            continue
        host, _, path = place.partition("/")
        try:
            asked = asked or Registry(host, engine.credentials(host), patience=_PATIENCE)
            wanted = platforms.wanted.get(plan.name, (engine.engine_facts().platform,))
            repository = f"{path}{plan.repository.rpartition('/')[2]}"
            found[plan.name] = _held(asked, repository, plan, wanted, labels[plan.name])
        except RegistryLost as error:
            silent = error.message
            found[plan.name] = Origin("build", why=silent)
        except DifyKitError as error:
            found[plan.name] = Origin("build", why=error.message)
    return found


def _held(
    asked: Registry, repository: str, plan: ImagePlan, platforms: Iterable[str], wanted: Mapping[str, str]
) -> Origin:
    held = asked.manifest(repository, plan.tag)
    if held is None:
        return Origin("build")
    name, facts, digest = f"{asked.name}/{repository}", engine.engine_facts(), held.digest
    for platform in platforms:
        found = asked.image_for(repository, held, platform)
        if found is None:
            return Origin("build", why=f"{name}:{plan.tag} is not there for {platform}")
        labels = (found[1].get("config") or {}).get("Labels") or {}
        if fault := _other(labels, wanted):
            return Origin("build", why=f"{name}:{plan.tag} holds another image: {fault}")
        image.check_room(f"{name}:{plan.tag}", found[0])
        if facts.store != "classic" and platform == facts.platform:
            digest = found[0].digest  # of a list that it has in part such an engine can give nothing on
    return Origin("registry", f"{name}@{digest}")


def _other(labels: Mapping[str, Any], wanted: Mapping[str, str]) -> str:
    """What an image says of itself that is not so of the one that would be built, "" when nothing."""
    said, ours = image.Origin.of(labels), image.Origin.of(wanted)
    wrong = [(key, found) for key in _SAYS if (found := getattr(said, key)) != getattr(ours, key)]
    return f"its labels say {wrong[0][0].replace('_', ' ')} {wrong[0][1]!r}" if wrong else ""


def take(
    job: Job, missing: Sequence[ImagePlan], labels: Labels, platforms: Platforms
) -> Iterator[tuple[ImagePlan, Origin]]:
    """Bring those of the images that a registry has, proved, under their own names; with what each has become.

    What keeps one from being taken is told, and it is left out.
    """
    found = look(place_of(job.workspace), missing, labels, platforms)
    for why in dict.fromkeys(each.why for each in found.values() if each.why):
        job.progress.warn(f"{why}; so it is built")
    for plan in missing:
        origin = found[plan.name]
        if origin.kind != "registry":
            continue
        if fault := _bring(job, plan, origin.reference):
            job.progress.warn(f"{plan.name}: {fault}; so it is built")
            engine.untag(origin.reference)
        else:
            yield plan, origin


def _bring(job: Job, plan: ImagePlan, reference: str) -> str:
    """Pull an image, see that it is what would be built, and name it; why not, "" when all is well."""
    try:
        with job.progress.step(f"pull {reference}"):
            info = engine.pull(reference, job.progress.line)
    except DifyKitError as error:
        return error.message
    if present(plan, info) is None:
        return f"{reference} is another image"
    proof = proof_of(plan, reference, job.store, str(job.workspace.root))
    if proof and proof.faults:
        return f"{reference} says that it was made from the same, and {proof.faults[0].text}"
    engine.tag(reference, plan.reference)
    # Of the same repository it goes with the tag, and tells that a registry has the image.
    if reference.partition("@")[0] != plan.repository:
        engine.untag(reference)
    job.progress.ok(f"{plan.name}: {plan.reference} is {reference}; {proof or 'made from the same files'}")
    return ""
