"""Blobs that go into a registry: named there already, taken over from another repository of it, or sent."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator

from difykit.errors import DifyKitError
from difykit.registry.client import Registry

_CHUNK = 4 << 20


def has(registry: Registry, repository: str, digest: str) -> bool:
    """Whether a repository has a blob. Raises DifyKitError when the registry refuses."""
    answer = registry.ask("HEAD", repository, f"blobs/{digest}")
    if answer.status_code == 404:
        return False
    registry.check(answer, f"{registry.name}/{repository}@{digest}")
    return True


def may_write(registry: Registry, repository: str) -> bool:
    """Whether the registry takes something for a repository; nothing stays there. Raises DifyKitError as `ask` does."""
    answer = registry.ask("POST", repository, "blobs/uploads/", push=True)
    if answer.status_code in {401, 403, 405}:
        return False
    registry.check(answer, f"{registry.name}/{repository}")
    registry.ask("DELETE", repository, answer.headers["Location"], push=True)
    return True


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
    what = f"{registry.name}/{repository}@{digest}"
    answer = registry.ask("POST", repository, "blobs/uploads/", push=True)
    registry.check(answer, what)
    place, at = answer.headers["Location"], 0
    for chunk in chunks:
        headers = {"Content-Type": "application/octet-stream", "Content-Range": f"{at}-{at + len(chunk) - 1}"}
        answer = registry.ask("PATCH", repository, place, headers=headers, data=chunk, push=True)
        registry.check(answer, what)
        place, at = answer.headers.get("Location", place), at + len(chunk)
        on_bytes(len(chunk))
    place += f"{'&' if '?' in place else '?'}digest={digest}"
    registry.check(registry.ask("PUT", repository, place, push=True), what)


def copy(
    source: tuple[Registry, str], target: tuple[Registry, str], digest: str, on_bytes: Callable[[int], None]
) -> None:
    """Bring a blob from one repository into another, if it is not there; within one registry no byte of it moves.

    Raises DifyKitError when either registry refuses, or the source sends something else.
    """
    (origin, away), (registry, repository) = source, target
    if has(registry, repository, digest) or (
        origin.name == registry.name and mounted(registry, repository, digest, away)
    ):
        return
    upload(registry, repository, digest, fetch(origin, away, digest), on_bytes)


def mounted(registry: Registry, repository: str, digest: str, away: str) -> bool:
    """Take a blob over from another repository of the registry; whether that worked, else nothing is changed."""
    answer = registry.ask("POST", repository, f"blobs/uploads/?mount={digest}&from={away}", push=True)
    return answer.status_code == 201


def fetch(registry: Registry, repository: str, digest: str) -> Iterator[bytes]:
    """A blob, as it comes. Raises DifyKitError when it is not to be had, or is not what its digest says."""
    what = f"{registry.name}/{repository}@{digest}"
    answer = registry.ask("GET", repository, f"blobs/{digest}", stream=True)
    registry.check(answer, what)
    seen = hashlib.sha256()
    with registry.heard(), answer:
        for chunk in answer.iter_content(_CHUNK):
            seen.update(chunk)
            yield chunk
    if f"sha256:{seen.hexdigest()}" != digest:
        raise DifyKitError(f"the registry {registry.name} sent something else for {what}", hint="run the command again")
