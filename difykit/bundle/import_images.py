"""A bundle's images into the engine: in one stream, and of them only what is missing."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from difykit import docker
from difykit.bundle import archive, layout
from difykit.bundle.archive import Bundle
from difykit.bundle.byte_count import ByteMeter, mb
from difykit.bundle.layout import ImageLayout, blob_path, tagged
from difykit.bundle.record import BundledImage
from difykit.core.errors import CommandFailed, DifyKitError, EngineLost
from difykit.core.progress import Progress

# What an engine needs at the very least while it unpacks: the packed layers, and those that they become.
_ROOM = 3


def name_of(image: BundledImage) -> str:
    """The name that an engine has an image by."""
    return ":".join(tagged(image.reference))


def missing(bundle: Bundle) -> list[BundledImage]:
    """The images that the engine lacks, or has others of that name. Raises CommandFailed when no engine answers."""
    loaded = docker.inspect_all([name_of(image) for image in bundle.record.images])
    return [image for image in bundle.record.images if not is_it(image, loaded.get(name_of(image)))]


def is_it(image: BundledImage, info: docker.ImageInfo | None) -> bool:
    """Whether the engine's image is the bundle's; a store of containerd knows it by its manifest."""
    return info is not None and info.id in {image.id, image.digest}


def check_engine(bundle: Bundle, images: Sequence[BundledImage]) -> None:
    """Raises DifyKitError when the engine cannot take the images: their names, their platform, their size."""
    facts = docker.engine_facts()
    own = facts.platform
    if own.split("/")[:2] != bundle.record.platform.split("/")[:2]:
        raise DifyKitError(
            f"the bundle is for {bundle.record.platform}, and this engine runs {own}; nothing was touched",
            hint=f"difykit bundle.save --platform {own} makes one for it; --to puts this one into a registry",
        )
    by_digest = [image.reference for image in bundle.record.images if "@" in image.reference]
    if by_digest and facts.store == "classic":
        raise DifyKitError(
            f"this engine's image store can name an image by its digest only when a registry gave it:"
            f" {', '.join(by_digest)}; nothing was touched",
            hint="give it a registry: difykit bundle.load FILE --to REGISTRY/PATH/, or name those images by a tag",
        )
    need = _ROOM * sum(_sizes(_layouts(bundle, images)).values())
    free = shutil.disk_usage(facts.root).free if facts.local and Path(facts.root).is_dir() else need
    if free < need:
        raise DifyKitError(
            f"the images take {mb(need)} at the least while the engine unpacks them, and its disk has {mb(free)};"
            " nothing was touched",
            hint=f"make room in {facts.root}: docker system df",
        )


def load_images(bundle: Bundle, images: Sequence[BundledImage], progress: Progress) -> None:
    """Load the images, and see that the engine has the very ones then.

    Raises DifyKitError when it refuses, or has others. A run that is cut off leaves whole images or none.
    """
    if not images:
        progress.skip("the engine has all images")
        return
    try:
        with progress.step(f"load {len(images)} images into the engine"), docker.loading() as write:
            for chunk in _stream(bundle, _layouts(bundle, images), progress):
                write(chunk)
    except EngineLost:
        raise
    except CommandFailed as error:
        reasons = error.output.strip().splitlines()[-1:] or ["without a reason"]
        text = f"the engine does not take the images: {reasons[0]}"
        raise DifyKitError(text, hint="docker info; then run bundle.load again") from error
    if wrong := [image.reference for image in missing(bundle) if image in images]:
        raise DifyKitError(
            f"the engine has another image now than the bundle as {', '.join(wrong)}",
            hint="does somebody else load or build there? Run bundle.load again",
        )
    progress.ok(f"the engine has {', '.join(name_of(image) for image in images)}")


def _layouts(bundle: Bundle, images: Sequence[BundledImage]) -> list[ImageLayout]:
    return [layout_in(bundle, image) for image in images]


def layout_in(bundle: Bundle, image: BundledImage) -> ImageLayout:
    """An image of the bundle. Raises DifyKitError when it is not there whole."""
    paths = {entry.path for entry in bundle.record.files}
    raw = {image.digest: bundle.read(blob_path(image.digest))} if blob_path(image.digest) in paths else {}
    image_layout = layout.layout_of(image, raw, bundle.record.platform)
    if lost := [digest for digest in image_layout.blobs if blob_path(digest) not in paths]:
        raise DifyKitError(
            f"{image.reference} lacks {lost[0]} in the bundle; nothing was touched", hint="bundle.save makes it anew"
        )
    return image_layout


def _sizes(images: Sequence[ImageLayout]) -> dict[str, int]:
    """All blobs of the images, each once."""
    sizes: dict[str, int] = {}
    for image in images:
        sizes |= {**image.blobs, image.digest: len(image.manifest)}
    return sizes


def _stream(bundle: Bundle, images: Sequence[ImageLayout], progress: Progress) -> Iterator[bytes]:
    """An archive of these images, as `docker load` reads it."""
    tops = {
        "oci-layout": layout.OCI_LAYOUT,
        "index.json": layout.index(images),
        "manifest.json": layout.archive_manifest(images),
    }
    for path, content in tops.items():
        yield archive.header(path, len(content)) + content + bytes(archive.padding(len(content)))
    sizes = _sizes(images)
    meter = ByteMeter("loading", progress, sum(sizes.values()))
    for digest, size in sorted(sizes.items()):
        yield archive.header(blob_path(digest), size)
        for chunk in bundle.chunks(blob_path(digest)):
            yield chunk
            meter.add(len(chunk))
        yield bytes(archive.padding(size))
    yield bytes(1024)
