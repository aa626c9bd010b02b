"""One tag for several platforms: the image that build made, and those that the official images of the others become."""

from __future__ import annotations

import io
import tarfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from difykit import docker
from difykit.core.errors import DifyKitError
from difykit.images.definition import BuildMirrors, read_template
from difykit.images.publish.other_platform import Added, Described, added, grow, unchanged
from difykit.images.publish.plan import PublishTarget
from difykit.registry import PLATFORM, Held, Registry, copy, entry, plain_platform, split, upload
from difykit.release.compose import repository
from difykit.workspace.lock import read_lock
from difykit.workspace.workspace import Workspace

_SMALL, _UNPACKED, _PIECE = 16 << 20, 64 << 20, 16 << 10
_GZIP = b"\x1f\x8b"
Entries = dict[str, Mapping[str, Any]]


# What build can do, where engine and emulation allow it.
_WAYS = "invoke build makes it for all of images.platforms, or says why not (docker image rm it if it is older); or "


@dataclass(frozen=True)
class Place:
    """A repository of a registry."""

    registry: Registry
    repository: str

    def described(self, digest: str) -> tuple[Held, Described]:
        """An image by its digest. Raises DifyKitError when it is not there."""
        manifest = self.registry.manifest(self.repository, digest)
        if manifest is None:
            raise DifyKitError(
                f"the registry {self.registry.name} has no {self.repository}@{digest}",
                hint="invoke lock.refresh takes the digest that it has now",
            )
        if manifest.is_index:
            raise DifyKitError(
                f"the registry {self.registry.name} has a list of images as {self.repository}@{digest}, not an image",
                hint="whoever pushed it can push it again",
            )
        _, config = self.registry.config(self.repository, manifest)
        parts = {key: value for key, value in manifest.value.items() if key != "mediaType"}
        return manifest, Described({"mediaType": manifest.kind, **parts}, config)

    def entries(self, index: Held) -> tuple[tuple[str, Mapping[str, Any]], ...]:
        """As `Registry.entries`."""
        return self.registry.entries(self.repository, index)


@dataclass(frozen=True)
class OfficialPlatforms:
    """The official image that one stands on, for all its platforms."""

    name: str
    location: Place
    images: Mapping[str, str]
    """Platform → digest."""


def wanted_platforms(requested: Sequence[str], settings: Iterable[str], own: str) -> tuple[str, ...]:
    """The platforms that a tag shall have, with the engine's own; () where only that is spoken of.

    Raises DifyKitError for what is no platform.
    """
    if wrong := [platform for platform in requested if not PLATFORM.fullmatch(platform)]:
        raise DifyKitError(f"{', '.join(wrong)} is not a platform", hint="such as linux/amd64 or linux/arm64")
    named = [plain_platform(platform) for platform in requested] or [plain_platform(platform) for platform in settings]
    return tuple(sorted({*named, own})) if named else ()


def check_possible(workspace: Workspace, target: PublishTarget, missing: Iterable[str]) -> None:
    """Raises DifyKitError when the image cannot be made for other platforms than the engine's."""
    name, strategy = target.image.name, target.image.strategy
    if not (foreign := ", ".join(missing)):
        return
    ways = _WAYS if strategy in {"source", "own"} else ""
    why = f"is there for {target.platform} alone, from its own Dockerfile" if strategy in {"source", "own"} else ""
    folder, manifest = workspace.images.get(name, (None, None))
    if folder and manifest:
        template = read_template(folder, name, manifest.dockerfile) if manifest.replaces else None
        if manifest.apt or manifest.python:
            why = why or "has apt or python: programs of one platform"
        steps = template.steps if template else ()
        if any(step.keyword == "RUN" or any(flag.startswith("--from") for flag in step.flags) for step in steps):
            why = why or f"runs programs in images/{name}/{manifest.dockerfile}"
    if why:
        raise DifyKitError(
            f"{name} {why}, and without emulation that can only be done on a machine of the platform: {foreign};"
            " nothing was pushed",
            hint=f"{ways}publish --platform {target.platform} here, and the same with {foreign} on such a machine: both"
            " join under one tag",
        )


