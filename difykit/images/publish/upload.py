"""Carrying it out: ask the registry first, send what it lacks, see that it holds what was built, then move the tags."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from difykit import docker
from difykit.core import files
from difykit.core.errors import DifyKitError
from difykit.core.progress import Progress
from difykit.images.publish.attest import attest, attested_kinds, lacking
from difykit.images.publish.other_platform import index
from difykit.images.publish.plan import PublishTarget, plan_publish
from difykit.images.publish.platforms import (
    Entries,
    OfficialPlatforms,
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
from difykit.images.publish.sbom import need_scanner
from difykit.images.publish.send import check_same, persistently, push
from difykit.registry import INDEX, Held, Registry
from difykit.workspace import state
from difykit.workspace.workspace import Workspace

FILE = "images.json"


@dataclass(frozen=True)
class _Job:
    """One image, and what the registry has of it before."""

    target: PublishTarget
    location: Place
    manifest: Held | None
    entries: Entries
    attachments: tuple[Mapping[str, Any], ...]
    platforms: tuple[str, ...]
    """What its tag shall be there for; () for one image without a list."""
    local_platforms: tuple[str, ...]
    """Those of the missing ones that the engine's image is there for."""
    official: OfficialPlatforms | None
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
        return tuple(platform for platform in self.platforms if platform not in {*self.entries, self.target.platform})

    @property
    def complete(self) -> bool:
        attested = not dict(lacking(self.entries, self.kinds, self.attested))
        return attested and {*self.platforms, self.target.platform} <= self.entries.keys()

    @property
    def scans(self) -> bool:
        """Whether a list of what is in an image is to be made."""
        scanning = [kind for kind in self.kinds if kind == "sbom"]
        complete = {*self.platforms} <= self.entries.keys() and not dict(lacking(self.entries, scanning, self.attested))
        return bool(scanning) and not complete


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
    docker.need_engine()
    built = docker.inspect_all([image.reference.partition("@")[0] for image in images.images])
    _check_built(images, built)
    own = {name: info.platform for name, info in built.items()}
    targets = plan_publish(images, source.release, prefix or workspace.settings.images.prefix, tags, own)
    if not targets:
        return ()
    registry = Registry(targets[0].registry, docker.credentials(targets[0].registry))
    kinds = tuple(kind for kind, enabled in (("provenance", provenance), ("sbom", sbom)) if enabled)
    jobs = [_look(workspace, registry, target, platforms, kinds) for target in targets]
    if check:
        return tuple(_shown(job, job.manifest, 0) for job in jobs if job.manifest)
    if any(job.scans for job in jobs):
        need_scanner()
    published = []
    for job in jobs:
        manifest, pushed = _bring(job, progress)
        for tag in job.target.tags:
            if (tagged := registry.manifest(job.target.repository, tag)) is None or tagged.digest != manifest.digest:
                registry.put(job.target.repository, tag, manifest)
                progress.ok(f"{job.target.image.name}: {job.target.repository}:{tag}")
        published.append(_shown(job, manifest, pushed))
    _write(workspace.root / FILE, images.source, published)
    progress.ok(f"{FILE}: {len(published)} images by digest")
    return tuple(published)


def _check_built(images: state.BuiltImages, built: Mapping[str, docker.ImageInfo]) -> None:
    """See that the engine's images are those that build made and proved. Raises DifyKitError for another one."""
    for image in images.images:
        info = built.get(image.reference.partition("@")[0])
        if info and info.id != image.image_id:
            raise DifyKitError(
                f"the image {image.reference} is not the one that was built: it is {info.id[7:19]}, and build made"
                f" {image.image_id[7:19]}; nothing was pushed",
                hint=f"make it again: docker image rm {image.reference.partition('@')[0]}; invoke build publish",
            )


def _look(
    workspace: Workspace, registry: Registry, target: PublishTarget, platforms: Sequence[str], kinds: tuple[str, ...]
) -> _Job:
    """What is there, and whether the rest can be made. Raises DifyKitError when it cannot."""
    location = Place(registry, target.repository)
    manifest = registry.manifest(target.repository, target.content)
    entries, attachments = entries_there(location, manifest) if manifest else ({}, ())
    requested = wanted_platforms(platforms, workspace.settings.images.platforms, target.platform)
    copied = held_in_part(workspace, target)
    for platform in [target.platform] if target.platform in entries else list(entries)[:1]:
        image_manifest = registry.manifest(target.repository, str(entries[platform]["digest"]))
        if image_manifest is None:
            raise DifyKitError(
                f"{target.reference} names an image for {platform} that the registry does not have",
                hint="remove that tag in the registry, if nobody uses it; then: invoke publish",
            )
        if copied and is_official(copied, platform, image_manifest):
            continue
        joins = platform != target.platform and target.image.strategy == "official"
        if not (joins and is_official(official_of(workspace, target), platform, image_manifest)):
            check_same(registry, target, image_manifest, manifest.digest if manifest else "")
    kinds = kinds if target.image.strategy != "official" else ()  # what is Dify's own is Dify's to attest
    if kinds or (entries and target.platform not in entries):
        requested = requested or (target.platform,)  # a list, also of one; or it joins those that are there
    attested = attested_kinds(location, attachments) if kinds else {}
    job = _Job(target, location, manifest, entries, attachments, requested, (), copied, bool(copied), attested, kinds)
    if copied:
        check_official(copied, [*job.missing, target.platform])
        return job
    local_platforms = tuple(
        platform for platform in job.missing if docker.has_platform(target.local, platform, str(workspace.root))
    )
    foreign = [platform for platform in job.missing if platform not in local_platforms]
    check_possible(workspace, target, foreign)
    job = replace(job, local_platforms=local_platforms)
    if not foreign:
        return job
    official = official_of(workspace, target)
    check_official(official, foreign)
    return replace(job, official=official)


