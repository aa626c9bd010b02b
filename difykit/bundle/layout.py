"""Images as files: an OCI image layout that is an archive of `docker save` too, with each blob once.

An image is its manifest, the configuration and the layers that this names. Of what an engine or a registry has, one
platform is taken.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from difykit import docker
from difykit.bundle.record import BLOBS, BundledImage
from difykit.core.errors import DifyKitError
from difykit.registry import CONFIG, IMAGE, INDEX, as_json, described, digest_of, entry, split

_LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
OCI_LAYOUT = b'{"imageLayoutVersion":"1.0.0"}'


@dataclass(frozen=True)
class ImageLayout:
    """An image that is to go into a bundle: its manifest, and the digest and size of each of its other blobs."""

    reference: str
    kind: str
    manifest: bytes
    platform: str

    @property
    def digest(self) -> str:
        return digest_of(self.manifest)

    @property
    def value(self) -> dict[str, Any]:
        manifest: dict[str, Any] = json.loads(self.manifest)
        return manifest

    @property
    def config(self) -> str:
        """The digest of its configuration, by which an engine knows it."""
        return str(self.value["config"]["digest"])

    @property
    def layers(self) -> list[str]:
        return [str(layer["digest"]) for layer in self.value["layers"]]

    @property
    def blobs(self) -> dict[str, int]:
        """Each blob but the manifest by its digest, with its size."""
        value = self.value
        return {str(blob["digest"]): int(blob["size"]) for blob in (value["config"], *value["layers"])}

    @property
    def size(self) -> int:
        return len(self.manifest) + sum(self.blobs.values())

    @property
    def bundled(self) -> BundledImage:
        return BundledImage(reference=self.reference, id=self.config, digest=self.digest, size=self.size)


def made_manifest(config: tuple[str, int], layers: Iterable[tuple[str, int]]) -> bytes:
    """The manifest of an image that an engine gave without one, by the digests and sizes of its packed blobs."""
    return as_json(
        {
            "schemaVersion": 2,
            "mediaType": IMAGE,
            "config": described(CONFIG, *config),
            "layers": [described(_LAYER, *layer) for layer in layers],
        }
    )


def index(images: Sequence[ImageLayout]) -> bytes:
    """`index.json`, which names each image in the two ways that tools look for."""
    return as_json({"schemaVersion": 2, "mediaType": INDEX, "manifests": [_entry(i) for i in images]})


def _entry(image: ImageLayout) -> dict[str, Any]:
    name, tag = tagged(image.reference)
    named = {"io.containerd.image.name": f"{full_name(name)}:{tag}", "org.opencontainers.image.ref.name": tag}
    return {**entry(image.platform, image.kind, image.digest, len(image.manifest)), "annotations": named}


def archive_manifest(images: Sequence[ImageLayout]) -> bytes:
    """`manifest.json`, as `docker save` writes it and `docker load` reads it."""
    return as_json(
        [
            {
                "Config": blob_path(image.config),
                "RepoTags": [":".join(tagged(image.reference))],
                "Layers": [blob_path(digest) for digest in image.layers],
            }
            for image in images
        ]
    )


def blob_path(digest: str) -> str:
    """Where a blob is in a bundle."""
    return BLOBS + digest.removeprefix("sha256:")


def tagged(reference: str) -> tuple[str, str]:
    """Name and tag; what is named by a digest alone gets a tag made of it, since `docker load` knows tags only."""
    plain, separator, digest = reference.partition("@")
    folder, colon, tag = plain.rpartition(":")
    if colon and "/" not in tag:
        return folder, tag
    return plain, digest.replace(":", "-") if separator else "latest"


def full_name(name: str) -> str:
    """An image's name with its registry, and `library/` where Docker Hub has it."""
    host = docker.registry_of(name)
    return f"{host}/{split(name, host)[0]}"


def layout_of(image: BundledImage, blobs: Mapping[str, bytes], platform: str) -> ImageLayout:
    """The layout of an image out of a bundle. Raises DifyKitError when its manifest is not an image's."""
    raw = blobs[image.digest]
    try:
        image_layout = ImageLayout(image.reference, str(json.loads(raw).get("mediaType", IMAGE)), raw, platform)
        intact = image_layout.bundled == image
    except (ValueError, KeyError, TypeError, AttributeError):
        intact = False
    if not intact:
        raise DifyKitError(
            f"this is not a bundle that difykit wrote: {image.reference} has another manifest; nothing was touched",
            hint="carry it over anew",
        )
    return image_layout