def official_of(workspace: Workspace, target: PublishTarget) -> OfficialPlatforms:
    """The official image in its registry, by the digest of difykit.lock. Raises DifyKitError where there is none."""
    lock = read_lock(workspace.lock_file)
    locked = lock.images if lock else {}
    names = [name for name in locked if repository(name) == target.image.replaces]
    if len(names) != 1:
        raise DifyKitError(
            f"difykit.lock has no digest of the official image of {target.image.name}, so its other platforms are not"
            " known",
            hint="invoke lock.refresh asks the registry for it; then invoke build",
        )
    name, digest = names[0], locked[names[0]]
    if official := _official(workspace, name, digest):
        return official
    raise DifyKitError(f"its registry has no {name}@{digest}", hint="invoke lock.refresh, invoke build")


def _official(workspace: Workspace, name: str, digest: str) -> OfficialPlatforms | None:
    mirrored = BuildMirrors.of(workspace.settings.mirrors).mirrored(name)
    host = docker.registry_of(mirrored)
    location = Place(Registry(host, docker.credentials(host)), split(mirrored, host)[0])
    manifest = location.registry.manifest(location.repository, digest)
    if manifest is None:
        return None
    if not manifest.is_index:
        platform = location.described(digest)[1].platform
        return OfficialPlatforms(name, location, {platform: digest})
    return OfficialPlatforms(
        name, location, {platform: str(listed["digest"]) for platform, listed in location.entries(manifest) if platform}
    )


def held_in_part(workspace: Workspace, target: PublishTarget) -> OfficialPlatforms | None:
    """The official image that goes under another name, where the engine itself cannot push it.

    Containerd's store knows it by the digest of its list, and has it for one platform of that. None where no registry
    is known to have it: it may have been made here, and then the engine has all of it.
    """
    image = target.image
    if image.strategy != "official" or docker.engine_facts().store == "classic":
        return None
    try:
        return _official(workspace, image.replaces, image.image_id)
    except DifyKitError:
        return None  # if the engine has a part of it only, it says so when it is to push it


