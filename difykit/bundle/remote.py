"""Images out of registries, for a platform that the engine does not have: the custom ones as they were published."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path

from difykit import docker
from difykit.bundle.blob_store import BlobStore
from difykit.bundle.byte_count import ByteMeter
from difykit.bundle.layout import ImageLayout
from difykit.core import files
from difykit.core.errors import DifyKitError
from difykit.core.progress import Progress
from difykit.images.publish import persistently
from difykit.registry import IMAGE, SMALL, Held, Registry, Unfit, configuration, fetch, platform_of, split
from difykit.workspace.state import Source, images_of


def published(place: Path, source: Source, names: Iterable[str]) -> dict[str, str]:
    """Where each of the custom images is in a registry, by digest: name:tag → reference.

    `place` is the `images.json` that `publish` wrote. Raises DifyKitError when it is not there, is of another source,
    or lacks one.
    """
    there = {each.reference.partition("@")[0]: each.reference for each in images_of(place, source).images}
    tags = {name.rpartition(":")[2]: name for name in there}
    found = {name: there.get(name) or there.get(tags.get(name.rpartition(":")[2], ""), "") for name in names}
    if absent := [name for name, reference in found.items() if "@" not in reference]:
        raise DifyKitError(f"{place.name} has no digest of {', '.join(absent)}", hint="invoke publish writes it anew")
    return found


def fetch_images(wanted: Mapping[str, str], platform: str, stage: BlobStore, progress: Progress) -> list[ImageLayout]:
    """The images, each by where it is in a registry, with all their blobs in the stage.

    A connection that breaks is taken up again, blob by blob. Raises DifyKitError when one is not to be had.
    """
    return [_fetch(name, there, platform, stage, progress) for name, there in wanted.items()]


def _fetch(name: str, there: str, platform: str, stage: BlobStore, progress: Progress) -> ImageLayout:
    host = docker.registry_of(there)
    registry = Registry(host, docker.credentials(host))
    repository, reference = split(there, host)
    held = persistently(lambda: _held(registry, repository, reference, there, platform), progress)
    kind = held.kind or str(held.value.get("mediaType", IMAGE))
    found = ImageLayout(name, kind, held.body, platform)
    missing = {digest: size for digest, size in found.blobs.items() if not stage.has(digest)}
    if not missing:
        progress.skip(f"{name}: fetched before")
        return found
    meter = ByteMeter(f"fetching {there}", progress, sum(missing.values()))
    with progress.step(f"fetch {there} for {platform}"):
        for digest, size in missing.items():
            persistently(partial(_keep, registry, repository, (digest, size), stage, meter), progress)
    said = _platform(stage.place(found.config), there)
    if said != platform:
        raise _absent(there, platform, said)
    return found


def _platform(config: Path, there: str) -> str:
    """The platform that an image's configuration says. Raises DifyKitError for what is no configuration."""
    try:
        small = config.stat().st_size <= SMALL
        return platform_of(configuration(files.read_bytes(config, limit=files.STATE) if small else b""))
    except Unfit as error:
        raise DifyKitError(
            f"{there} has no configuration of an image: {error}", hint="whoever pushed it can push it again"
        ) from None


def _keep(registry: Registry, repository: str, blob: tuple[str, int], stage: BlobStore, meter: ByteMeter) -> None:
    digest, size = blob

    def chunks() -> Iterable[bytes]:
        for chunk in fetch(registry, repository, digest, size=size):
            meter.add(len(chunk))
            yield chunk

    stage.put(chunks(), digest, f"{registry.name}/{repository}")


def _held(registry: Registry, repository: str, reference: str, there: str, platform: str) -> Held:
    """The manifest for the platform."""
    held = registry.manifest(repository, reference)
    if held is None:
        raise DifyKitError(f"the registry {registry.name} has no {there}", hint="are its name and tag right?")
    if not held.is_index:
        return held
    entries = {at: str(each["digest"]) for at, each in registry.entries(repository, held) if at}
    one = registry.manifest(repository, entries[platform]) if platform in entries else None
    if one is None or one.is_index:
        raise _absent(there, platform, ", ".join(sorted(entries)))
    return one


def _absent(there: str, platform: str, has: str) -> DifyKitError:
    return DifyKitError(
        f"{there} is not there for {platform}, only for {has}",
        hint=f"a custom image: invoke publish --platform {platform}; another one: --platform {has.partition(',')[0]}",
    )
