"""Blobs that go into a registry: named there already, taken over from another repository of it, or sent."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator

from difykit.registry.client import Registry
from difykit.registry.transport import Answer, BadAnswer

_CHUNK = 4 << 20
LARGEST = 64 << 30
"""Bytes of a blob whose size nobody says: what an engine's disk could hold."""


def has(registry: Registry, repository: str, digest: str) -> bool:
    """Whether a repository has a blob. Raises DifyKitError when the registry refuses."""
    answer = registry.ask("HEAD", repository, f"blobs/{digest}")
    if answer.status == 404:
        return False
    registry.check(answer, f"{registry.name}/{repository}@{digest}", success={200})
    return True


def may_write(registry: Registry, repository: str) -> bool:
    """Whether the registry takes something for a repository; nothing stays there. Raises DifyKitError as `ask` does."""
    answer = registry.ask("POST", repository, "blobs/uploads/", push=True)
    if answer.status in {401, 403, 405}:
        return False
    upload_url = _upload_url(registry, answer, f"{registry.name}/{repository}")
    registry.ask("DELETE", repository, upload_url, push=True)
    return True


def _upload_url(registry: Registry, answer: Answer, subject: str) -> str:
    """Where the registry wants an upload. Raises DifyKitError when it refuses, or says nowhere."""
    registry.check(answer, subject, success={202})
    if not (location := answer.headers.get("Location", "").strip()):
        raise BadAnswer(
            f"the registry {registry.name} takes {subject} and does not say where to (no Location in its answer)",
            hint="is it a registry that one may push to, and no cache before one?",
        )
    return location


def upload(
    registry: Registry,
    repository: str,
    digest: str,
    chunks: Iterable[bytes],
    on_bytes: Callable[[int], None] = lambda _: None,
) -> None:
    """Send a blob, if it is not there. Raises DifyKitError when the registry refuses; what is half sent, it forgets."""
    if has(registry, repository, digest):
        return
    blob = f"{registry.name}/{repository}@{digest}"
    url, offset = _upload_url(registry, registry.ask("POST", repository, "blobs/uploads/", push=True), blob), 0
    for chunk in chunks:
        headers = {"Content-Type": "application/octet-stream", "Content-Range": f"{offset}-{offset + len(chunk) - 1}"}
        answer = registry.ask("PATCH", repository, url, headers=headers, data=chunk, push=True)
        registry.check(answer, blob)
        url, offset = answer.headers.get("Location", url), offset + len(chunk)
        on_bytes(len(chunk))
    url += f"{'&' if '?' in url else '?'}digest={digest}"
    registry.check(registry.ask("PUT", repository, url, push=True), blob, success={200, 201, 204})


def copy(
    source: tuple[Registry, str],
    target: tuple[Registry, str],
    digest: str,
    on_bytes: Callable[[int], None],
    *,
    size: int = LARGEST,
) -> None:
    """Bring a blob from one repository into another, if it is not there; within one registry no byte of it moves.

    Raises DifyKitError when either registry refuses, or the source sends something else, or more than `size` bytes.
    """
    (origin, origin_repository), (registry, repository) = source, target
    if has(registry, repository, digest) or (
        origin.name == registry.name and mounted(registry, repository, digest, origin_repository)
    ):
        return
    upload(registry, repository, digest, fetch(origin, origin_repository, digest, size=size), on_bytes)


def mounted(registry: Registry, repository: str, digest: str, origin_repository: str) -> bool:
    """Take a blob over from another repository of the registry; whether that worked, else nothing is changed."""
    answer = registry.ask("POST", repository, f"blobs/uploads/?mount={digest}&from={origin_repository}", push=True)
    return answer.status == 201


def fetch(registry: Registry, repository: str, digest: str, *, size: int = LARGEST) -> Iterator[bytes]:
    """A blob of `size` bytes at the most, as it comes.

    Raises DifyKitError when it is not to be had, or is not what its digest says.
    """
    hasher = hashlib.sha256()
    with registry.stream(repository, digest, size) as chunks:
        pending = b""
        for chunk in chunks:
            hasher.update(chunk)
            pending += chunk
            if len(pending) >= _CHUNK:
                yield pending
                pending = b""
        if pending:
            yield pending
    if f"sha256:{hasher.hexdigest()}" != digest:
        raise BadAnswer(
            f"the registry {registry.name} sent something else for {registry.name}/{repository}@{digest}",
            hint="run the command again",
        )
