"""Images out of the engine, in one stream, each layer once; what an earlier save took is not taken again."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Any

from difykit import docker
from difykit.bundle.blob_store import BlobStore
from difykit.bundle.byte_count import ByteMeter
from difykit.bundle.layout import ImageLayout, made_manifest
from difykit.core import files
from difykit.core.errors import DifyKitError
from difykit.core.progress import Progress
from difykit.registry import IMAGE, digest_of, entries_of

_CHUNK = 1 << 20


@dataclass(frozen=True)
class Taken:
    """What is to be taken: images by their references, all of one platform."""

    images: Mapping[str, docker.ImageInfo]
    platform: str
    stage: BlobStore
    progress: Progress

    @property
    def layers(self) -> set[str]:
        return {layer for info in self.images.values() for layer in info.layers}


def collect_images(
    images: Mapping[str, docker.ImageInfo], platform: str, stage: BlobStore, progress: Progress
) -> list[ImageLayout]:
    """The images as the engine has them, with all their blobs in the stage.

    Raises CommandFailed when the engine does not give them, DifyKitError when it gives something else.
    """
    job = Taken(images, platform, stage, progress)
    containerd = docker.engine_facts().store == "containerd"
    staged = {name: image for name in images if (image := _staged(job, name, containerd=containerd))}
    if missing := [name for name in images if name not in staged]:
        with progress.step(f"take {len(missing)} images out of the engine"):
            manifests = _stream(job, missing, containerd=containerd)
        if containerd:
            _note_manifests(job, missing, manifests)
        staged |= {name: image for name in missing if (image := _staged(job, name, containerd=containerd))}
    if lost := [name for name in images if name not in staged]:
        raise DifyKitError(
            f"the engine gave {', '.join(lost)} without all of its layers",
            hint="docker image ls; run bundle.save again",
        )
    return [staged[name] for name in images]


def _stream(job: Taken, names: Sequence[str], *, containerd: bool) -> dict[str, Any]:
    try:
        with docker.saved(names) as source:
            return _read(job, source, containerd=containerd)
    except tarfile.TarError as error:
        raise DifyKitError(
            f"the engine broke off while it gave {', '.join(names)}: {error}",
            hint="is its disk full? docker info; then run bundle.save again: what came whole is kept",
        ) from error


def _staged(job: Taken, name: str, *, containerd: bool) -> ImageLayout | None:
    """An image that is in the stage whole."""
    info, stage = job.images[name], job.stage
    if containerd:  # the engine has manifests of its own, and knows the image by one
        digest = stage.packed(_mark(name, info.id))
        raw = files.read_bytes(stage.blob_path(digest), limit=files.STATE) if digest else b""
        image = ImageLayout(name, str(json.loads(raw).get("mediaType", IMAGE)), raw, job.platform) if raw else None
        return image if image and all(map(stage.has, image.blobs)) else None
    blobs = [stage.packed(layer) for layer in info.layers]
    if not (all(blobs) and stage.has(info.id)):
        return None
    manifest = made_manifest((info.id, stage.size(info.id)), [(blob, stage.size(blob)) for blob in blobs])
    return ImageLayout(name, IMAGE, manifest, job.platform)


def _mark(name: str, oid: str) -> str:
    return digest_of(f"{name}\0{oid}".encode())


def _read(job: Taken, source: IO[bytes], *, containerd: bool) -> dict[str, Any]:
    """Stage what the stream brings; its index, where blobs are kept as they are."""
    meter, layers = ByteMeter("taken", job.progress), job.layers
    configs = {info.id for info in job.images.values()}
    index: dict[str, Any] = {}
    with tarfile.open(fileobj=source, mode="r|") as archive:
        for member in archive:
            if not member.isreg():
                continue
            digest = f"sha256:{member.name.removesuffix('.json').rpartition('/')[2]}"
            chunks = _chunks(archive, member, meter)
            if member.name == "index.json":
                index = json.loads(b"".join(chunks))
            elif containerd and member.name.startswith("blobs/"):
                if not job.stage.has(digest):
                    job.stage.add(chunks, digest, member.name)
            elif digest in configs:
                job.stage.add(chunks, digest, member.name)
            elif member.name.endswith("/layer.tar") or digest in layers:  # engines before 25 name them otherwise
                _pack(job, digest, chunks)
    return index


def _pack(job: Taken, diff_id: str, chunks: Iterator[bytes]) -> None:
    if not job.stage.packed(diff_id):
        job.stage.pack(chunks)


def _chunks(archive: tarfile.TarFile, member: tarfile.TarInfo, meter: ByteMeter) -> Iterator[bytes]:
    handle = archive.extractfile(member)
    assert handle is not None
    while chunk := handle.read(_CHUNK):
        meter.add(len(chunk))
        yield chunk


def _note_manifests(job: Taken, names: Sequence[str], index: Mapping[str, Any]) -> None:
    """Remember which manifest each image has for the platform."""
    for name in names:
        for entry in index.get("manifests") or ():
            if not job.stage.has(str(entry["digest"])):
                continue  # of another platform, which the engine does not have
            if job.images[name].id in {str(entry["digest"]), _config_of(job.stage, str(entry["digest"]))}:
                digest = _of_platform(job.stage, str(entry["digest"]), job.platform)
                job.stage.note(_mark(name, job.images[name].id), digest)


def _config_of(stage: BlobStore, digest: str) -> str:
    return str((files.read_json(stage.blob_path(digest)).get("config") or {}).get("digest") or "")


def _of_platform(stage: BlobStore, digest: str, platform: str) -> str:
    value = files.read_json(stage.blob_path(digest))
    if "manifests" not in value:
        return digest
    digests = [str(entry["digest"]) for entry_platform, entry in entries_of(value) if entry_platform == platform]
    return digests[0] if digests else digest
