"""Whether an image is the one that was proved, whichever way it came: by its id, or by what its digest stands for.

A build proves an image and remembers its id. A digest names content, and an engine that has an image by it has looked
at every byte; but that it is the content that a build proved, only the id, or the registry that has both, can say.
"""

from __future__ import annotations

from dataclasses import dataclass

from difykit import docker
from difykit.core import image_reference
from difykit.core.errors import DifyKitError
from difykit.core.image_reference import Reference
from difykit.images.definition.names import ImageLabels
from difykit.registry import Registry, RegistryLost, plain_platform, split
from difykit.workspace.state import Image

_PATIENCE = 10
_PLATFORMS = 20  # images of one list that are looked at


@dataclass(frozen=True)
class ImageVerdict:
    """What is wrong with an image, "" when it is the one that was proved; and what could not be looked at."""

    fault: str = ""
    doubt: str = ""


def has_digest(name: str, info: docker.ImageInfo | None) -> bool:
    """Whether the engine knows an image as that of the digest in `name`, and of its repository."""
    expected = image_reference.read(name)
    references = [
        image_reference.read(digest) for digest in (info.digests if info else ()) if not image_reference.fault(digest)
    ]
    return any(
        (candidate.full_name, candidate.digest) == (expected.full_name, expected.digest) for candidate in references
    )


def judge(image: Image, info: docker.ImageInfo | None) -> ImageVerdict:
    """Whether what the engine has as `image.reference` is what was proved. Asks a registry where nothing else tells."""
    named = image_reference.read(image.reference)
    if info is None:
        return ImageVerdict(f"the image {image.reference} is gone")
    if not named.digest:
        return ImageVerdict(_another_image(image, info.id) if info.id != image.image_id else "")
    if not has_digest(image.reference, info):
        return ImageVerdict(f"the engine has no image of {named.full_name} with the digest {named.digest[:19]}")
    if image.image_id in {info.id, named.digest}:
        return ImageVerdict()
    if fault := _says_other(image, named, info):
        return ImageVerdict(fault)
    return _registry_verdict(image, named)


def _another_image(image: Image, image_id: str) -> str:
    return (
        f"the image {image.reference} is not the one that was built: it is {image_id[7:19]},"
        f" and build made {image.image_id[7:19]}"
    )


def _says_other(image: Image, named: Reference, info: docker.ImageInfo) -> str:
    """What an image that was built elsewhere says of itself that is not so of the one that was proved."""
    own = plain_platform(docker.engine_facts().platform)
    if own and plain_platform(info.platform) != own:
        return f"the image {image.reference} is for {info.platform}, and this engine runs {own}"
    inputs = ImageLabels.of(info.labels).inputs  # with which the tag of a build ends
    if image.strategy != "official" and not (inputs and named.tag.endswith(f"-{inputs}")):
        contradiction = f"says that it was made from {inputs[:12]!r}" if inputs else "does not say that difykit made it"
        return f"the image {image.reference} is not the one that was built: it {contradiction}"
    return ""


def _registry_verdict(image: Image, named: Reference) -> ImageVerdict:
    """What the registry says: is the image that was built the one under the digest, or in its list?"""
    try:
        digests = _digests(named)
    except RegistryLost as error:
        return ImageVerdict(doubt=f"{image.reference} is only known by its digest: {error.message}")
    except DifyKitError as error:
        return ImageVerdict(f"{image.reference} cannot be compared with the image that was built: {error.message}")
    return ImageVerdict("" if image.image_id in digests else _another_image(image, named.digest))


def _digests(named: Reference) -> set[str]:
    """All digests by which an engine may know an image that the registry has under a digest."""
    registry = Registry(named.host, docker.credentials(named.host), patience=_PATIENCE)
    repository = split(named.full_name, named.host)[0]
    manifest = registry.manifest(repository, named.digest)
    if manifest is None:
        raise DifyKitError(f"the registry {named.host} has it no more", hint="publish it again")
    if not manifest.is_index:
        return {manifest.digest, manifest.config_digest}
    digests = {manifest.digest}
    for digest in [str(entry["digest"]) for platform, entry in registry.entries(repository, manifest) if platform][
        :_PLATFORMS
    ]:
        inner = registry.manifest(repository, digest)
        digests |= {digest, inner.config_digest} if inner else {digest}
    return digests - {""}
