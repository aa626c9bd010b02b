"""Carrying it out: ask the registry first, send what it lacks, see that it holds what was built, then move the tags."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from difykit import engine, files, state
from difykit.errors import DifyKitError
from difykit.progress import Progress
from difykit.publish.attest import attest, known, lacking
from difykit.publish.grow import index
from difykit.publish.plan import Target, plan_publish
from difykit.publish.platforms import (
    Entries,
    Official,
    Place,
    check_official,
    check_possible,
    copy_official,
    entries_there,
    held_in_part,
    is_official,
    make_others,
    official_of,
    wanted_platforms,
)
from difykit.publish.sbom import need_scanner
from difykit.publish.send import check_same, persistently, push
from difykit.registry import INDEX, Held, Registry
from difykit.workspace import Workspace

FILE = "images.json"


@dataclass(frozen=True)
class _Job:
    """One image, and what the registry has of it before."""

    target: Target
    place: Place
    held: Held | None
    there: Entries
    beside: tuple[Mapping[str, Any], ...]
    platforms: tuple[str, ...]
    """What its tag shall be there for; () for one image without a list."""
    here: tuple[str, ...]
    """Those of the missing ones that the engine's image is there for."""
    official: Official | None
    """Where others are to be made from it."""
    copied: bool
    """Whether it is the official image itself, which comes from its own registry."""
    attested: Mapping[str, frozenset[str]]
    """What is attested of images already, by their digests."""
    kinds: tuple[str, ...]
    """What is to be attested of each image: provenance, sbom."""

    @property
    def missing(self) -> tuple[str, ...]:
        """The platforms that are wanted and not there, but for the engine's own."""
        return tuple(each for each in self.platforms if each not in {*self.there, self.target.platform})

    @property
    def complete(self) -> bool:
        said = not dict(lacking(self.there, self.kinds, self.attested))
        return said and {*self.platforms, self.target.platform} <= self.there.keys()

    @property
    def scans(self) -> bool:
        """Whether a list of what is in an image is to be made."""
        asked = [kind for kind in self.kinds if kind == "sbom"]
        there = {*self.platforms} <= self.there.keys() and not dict(lacking(self.there, asked, self.attested))
        return bool(asked) and not there


def publish(
    workspace: Workspace,
    prefix: str,
    tags: Sequence[str],
    progress: Progress,
    *,
    platforms: Sequence[str] = (),
    provenance: bool = False,
    sbom: bool = False,
    check: bool = False,
) -> tuple[state.PublishedImage, ...]:
    """Bring the images of the present source into a registry; with `check`, only look what is there.

    A content tag is never moved: where it holds something else, nothing is pushed at all; images of more platforms may
    join the one that it holds, and, with `provenance` and `sbom`, attestations of where each comes from and what is in
    it. What is there already is not sent again; a connection that breaks is taken up again. Writes `images.json`, which
    `deploy --images` takes.
    Raises DifyKitError for what `plan_publish` refuses, for platforms that an image cannot be made for here, and when
    the registry refuses or stays away; MissingTool when `sbom` has no program for it.
    """
    source = state.need_source(workspace.derived, workspace.settings.upstream.ref)
    images = state.need_images(workspace.derived, source)
    engine.need_engine()
    here = engine.inspect_all([each.reference.partition("@")[0] for each in images.images])
    _check_built(images, here)
    own = {name: info.platform for name, info in here.items()}
    targets = plan_publish(images, source.release, prefix or workspace.settings.images.prefix, tags, own)
    if not targets:
        return ()
    asked = Registry(targets[0].registry, engine.credentials(targets[0].registry))
    kinds = tuple(kind for kind, wanted in (("provenance", provenance), ("sbom", sbom)) if wanted)
    jobs = [_look(workspace, asked, each, platforms, kinds) for each in targets]
    if check:
        return tuple(_shown(each, each.held, 0) for each in jobs if each.held)
    if any(job.scans for job in jobs):
        need_scanner()
    made = []
    for job in jobs:
        held, pushed = _bring(job, progress)
        for tag in job.target.tags:
            if (now := asked.manifest(job.target.repository, tag)) is None or now.digest != held.digest:
                asked.put(job.target.repository, tag, held)
                progress.ok(f"{job.target.image.name}: {job.target.repository}:{tag}")
        made.append(_shown(job, held, pushed))
    _write(workspace.root / FILE, images.source, made)
    progress.ok(f"{FILE}: {len(made)} images by digest")
    return tuple(made)


def _check_built(images: state.Images, here: Mapping[str, engine.ImageInfo]) -> None:
    """See that the engine's images are those that build made and proved. Raises DifyKitError for another one."""
    for image in images.images:
        info = here.get(image.reference.partition("@")[0])
        if info and info.id != image.image_id:
            raise DifyKitError(
                f"the image {image.reference} is not the one that was built: it is {info.id[7:19]}, and build made"
                f" {image.image_id[7:19]}; nothing was pushed",
                hint=f"make it again: docker image rm {image.reference.partition('@')[0]}; invoke build publish",
            )


