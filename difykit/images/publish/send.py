"""One image on its way into the registry: what its tag holds now, sending what is missing, seeing that it came."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from difykit import docker
from difykit.core.errors import DifyKitError
from difykit.core.progress import Progress
from difykit.images.definition import ImageLabels
from difykit.images.publish.plan import PublishTarget
from difykit.registry import Held, Registry, RegistryLost

T = TypeVar("T")
# A registry that is started anew is back in less.
_WAITS = (1.0, 2.0, 4.0, 8.0, 16.0, 16.0)


def check_same(registry: Registry, target: PublishTarget, manifest: Held, tagged: str) -> None:
    """See that an image in the registry is the one that was built, or was made elsewhere from the same inputs.

    `tagged` is the digest under the tag, of a list perhaps: containerd's store knows an image by that.

    Raises DifyKitError when it is another: a content tag never moves.
    """
    digest, config = registry.config(target.repository, manifest)
    if target.image.image_id in {digest, manifest.digest, tagged}:
        return
    local_image = docker.inspect(target.local)
    inputs = ImageLabels.of((config.get("config") or {}).get("Labels") or {}).inputs
    if local_image and inputs and inputs == ImageLabels.of(local_image.labels).inputs:
        return
    raise DifyKitError(
        f"{target.reference} holds another image ({digest[7:19]}) than the one that was built"
        f" ({target.image.image_id[7:19]}), and a content tag never moves; nothing was pushed",
        hint="publish below another path (--to), or remove that tag in the registry if nobody uses it",
    )


def push(registry: Registry, target: PublishTarget, tag: str, progress: Progress) -> tuple[Held, int]:
    """Send the image that build made under this tag: what the registry holds then, and the bytes that went.

    Raises DifyKitError when the registry holds something else then.
    """
    name = f"{target.registry}/{target.repository}:{tag}"
    if target.local != name:
        docker.tag(target.local, name)
    try:
        with progress.step(f"push {name}"):
            pushed = _push(name, progress)
    finally:
        if target.local != name:
            docker.untag(name)
    manifest = registry.manifest(target.repository, tag)
    digest = registry.config(target.repository, manifest)[0] if manifest else ""
    if manifest is None or target.image.image_id not in {digest, manifest.digest}:
        raise DifyKitError(
            f"{name} was pushed, and the registry has another image there than the one that was built",
            hint="somebody else may publish there at the same time: difykit publish --check",
        )
    return manifest, pushed


def _push(name: str, progress: Progress) -> int:
    sent = [0]

    def once() -> None:
        try:
            sent[0] += docker.push(name, progress.line)
        except docker.PushBroken as error:
            sent[0] += error.pushed
            raise

    persistently(once, progress)
    return sent[0]


def persistently(work: Callable[[], T], progress: Progress) -> T:
    """Do it, and again when the registry went away; what came whole is not sent again.

    Raises what `work` raises: at once when waiting would not help, and at last.
    """
    for wait in _WAITS:
        try:
            return work()
        except (RegistryLost, docker.PushBroken) as error:
            if isinstance(error, docker.PushBroken) and not error.passing:
                raise
            progress.line(f"{error.message}; again in {wait:.0f} s")
            time.sleep(wait)
    return work()
