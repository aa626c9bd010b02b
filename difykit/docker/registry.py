"""What a registry knows of an image, asked through the engine: with its mirrors, proxies and trust."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Any

from difykit.docker.client import connect, credentials, patiently, registry_of
from difykit.docker.registry_errors import in_words


def remote_digest(reference: str, *, patience: float = 30) -> str | None:
    """The digest that the registry has for an image now, of its index where it is for several platforms; None if none.

    Of a name on Docker Hub the engine asks its mirrors first, and one that says no counts where Docker Hub is silent.
    Raises DifyKitError when the registry refuses, cannot be reached or says nothing for `patience` seconds.
    """
    from docker.errors import NotFound  # noqa: PLC0415

    failure = f"the registry cannot be asked for the image {reference}"
    login = credentials(registry_of(reference))
    with in_words(failure, reference, login, patience):
        try:
            answer = next(patiently(lambda: _ask(reference, login, patience), patience + 1))
        except NotFound:
            return None
    return str(answer["Descriptor"]["digest"])


def _ask(reference: str, login: dict[str, Any], patience: float) -> Iterator[dict[str, Any]]:
    with closing(connect(patience)) as client:
        api: Any = client.api  # without types in types-docker
        yield api.inspect_distribution(reference, auth_config=login)
