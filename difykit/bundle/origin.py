"""Where the images of a bundle come from: the engine, a pull, or, for another platform, registries alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from difykit import docker
from difykit.bundle.remote import published
from difykit.core.errors import DifyKitError
from difykit.images.definition import BuildMirrors
from difykit.registry import PLATFORM, plain_platform
from difykit.workspace.state import BuiltImages, Image, Source, read_elsewhere
from difykit.workspace.workspace import Workspace


@dataclass(frozen=True)
class BundleOrigin:
    """The way to each image."""

    platform: str
    custom: Mapping[str, Image]
    """The workspace's own, by name."""
    pull: Mapping[str, str] = field(default_factory=dict)
    """Images that the engine lacks: name → where to pull them from."""
    remote: Mapping[str, str] = field(default_factory=dict)
    """All images, where none comes out of the engine: name → where it is in a registry."""

    def of(self, name: str) -> str:
        """Where an image comes from, in a word or a reference."""
        return self.remote.get(name) or self.pull.get(name) or "engine"

    def check(self, inspected: Mapping[str, docker.ImageInfo]) -> None:
        """See that the engine's images are those that were built, for the platform. Raises DifyKitError when not."""
        for name, image in self.custom.items():
            if name not in inspected or inspected[name].id != image.image_id:
                problem = "is gone" if name not in inspected else "is not the one that was built"
                raise DifyKitError(f"the image {name} {problem}", hint="make it again: invoke build")
        wrong = {name: plain_platform(info.platform) for name, info in inspected.items()}
        if mismatches := [
            f"{name} is for {actual}" for name, actual in sorted(wrong.items()) if actual != self.platform
        ]:
            raise DifyKitError(
                f"a bundle is for one platform, {self.platform} here, and {'; '.join(mismatches)}",
                hint=f"docker pull --platform {self.platform} IMAGE, for each of them",
            )


def origin(
    workspace: Workspace, source: Source, images: BuiltImages, names: Sequence[str], platform: str
) -> BundleOrigin:
    """The way to each of these images for a platform, "" for the engine's own; nothing is fetched.

    Raises DifyKitError for what is no platform, and for a custom image that is not to be had for it.
    """
    if platform and not PLATFORM.fullmatch(platform):
        raise DifyKitError(f"{platform} is not a platform", hint="such as linux/amd64 or linux/arm64")
    custom = {name: image for image in images.images if (name := image.reference.partition("@")[0]) in names}
    mirrors, elsewhere = BuildMirrors.of(workspace.settings.mirrors), read_elsewhere(workspace.root)
    requested = plain_platform(platform)
    if not requested or not docker.available():
        docker.need_engine()
        inspected = docker.inspect_all(list(names))
        own = [plain_platform(inspected[name].platform) for name in custom if name in inspected]
        if not requested or requested in own:
            image_origin = BundleOrigin(requested or next(iter(own), ""), custom)
            missing = [name for name in names if name not in inspected]
            image_origin.check(inspected)
            # What is named by a digest cannot be named so after a pull from elsewhere.
            references = {n: n if "@" in n else elsewhere.get(n) or mirrors.mirrored(n) for n in missing}
            return BundleOrigin(image_origin.platform, custom, references)
    released = _published(workspace, source, custom, requested)
    return BundleOrigin(requested, custom, {}, {name: released.get(name) or mirrors.mirrored(name) for name in names})


def _published(workspace: Workspace, source: Source, custom: Mapping[str, Image], platform: str) -> dict[str, str]:
    images_json = workspace.root / "images.json"
    command = f"invoke publish --platform {platform} --to REGISTRY/PATH/, then this again"
    try:
        return published(images_json, source, custom)
    except DifyKitError as error:
        raise DifyKitError(
            f"the engine's images are not for {platform}, and the custom ones are not to be had published:"
            f" {error.message}",
            hint=command,
        ) from error