def copy_official(
    location: Place, official: OfficialPlatforms, platforms: Iterable[str], on_bytes: Callable[[int], None]
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Bring the official image itself into a repository for these platforms: the entries for an index."""
    source, target = (
        (official.location.registry, official.location.repository),
        (location.registry, location.repository),
    )
    for platform in platforms:
        manifest, _ = official.location.described(official.images[platform])
        for blob in (*manifest.value["layers"], manifest.value["config"]):
            copy(source, target, str(blob["digest"]), on_bytes, size=int(blob["size"]))
        location.registry.put(location.repository, manifest.digest, manifest)
        yield platform, entry(platform, manifest.kind, manifest.digest, len(manifest.body))


def is_official(official: OfficialPlatforms, platform: str, manifest: Held) -> bool:
    """Whether an image in a registry is the official one for a platform; its layers may be packed otherwise."""
    digest = official.images.get(platform)
    official_manifest = official.location.registry.manifest(official.location.repository, digest) if digest else None
    return (
        official_manifest is not None
        and bool(official_manifest.config_digest)
        and official_manifest.config_digest == manifest.config_digest
    )


def entries_there(location: Place, manifest: Held) -> tuple[Entries, tuple[Mapping[str, Any], ...]]:
    """What a tag holds, by platform; and what of it is no image."""
    if not manifest.is_index:
        _, image = location.described(manifest.digest)
        return {image.platform: entry(image.platform, manifest.kind, manifest.digest, len(manifest.body))}, ()
    pairs = list(location.entries(manifest))
    return {platform: listed for platform, listed in pairs if platform}, tuple(
        listed for platform, listed in pairs if not platform
    )


def check_official(official: OfficialPlatforms, missing: Iterable[str]) -> None:
    """Raises DifyKitError for a platform that the official image is not there for."""
    if absent := [platform for platform in missing if platform not in official.images]:
        raise DifyKitError(
            f"the official image {official.name} is not there for {', '.join(absent)}, only for"
            f" {', '.join(sorted(official.images))}; nothing was pushed",
            hint="leave that platform out of images.platforms and --platform",
        )


def make_others(
    location: Place,
    own_digest: str,
    official: OfficialPlatforms,
    platforms: Iterable[str],
    on_bytes: Callable[[int], None],
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Put the image into the registry for each of the platforms: the entries for an index.

    Raises DifyKitError when what is on top of the official image is not the same for every platform.
    """
    _, own = location.described(own_digest)
    if own.platform not in official.images:
        check_official(official, [own.platform])
    _, base = official.location.described(official.images[own.platform])
    layers = added(own, base, own_digest[:19])
    for addition in layers:
        if addition.ran:
            _only_takes_away(location, addition)
    source, target = (
        (official.location.registry, official.location.repository),
        (location.registry, location.repository),
    )
    for platform in platforms:
        official_manifest, official_image = official.location.described(official.images[platform])
        for layer in official_manifest.value["layers"]:
            copy(source, target, str(layer["digest"]), on_bytes, size=int(layer["size"]))
        if unchanged(own, base):
            copy(
                source,
                target,
                official_manifest.config_digest,
                on_bytes,
                size=int(official_manifest.value["config"]["size"]),
            )
            manifest = official_manifest
        else:
            body, config = grow(own, base, official_image, layers)
            manifest = Held.of(body, official_manifest.kind)
            upload(location.registry, location.repository, manifest.value["config"]["digest"], [config], on_bytes)
        location.registry.put(location.repository, manifest.digest, manifest)
        yield platform, entry(platform, manifest.kind, manifest.digest, len(manifest.body))


def _only_takes_away(location: Place, layer: Added) -> None:
    """A layer that a program made may mark files as removed, which is the same everywhere, and nothing else."""
    why = "is too large to be looked at"
    if int(layer.descriptor["size"]) <= _SMALL:
        raw = location.registry.blob(location.repository, str(layer.descriptor["digest"]), limit=_SMALL)
        try:
            unpacked = _unpacked(raw)
            if len(unpacked) <= _UNPACKED:
                with tarfile.open(fileobj=io.BytesIO(unpacked), mode="r:") as archive:
                    brought = [member.name for member in archive if not member.isdir() and not _marks(member.name)]
                why = f"brings {', '.join(brought[:3])}" if brought else ""
        except (tarfile.TarError, zlib.error, EOFError, OSError, ValueError, RecursionError):
            why = "cannot be read"
    if why:
        raise DifyKitError(
            f"the image has a layer that a program made on this machine, and that {why}; without emulation it cannot be"
            f" made for another platform: {layer.step[:120]}",
            hint="publish --platform on a machine of each platform: they join under one tag",
        )


def _unpacked(raw: bytes) -> bytes | bytearray:
    """A layer as a tar archive, and no more of it than is looked at. Raises zlib.error, EOFError."""
    if not raw.startswith(_GZIP):
        return raw
    unpacked, packed, at = bytearray(), memoryview(raw), 0
    while packed[at : at + 2] == _GZIP and len(unpacked) <= _UNPACKED:
        member = zlib.decompressobj(31)
        while not member.eof and len(unpacked) <= _UNPACKED:
            piece = packed[at : at + _PIECE]  # what follows a member is copied, for each member anew
            if not piece:
                raise EOFError
            unpacked += member.decompress(piece, _UNPACKED + 1 - len(unpacked))
            at += len(piece) - len(member.unconsumed_tail) - len(member.unused_data)
    return unpacked


def _marks(name: str) -> bool:
    return name.rpartition("/")[2].startswith(".wh.")
