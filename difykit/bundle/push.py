"""A bundle's images into a registry: asked first, sent only what is missing, named by digest for those who run them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial

from difykit import docker
from difykit.bundle.archive import Bundle
from difykit.bundle.byte_count import ByteMeter, mb
from difykit.bundle.import_images import layout_in, name_of
from difykit.bundle.layout import ImageLayout, blob_path, full_name, tagged
from difykit.core.errors import DifyKitError
from difykit.core.progress import Progress
from difykit.images.publish import check_prefix, persistently
from difykit.registry import Held, Registry, has, mounted, upload


@dataclass(frozen=True)
class Aim:
    """Where an image goes."""

    name: str
    """The name that it has here."""
    layout: ImageLayout
    custom: bool
    repository: str
    tag: str


@dataclass
class Pusher:
    """One registry, and which of its repositories are known to have a blob."""

    bundle: Bundle
    registry: Registry
    progress: Progress
    repositories: dict[str, str] = field(default_factory=dict)
    sent: int = 0

    def send(self, aim: Aim, existing: Held | None) -> None:
        """Bring an image there: blobs first, then its name."""
        missing = [digest for digest in aim.layout.blobs if not self._has_blob(aim, digest)]
        meter = ByteMeter(f"sending {aim.name}", self.progress, sum(aim.layout.blobs[digest] for digest in missing))
        for digest in missing:
            persistently(partial(self._upload, aim, digest, meter), self.progress)
            self.repositories[digest] = aim.repository
        manifest = Held.of(aim.layout.manifest, aim.layout.kind)
        if existing is None or existing.digest != manifest.digest:
            persistently(partial(self.registry.put, aim.repository, aim.tag, manifest), self.progress)

    def _has_blob(self, aim: Aim, digest: str) -> bool:
        known_repository = self.repositories.get(digest, "")
        if known_repository == aim.repository or persistently(
            partial(has, self.registry, aim.repository, digest), self.progress
        ):
            self.repositories[digest] = aim.repository
            return True
        return bool(known_repository) and persistently(
            partial(mounted, self.registry, aim.repository, digest, known_repository), self.progress
        )

    def _upload(self, aim: Aim, digest: str, meter: ByteMeter) -> None:
        upload(self.registry, aim.repository, digest, self._counted(digest, meter))

    def _counted(self, digest: str, meter: ByteMeter) -> Iterator[bytes]:
        for chunk in self.bundle.chunks(blob_path(digest)):
            yield chunk
            meter.add(len(chunk))
            self.sent += len(chunk)


def aims(bundle: Bundle, prefix: str) -> list[Aim]:
    """Where each image goes below `prefix`: custom ones as `publish` puts them, others by their name at home.

    Raises DifyKitError for a prefix that names no registry.
    """
    check_prefix(prefix, hint="difykit bundle.load FILE --to registry.example.com/dify/")
    path = prefix.partition("/")[2]
    custom = {image.reference for image in bundle.record.custom}
    targets = []
    for image in bundle.record.images:
        name, tag = tagged(image.reference)
        own = image.reference in custom
        last = name.rpartition("/")[2] if own else full_name(name).removeprefix("docker.io/").replace(":", "-")
        targets.append(Aim(name_of(image), layout_in(bundle, image), own, f"{path}{last}", tag))
    return targets


def push(bundle: Bundle, prefix: str, progress: Progress) -> dict[str, str]:
    """Bring all images into the registry, and return each by its digest there: name of the stack → reference.

    What is there is not sent again; a connection that breaks is taken up again, and a run that was cut off goes on.
    Raises DifyKitError when the registry refuses, or a custom image's tag holds another one there.
    """
    host = prefix.partition("/")[0]
    registry = Registry(host, docker.credentials(host))
    targets = aims(bundle, prefix)
    existing = {aim.name: _existing(registry, aim, progress) for aim in targets}  # refused, before anything is sent
    pusher = Pusher(bundle, registry, progress)
    references = {}
    for aim, image in zip(targets, bundle.record.images, strict=True):
        target, before = f"{host}/{aim.repository}:{aim.tag}", existing[aim.name]
        if before and _holds(registry, aim, before):
            progress.skip(f"{aim.name}: {target} is there")
        else:
            sent = pusher.sent
            with progress.step(f"send {target}"):
                pusher.send(aim, before)
            before = Held.of(aim.layout.manifest, aim.layout.kind)
            progress.ok(f"{aim.name}: {target} ({mb(pusher.sent - sent)} sent)")
        references[image.reference] = f"{target}@{before.digest}"
    return references


def _existing(registry: Registry, aim: Aim, progress: Progress) -> Held | None:
    existing = persistently(partial(registry.manifest, aim.repository, aim.tag), progress)
    if existing and aim.custom and not _holds(registry, aim, existing):
        raise DifyKitError(
            f"{registry.name}/{aim.repository}:{aim.tag} holds another image than the bundle, and a content tag never"
            " moves; nothing was sent",
            hint="load below another path (--to), or remove that tag in the registry if nobody uses it",
        )
    return existing


def _holds(registry: Registry, aim: Aim, existing: Held) -> bool:
    """Whether a tag holds the image, be it in a list for several platforms or packed otherwise."""
    if existing.digest == aim.layout.digest:
        return True
    if existing.is_index:
        digests = [
            str(entry["digest"])
            for entry_platform, entry in registry.entries(aim.repository, existing)
            if entry_platform == aim.layout.platform
        ]
        inner = registry.manifest(aim.repository, digests[0]) if digests else None
        return inner is not None and not inner.is_index and _holds(registry, aim, inner)
    return existing.config_digest == aim.layout.config