def _bring(job: _Job, progress: Progress) -> tuple[Held, int]:
    """Send what is missing: what the content tag holds then, and the bytes that went."""
    target = job.target
    if job.manifest and job.complete:
        progress.skip(f"{target.image.name}: {target.reference} is there")
        return job.manifest, 0
    if job.copied:
        manifest, pushed = _bring_official(job, progress)
    elif job.platforms:
        manifest, pushed = _bring_all(job, progress)
    else:
        manifest, pushed = push(job.location.registry, target, target.content, progress)
    progress.ok(f"{target.image.name}: {target.reference} ({pushed / 1e6:.2f} MB sent)")
    return manifest, pushed


def _bring_official(job: _Job, progress: Progress) -> tuple[Held, int]:
    """The official image from its own registry, alone or as a list."""
    target, location, sent = job.target, job.location, [0]
    assert job.official
    official = job.official

    def on_bytes(count: int) -> None:
        sent[0] += count
        progress.line(f"{sent[0] / 1e6:.1f} MB sent")

    def bring() -> Held:
        entries = dict(job.entries)
        requested = [platform for platform in job.platforms or (target.platform,) if platform not in entries]
        entries.update(copy_official(location, official, requested, on_bytes))
        manifest = Held.of(index(entries, job.attachments), INDEX)
        if not job.platforms:
            manifest = location.described(str(entries[target.platform]["digest"]))[0]
        location.registry.put(location.repository, target.content, manifest)
        return manifest

    with progress.step(f"{target.reference} from the registry of {official.name}"):
        return persistently(bring, progress), sent[0]


def _bring_all(job: _Job, progress: Progress) -> tuple[Held, int]:
    """The engine's own image under a tag of its own, the others beside it, and then the list of them."""
    target, location = job.target, job.location
    entries, attachments, sent = dict(job.entries), job.attachments, [0]
    if job.local_platforms or target.platform not in entries:
        tag = f"{target.content}-{'built' if job.local_platforms else target.platform.replace('/', '-')}"
        own, sent[0] = push(location.registry, target, tag, progress)
        pushed_entries, extra_attachments = entries_there(location, own)
        entries = {platform: pushed_entries[platform] for platform in (*job.local_platforms, target.platform)} | entries
        attachments = (*attachments, *extra_attachments)
    digest = str(entries[target.platform]["digest"])

    def on_bytes(count: int) -> None:
        sent[0] += count
        progress.line(f"{sent[0] / 1e6:.1f} MB sent")

    def complete_index() -> Held:
        missing = [platform for platform in job.missing if platform not in entries]
        if job.official:
            entries.update(make_others(location, digest, job.official, missing, on_bytes))
        new_attachments = tuple(attest(location, dict(lacking(entries, job.kinds, job.attested)), progress, on_bytes))
        manifest = Held.of(index(entries, (*attachments, *new_attachments)), INDEX)
        location.registry.put(location.repository, target.content, manifest)
        return manifest

    with progress.step(f"{target.reference} for {', '.join(job.platforms)}"):
        return persistently(complete_index, progress), sent[0]


def _shown(job: _Job, manifest: Held, pushed: int) -> state.PublishedImage:
    target = job.target
    entries, _ = entries_there(job.location, manifest)
    own_entry = entries.get(target.platform) or next(iter(entries.values()), None)
    if own_entry is None:
        raise DifyKitError(
            f"{target.reference} is an index without an image",
            hint="remove that tag in the registry, if nobody uses it",
        )
    image_manifest = (
        job.location.registry.manifest(target.repository, str(own_entry["digest"])) if manifest.is_index else manifest
    )
    named = {**target.image.model_dump(), "reference": f"{target.reference}@{manifest.digest}"}
    return state.PublishedImage(
        **named,
        digest=manifest.digest,
        size=image_manifest.size if image_manifest else 0,
        pushed=pushed,
        tags=target.tags,
        platforms=tuple(sorted(entries)),
    )


def _write(path: Path, source: str, published: Sequence[state.PublishedImage]) -> None:
    value = {"source": source, "images": [image.model_dump() for image in published]}
    files.write(path, json.dumps(value, indent=1) + "\n")
