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


def published(images_json: Path, source: Source, names: Iterable[str]) -> dict[str, str]:
    """Where each of the custom images is in a registry, by digest: name:tag → reference.

    `images_json` is the file that `publish` wrote. Raises DifyKitError when it is not there, is of another source, or
    lacks one.
    """
    references = {image.reference.partition("@")[0]: image.reference for image in images_of(images_json, source).images}
    tags = {name.rpartition(":")[2]: name for name in references}
    by_name = {
        name: references.get(name) or references.get(tags.get(name.rpartition(":")[2], ""), "") for name in names
    }
    if absent := [name for name, reference in by_name.items() if "@" not in reference]:
        raise DifyKitError(
            f"{images_json.name} has no digest of {', '.join(absent)}", hint="invoke publish writes it anew"
        )
    return by_name


def fetch_images(
    references: Mapping[str, str], platform: str, stage: BlobStore, progress: Progress
) -> list[ImageLayout]:
    """The images, each by where it is in a registry, with all their blobs in the stage.

    A connection that breaks is taken up again, blob by blob. Raises DifyKitError when one is not to be had.
    """
    return [_fetch(name, remote_name, platform, stage, progress) for name, remote_name in references.items()]


def _fetch(name: str, remote_name: str, platform: str, stage: BlobStore, progress: Progress) -> ImageLayout:
    host = docker.registry_of(remote_name)
    registry = Registry(host, docker.credentials(host))
    repository, reference = split(remote_name, host)
    manifest = persistently(lambda: _manifest_for(registry, repository, reference, remote_name, platform), progress)
    kind = manifest.kind or str(manifest.value.get("mediaType", IMAGE))
    image_layout = ImageLayout(name, kind, manifest.body, platform)
    missing = {digest: size for digest, size in image_layout.blobs.items() if not stage.has(digest)}
    if not missing:
        progress.skip(f"{name}: fetched before")
        return image_layout
    meter = ByteMeter(f"fetching {remote_name}", progress, sum(missing.values()))
    with progress.step(f"fetch {remote_name} for {platform}"):
        for digest, size in missing.items():
            persistently(partial(_keep, registry, repository, (digest, size), stage, meter), progress)
    actual_platform = _platform(stage.blob_path(image_layout.config), remote_name)
    if actual_platform != platform:
        raise _absent(remote_name, platform, actual_platform)
    return image_layout


def _platform(config: Path, remote_name: str) -> str:
    """The platform that an image's configuration says. Raises DifyKitError for what is no configuration."""
    try:
        small = config.stat().st_size <= SMALL
        return platform_of(configuration(files.read_bytes(config, limit=files.STATE) if small else b""))
    except Unfit as error:
        raise DifyKitError(
            f"{remote_name} has no configuration of an image: {error}", hint="whoever pushed it can push it again"
        ) from None


def _keep(registry: Registry, repository: str, blob: tuple[str, int], stage: BlobStore, meter: ByteMeter) -> None:
    digest, size = blob

    def chunks() -> Iterable[bytes]:
        for chunk in fetch(registry, repository, digest, size=size):
            meter.add(len(chunk))
            yield chunk

    stage.add(chunks(), digest, f"{registry.name}/{repository}")


def _manifest_for(registry: Registry, repository: str, reference: str, remote_name: str, platform: str) -> Held:
    """The manifest for the platform."""
    manifest = registry.manifest(repository, reference)
    if manifest is None:
        raise DifyKitError(f"the registry {registry.name} has no {remote_name}", hint="are its name and tag right?")
    if not manifest.is_index:
        return manifest
    entries = {
        entry_platform: str(entry["digest"])
        for entry_platform, entry in registry.entries(repository, manifest)
        if entry_platform
    }
    platform_manifest = registry.manifest(repository, entries[platform]) if platform in entries else None
    if platform_manifest is None or platform_manifest.is_index:
        raise _absent(remote_name, platform, ", ".join(sorted(entries)))
    return platform_manifest


def _absent(remote_name: str, platform: str, available: str) -> DifyKitError:
    return DifyKitError(
        f"{remote_name} is not there for {platform}, only for {available}",
        hint=f"a custom image: invoke publish --platform {platform};"
        f" another one: --platform {available.partition(',')[0]}",
    )
