"""The digests of official images in difykit.lock, and having the very image that one stands for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from difykit import docker
from difykit.core.errors import DifyKitError
from difykit.core.progress import Progress
from difykit.images.build.existing import present
from difykit.images.build.plan import BuildPlan, ImagePlan
from difykit.images.definition import BuildMirrors, pull
from difykit.release.compose import repository
from difykit.workspace.lock import read_lock, write_lock
from difykit.workspace.workspace import Workspace

_BASE = "-base"


@dataclass(frozen=True)
class PinnedImage:
    """An official image that the engine has: a name of exactly this image, and one that BuildKit finds there."""

    reference: str
    base: str
    info: docker.ImageInfo
    lent: bool = False  # whether that name is for this build alone


def locked_digests(workspace: Workspace) -> Mapping[str, str]:
    """The digests that difykit.lock has, by name:tag. Raises ConfigError for a broken lock."""
    lock = read_lock(workspace.lock_file)
    return lock.images if lock else {}


def mirrors_of(workspace: Workspace) -> BuildMirrors:
    """What difykit.yaml says of mirrors."""
    return BuildMirrors.of(workspace.settings.mirrors)


def pin(
    workspace: Workspace, plan: BuildPlan, local: Mapping[str, docker.ImageInfo], progress: Progress, *, keep_lock: bool
) -> Mapping[str, str]:
    """Bring the lock's digests up to date with the images of the plan, and return them.

    `local` are the images of the plan that the engine has.
    Raises DifyKitError when that would change the lock and `keep_lock` is set, or an image cannot be had.
    """
    lock = read_lock(workspace.lock_file)
    if lock is None:
        return {}  # `sync` writes it; without a pin of the release there is nothing to pin with it
    mirrors = mirrors_of(workspace)
    # Of all images, whatever their strategy now: one that is built from source for a while comes back to its pin.
    used = {image_plan.official for image_plan in plan.images}
    digests = {name: digest for name, digest in lock.images.items() if name in used}
    for image_plan in plan.images:
        if (
            image_plan.stands_on_official
            and image_plan.official not in digests
            and (digest := _digest_of(image_plan, local, progress, mirrors))
        ):
            digests[image_plan.official] = digest
    if digests == lock.images:
        return digests
    new = {name: digest for name, digest in digests.items() if name not in lock.images}
    if keep_lock:
        listed = [f"{name} is {digest}" for name, digest in sorted(new.items())]
        listed += [f"{name} is not used" for name in sorted(lock.images.keys() - digests.keys())]
        raise DifyKitError(
            f"difykit.lock would change ({'; '.join(listed)}), and --locked (the default where CI is set) leaves it"
            " alone",
            hint="run `invoke build` or `invoke lock.refresh` on your machine and commit difykit.lock",
        )
    write_lock(workspace.lock_file, lock.model_copy(update={"images": dict(sorted(digests.items()))}))
    for name, digest in new.items():
        progress.ok(f"difykit.lock: {name} is {digest}")
    return digests


def _digest_of(
    plan: ImagePlan, local: Mapping[str, docker.ImageInfo], progress: Progress, mirrors: BuildMirrors
) -> str:
    """The digest that a registry gave to the official image, "" where none is known to have.

    What this run pulls has one. What the engine had before has one that means something in the classic store only:
    containerd's invents one for each image that was built here, and a lock with that in it could be followed on no
    other machine; `lock.refresh`, which asks the registry, is the way there.
    """
    info = local.get(plan.official)
    if info is None:
        if present(plan, local.get(plan.reference)):
            return ""  # made before; what it stands on is not needed again
        return _digest(plan.official, _pull(plan.official, progress, mirrors), mirrors)
    digest = _digest(plan.official, info, mirrors)
    return digest if digest and docker.engine_facts().store == "classic" else ""


def _digest(reference: str, info: docker.ImageInfo, mirrors: BuildMirrors) -> str:
    digests = _digests(reference, info, mirrors)
    # Two are an image and the index it is in, of which a registry gives one: not to be guessed.
    return digests.pop() if len(digests) == 1 else ""


def _digests(reference: str, info: docker.ImageInfo, mirrors: BuildMirrors) -> set[str]:
    """Those under the image's own name, or the mirror's: a mirror has the same image, and so the same digest."""
    pairs = [entry.rpartition("@") for entry in info.digests]
    names = {repository(reference), repository(mirrors.mirrored(reference))}
    return {digest for name, _, digest in pairs if repository(name) in names}


def _pull(reference: str, progress: Progress, mirrors: BuildMirrors) -> docker.ImageInfo:
    """Pull an image, by the mirror where there is one; a tag is then there under the image's own name too."""
    mirrored = mirrors.mirrored(reference)
    info = pull(mirrored, progress)
    if mirrored != reference and "@" not in reference:
        docker.tag(mirrored, reference)
    return info


@contextmanager
def officials(
    plans: Iterable[ImagePlan], progress: Progress, mirrors: BuildMirrors
) -> Iterator[dict[str, PinnedImage]]:
    """The official images that the plans stand on, by the plan's name, as long as the block runs.

    Raises DifyKitError when one cannot be had.
    """
    bases: dict[str, PinnedImage] = {}
    try:
        for plan in plans:
            if plan.stands_on_official:
                bases[plan.name] = _official(plan, progress, mirrors)
        yield bases
    finally:
        for base in bases.values():
            if base.lent:
                docker.untag(base.base)


def _official(plan: ImagePlan, progress: Progress, mirrors: BuildMirrors) -> PinnedImage:
    tagged = docker.inspect(plan.official)
    if not plan.digest:
        return PinnedImage(plan.official, plan.official, tagged or _pull(plan.official, progress, mirrors))
    pinned = f"{plan.official.rpartition(':')[0]}@{plan.digest}"
    if tagged and plan.digest in _digests(plan.official, tagged, mirrors):
        return PinnedImage(_named(pinned, mirrors), plan.official, tagged)
    if tagged:
        progress.warn(
            f"{plan.name}: {plan.official} is another image on this machine than in difykit.lock; the locked one"
            f" is taken, {plan.digest} (invoke lock.refresh takes the new one)"
        )
    if (info := docker.inspect(pinned)) is None:
        info, pinned = _pull(pinned, progress, mirrors), mirrors.mirrored(pinned)
    # BuildKit asks the registry for a name with a digest that the engine does not have under that very name; a plain
    # name of ours it finds in the engine's store, without any network.
    base = plan.reference + _BASE
    docker.tag(pinned, base)
    return PinnedImage(pinned, base, info, lent=True)


def _named(pinned: str, mirrors: BuildMirrors) -> str:
    """The name with a digest under which the engine has an image: a pull by the mirror leaves the mirror's."""
    mirrored = mirrors.mirrored(pinned)
    return mirrored if mirrored != pinned and docker.inspect(pinned) is None else pinned
