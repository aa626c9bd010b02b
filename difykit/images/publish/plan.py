"""What will be published where: pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from difykit.core.errors import DifyKitError
from difykit.registry import is_path, plain_platform
from difykit.workspace import state

_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")


@dataclass(frozen=True)
class PublishTarget:
    """One image: its name here, and its names in the registry."""

    image: state.Image
    local: str
    """The name that the engine has it by, without a digest."""
    registry: str
    repository: str
    content: str
    """The tag that follows from its inputs, which never moves."""
    tags: tuple[str, ...]
    """Tags that move: the release's, and those that were asked for."""
    platform: str
    """Of the image that the engine has."""

    @property
    def reference(self) -> str:
        """Its content tag in the registry."""
        return f"{self.registry}/{self.repository}:{self.content}"


def plan_publish(
    images: state.BuiltImages, release: str, prefix: str, tags: Sequence[str], platforms: Mapping[str, str]
) -> tuple[PublishTarget, ...]:
    """Where each image of a build goes: below `prefix`, which names the registry.

    `platforms` are those of the images that the engine has. Raises DifyKitError for a prefix that names no registry,
    for what cannot be a tag, and for an image that the engine no longer has.
    """
    check_prefix(prefix, hint="difykit publish --to registry.example.com/team/, or images.prefix in difykit.yaml")
    if wrong := [tag for tag in tags if not _TAG.fullmatch(tag)]:
        hint = "letters, digits, '.', '_' and '-', such as 1.15.0-7"
        raise DifyKitError(f"{', '.join(wrong)} cannot be a tag", hint=hint)
    plain = "".join(char if char.isalnum() or char in "._-" else "-" for char in release)[:128]
    moving = tuple(dict.fromkeys([plain, *tags]))
    targets = []
    for image in images.images:
        local = image.reference.partition("@")[0]
        folder, _, content = local.rpartition(":")
        if clashing := [tag for tag in moving if tag == content]:
            raise DifyKitError(
                f"{clashing[0]} is a content tag of {image.name}, which never moves", hint="choose another --tag"
            )
        if local not in platforms:
            raise DifyKitError(
                f"the engine no longer has {local}, which build made", hint="make it again: invoke build"
            )
        host, _, path = prefix.partition("/")
        repository = f"{path}{folder.rpartition('/')[2]}"
        targets.append(PublishTarget(image, local, host, repository, content, moving, plain_platform(platforms[local])))
    return tuple(targets)


def check_prefix(prefix: str, *, hint: str) -> None:
    """Raises DifyKitError for what is not a place in a registry."""
    if not is_path(prefix):
        problem = f"{prefix!r} does not name a registry" if prefix else "no registry is named"
        raise DifyKitError(f"{problem}: a host and a path that ends in '/'", hint=hint)
