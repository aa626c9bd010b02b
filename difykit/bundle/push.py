"""A bundle's images into a registry: asked first, sent only what is missing, named by digest for those who run them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial

from difykit import docker
from difykit.bundle.archive import Bundle
from difykit.bundle.byte_count import ByteMeter, mb
from difykit.bundle.import_images import layout_in, name_of
from difykit.bundle.layout import ImageLayout, full_name, place, tagged
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
    known: dict[str, str] = field(default_factory=dict)
    sent: int = 0

    def send(self, aim: Aim, held: Held | None) -> None:
        """Bring an image there: blobs first, then its name."""
        missing = [digest for digest in aim.layout.blobs if not self._there(aim, digest)]
        meter = ByteMeter(f"sending {aim.name}", self.progress, sum(aim.layout.blobs[digest] for digest in missing))
        for digest in missing:
            persistently(partial(self._upload, aim, digest, meter), self.progress)
            self.known[digest] = aim.repository
        made = Held.of(aim.layout.manifest, aim.layout.kind)
        if held is None or held.digest != made.digest:
            persistently(partial(self.registry.put, aim.repository, aim.tag, made), self.progress)

    def _there(self, aim: Aim, digest: str) -> bool:
        away = self.known.get(digest, "")
        if away == aim.repository or persistently(partial(has, self.registry, aim.repository, digest), self.progress):
            self.known[digest] = aim.repository
            return True
        return bool(away) and persistently(partial(mounted, self.registry, aim.repository, digest, away), self.progress)

    def _upload(self, aim: Aim, digest: str, meter: ByteMeter) -> None:
        upload(self.registry, aim.repository, digest, self._counted(digest, meter))

    def _counted(self, digest: str, meter: ByteMeter) -> Iterator[bytes]:
        for chunk in self.bundle.chunks(place(digest)):
            yield chunk
            meter.add(len(chunk))
            self.sent += len(chunk)


def aims(bundle: Bundle, prefix: str) -> list[Aim]:
    """Where each image goes below `prefix`: custom ones as `publish` puts them, others by their name at home.

    Raises DifyKitError for a prefix that names no registry.
    """
    check_prefix(prefix, hint="difykit bundle.load FILE --to registry.example.com/dify/")
    path = prefix.partition("/")[2]
    custom = {each.reference for each in bundle.record.custom}
    found = []
    for image in bundle.record.images:
        name, tag = tagged(image.reference)
        own = image.reference in custom
        last = name.rpartition("/")[2] if own else full_name(name).removeprefix("docker.io/").replace(":", "-")
        found.append(Aim(name_of(image), layout_in(bundle, image), own, f"{path}{last}", tag))
    return found


def push(bundle: Bundle, prefix: str, progress: Progress) -> dict[str, str]:
    """Bring all images into the registry, and return each by its digest there: name of the stack → reference.

    What is there is not sent again; a connection that breaks is taken up again, and a run that was cut off goes on.
    Raises DifyKitError when the registry refuses, or a custom image's tag holds another one there.
    """
    host = prefix.partition("/")[0]
    registry = Registry(host, docker.credentials(host))
    wanted = aims(bundle, prefix)
    held = {aim.name: _held(registry, aim, progress) for aim in wanted}  # refused, before anything is sent
    pusher = Pusher(bundle, registry, progress)
    found = {}
    for aim, image in zip(wanted, bundle.record.images, strict=True):
        there, before = f"{host}/{aim.repository}:{aim.tag}", held[aim.name]
        if before and _holds(registry, aim, before):
            progress.skip(f"{aim.name}: {there} is there")
        else:
            sent = pusher.sent
            with progress.step(f"send {there}"):
                pusher.send(aim, before)
            before = Held.of(aim.layout.manifest, aim.layout.kind)
            progress.ok(f"{aim.name}: {there} ({mb(pusher.sent - sent)} sent)")
        found[image.reference] = f"{there}@{before.digest}"
    return found


def _held(registry: Registry, aim: Aim, progress: Progress) -> Held | None:
    held = persistently(partial(registry.manifest, aim.repository, aim.tag), progress)
    if held and aim.custom and not _holds(registry, aim, held):
        raise DifyKitError(
            f"{registry.name}/{aim.repository}:{aim.tag} holds another image than the bundle, and a content tag never"
            " moves; nothing was sent",
            hint="load below another path (--to), or remove that tag in the registry if nobody uses it",
        )
    return held


def _holds(registry: Registry, aim: Aim, held: Held) -> bool:
    """Whether a tag holds the image, be it in a list for several platforms or packed otherwise."""
    if held.digest == aim.layout.digest:
        return True
    if held.is_index:
        digests = [
            str(each["digest"]) for at, each in registry.entries(aim.repository, held) if at == aim.layout.platform
        ]
        inner = registry.manifest(aim.repository, digests[0]) if digests else None
        return inner is not None and not inner.is_index and _holds(registry, aim, inner)
    return held.config_digest == aim.layout.config