def _look(
    workspace: Workspace, asked: Registry, target: Target, platforms: Sequence[str], kinds: tuple[str, ...]
) -> _Job:
    """What is there, and whether the rest can be made. Raises DifyKitError when it cannot."""
    place = Place(asked, target.repository)
    held = asked.manifest(target.repository, target.content)
    there, beside = entries_there(place, held) if held else ({}, ())
    wanted = wanted_platforms(platforms, workspace.settings.images.platforms, target.platform)
    copied = held_in_part(workspace, target)
    for platform in [target.platform] if target.platform in there else list(there)[:1]:
        one = asked.manifest(target.repository, str(there[platform]["digest"]))
        if one is None:
            raise DifyKitError(
                f"{target.reference} names an image for {platform} that the registry does not have",
                hint="remove that tag in the registry, if nobody uses it; then: invoke publish",
            )
        if copied and is_official(copied, platform, one):
            continue
        joins = platform != target.platform and target.image.strategy == "official"
        if not (joins and is_official(official_of(workspace, target), platform, one)):
            check_same(asked, target, one, held.digest if held else "")
    kinds = kinds if target.image.strategy != "official" else ()  # what is Dify's own is Dify's to attest
    if kinds or (there and target.platform not in there):
        wanted = wanted or (target.platform,)  # a list, also of one; or it joins those that are there
    had = known(place, beside) if kinds else {}
    job = _Job(target, place, held, there, beside, wanted, (), copied, bool(copied), had, kinds)
    if copied:
        check_official(copied, [*job.missing, target.platform])
        return job
    here = tuple(each for each in job.missing if engine.has_platform(target.local, each, str(workspace.root)))
    others = [each for each in job.missing if each not in here]
    check_possible(workspace, target, others)
    job = replace(job, here=here)
    if not others:
        return job
    official = official_of(workspace, target)
    check_official(official, others)
    return replace(job, official=official)


def _bring(job: _Job, progress: Progress) -> tuple[Held, int]:
    """Send what is missing: what the content tag holds then, and the bytes that went."""
    target = job.target
    if job.held and job.complete:
        progress.skip(f"{target.image.name}: {target.reference} is there")
        return job.held, 0
    if job.copied:
        held, pushed = _bring_official(job, progress)
    elif job.platforms:
        held, pushed = _bring_all(job, progress)
    else:
        held, pushed = push(job.place.registry, target, target.content, progress)
    progress.ok(f"{target.image.name}: {target.reference} ({pushed / 1e6:.2f} MB sent)")
    return held, pushed


def _bring_official(job: _Job, progress: Progress) -> tuple[Held, int]:
    """The official image from its own registry, alone or as a list."""
    target, place, sent = job.target, job.place, [0]
    assert job.official
    official = job.official

    def on_bytes(count: int) -> None:
        sent[0] += count
        progress.line(f"{sent[0] / 1e6:.1f} MB sent")

    def bring() -> Held:
        there = dict(job.there)
        wanted = [each for each in job.platforms or (target.platform,) if each not in there]
        there.update(copy_official(place, official, wanted, on_bytes))
        held = Held.of(index(there, job.beside), INDEX)
        if not job.platforms:
            held = place.described(str(there[target.platform]["digest"]))[0]
        place.registry.put(place.repository, target.content, held)
        return held

    with progress.step(f"{target.reference} from the registry of {official.name}"):
        return persistently(bring, progress), sent[0]


def _bring_all(job: _Job, progress: Progress) -> tuple[Held, int]:
    """The engine's own image under a tag of its own, the others beside it, and then the list of them."""
    target, place = job.target, job.place
    there, beside, sent = dict(job.there), job.beside, [0]
    if job.here or target.platform not in there:
        tag = f"{target.content}-{'built' if job.here else target.platform.replace('/', '-')}"
        own, sent[0] = push(place.registry, target, tag, progress)
        found, more = entries_there(place, own)
        there = {each: found[each] for each in (*job.here, target.platform)} | there
        beside = (*beside, *more)
    digest = str(there[target.platform]["digest"])

    def on_bytes(count: int) -> None:
        sent[0] += count
        progress.line(f"{sent[0] / 1e6:.1f} MB sent")

    def others() -> Held:
        missing = [each for each in job.missing if each not in there]
        if job.official:
            there.update(make_others(place, digest, job.official, missing, on_bytes))
        more = tuple(attest(place, dict(lacking(there, job.kinds, job.attested)), progress, on_bytes))
        held = Held.of(index(there, (*beside, *more)), INDEX)
        place.registry.put(place.repository, target.content, held)
        return held

    with progress.step(f"{target.reference} for {', '.join(job.platforms)}"):
        return persistently(others, progress), sent[0]


def _shown(job: _Job, held: Held, pushed: int) -> state.PublishedImage:
    target = job.target
    there, _ = entries_there(job.place, held)
    mine = there.get(target.platform) or next(iter(there.values()), None)
    if mine is None:
        raise DifyKitError(
            f"{target.reference} is an index without an image",
            hint="remove that tag in the registry, if nobody uses it",
        )
    one = job.place.registry.manifest(target.repository, str(mine["digest"])) if held.is_index else held
    named = {**target.image.model_dump(), "reference": f"{target.reference}@{held.digest}"}
    return state.PublishedImage(
        **named,
        digest=held.digest,
        size=one.size if one else 0,
        pushed=pushed,
        tags=target.tags,
        platforms=tuple(sorted(there)),
    )


def _write(place: Path, source: str, made: Sequence[state.PublishedImage]) -> None:
    value = {"source": source, "images": [each.model_dump() for each in made]}
    files.write(place, json.dumps(value, indent=1) + "\n")
