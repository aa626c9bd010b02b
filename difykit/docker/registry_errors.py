"""From what the engine says of a registry to an error that says what to do."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from difykit.core import redact
from difykit.core.errors import DifyKitError
from difykit.docker.client import failures, registry_of, timeouts

_AWAY = (
    r"no such host|connection refused|connection reset|time.?out|timed out|deadline exceeded|request canceled"
    r"|unreachable|no route to host|server misbehaving|HTTP status: 5\d\d|\bEOF\b"
)
# The first that is found in the engine's words decides: (pattern, why, the next step).
_KINDS = (
    (
        r"no space left on device|disk quota exceeded",
        "the disk of the Docker engine is full",
        "docker system df shows what takes it; docker image prune and docker builder prune give some back",
    ),
    (
        r"toomanyrequests|too many requests|\b429\b|rate limit",
        "the registry {registry} gives no more for now, its rate limit is reached",
        "wait and run the command again; docker login {registry} raises the limit, a mirror of the registry avoids it",
    ),
    (
        r"no basic auth credentials|unauthorized|authentication required|access denied|denied|forbidden",
        "the registry {registry} refuses it{login}",
        "docker login {registry}; some registries say the same of an image that they do not have: is the name right?",
    ),
    (
        r"gave HTTP response to HTTPS client",
        "the registry {registry} speaks plain HTTP, and the Docker engine wants HTTPS",
        "give the registry a certificate, or name it under insecure-registries in the engine's daemon.json",
    ),
    (
        r"x509|certificate|tls: |gave HTTPS response",
        "the Docker engine does not trust the certificate of the registry {registry}",
        "put the registry's CA into /etc/docker/certs.d/{registry}/ca.crt on the engine's machine",
    ),
    (
        r"no matching manifest|does not match the specified platform",
        "the registry {registry} has it, but not for this kind of machine",
        "docker buildx imagetools inspect {reference} shows the platforms it is there for",
    ),
    (
        r"invalid reference format|repository name must be",
        "that is not the name of an image",
        "a name such as redis:7-alpine",
    ),
    (
        r"manifest unknown|name unknown|not found|no such image|does not exist",
        "the registry {registry} has no such image",
        "see that name and tag are right: docker pull {reference}",
    ),
    (
        _AWAY,
        "the registry {registry} cannot be reached, or is in trouble",
        "try docker pull {reference}; where the network forbids it, daemon.json gives the engine a proxy or a mirror",
    ),
)


@contextmanager
def in_words(failure: str, reference: str, login: Mapping[str, Any], patience: float) -> Iterator[None]:
    """Whatever docker-py raises in the block is told as DifyKitError: `failure` failed, why, and the next step."""
    try:
        yield
    except timeouts():
        raise silent(failure, reference, patience) from None
    except failures() as error:
        if explanation := getattr(error, "explanation", None):
            raise refused(failure, reference, str(explanation), login) from error
        raise broken(failure, error) from error


def refused(failure: str, reference: str, answer: str, login: Mapping[str, Any]) -> DifyKitError:
    """The error for `failure` could not be done with the image, since the engine said that."""
    registry = registry_of(reference)
    words = {"registry": registry, "reference": reference}
    words["login"] = " with the login that Docker has for it" if login else ", Docker has no login for it"
    answer = " ".join(_without(login, answer).split())[-400:] or "nothing"
    plain = re.sub(r"https?://\S+", "", answer)
    for name in (re.split(r"@|:(?!.*/)", reference)[0], registry):
        plain = plain.replace(name, "")  # a name is no reason
    for pattern, why, hint in _KINDS:
        if re.search(pattern, plain, re.IGNORECASE):
            return DifyKitError(
                f"{failure}: {why.format(**words)} (the engine says: {answer})", hint=hint.format(**words)
            )
    return DifyKitError(f"{failure}: {answer}", hint=f"try it: docker pull {reference}")


def silent(failure: str, reference: str, patience: float) -> DifyKitError:
    """The error for a registry, or an engine, that said nothing for `patience` seconds."""
    return DifyKitError(
        f"{failure}: the registry {registry_of(reference)} said nothing for {patience:.0f} s",
        # An engine that waits for the head of an answer cannot be stopped in it, and every later pull of the same
        # layer waits with it (moby 26.1, seen with the docker program as well).
        hint=f"run the command again, what is here already stays; if docker pull {reference} hangs too, restart the"
        " Docker engine, or give it a mirror (registry-mirrors in its daemon.json)",
    )


def broken(failure: str, error: Exception) -> DifyKitError:
    """The error for an engine that went away, or never was there."""
    return DifyKitError(
        f"{failure}: the connection to the Docker engine broke ({type(error).__name__})",
        hint="docker info says whether it runs; start it and run the command again",
    )


def _without(login: Mapping[str, Any], answer: str) -> str:
    """The engine's words without the login, in case a registry hands it back."""
    plain = {key.lower(): str(value) for key, value in login.items() if value}
    secrets = [plain[key] for key in ("password", "identitytoken", "auth") if key in plain]
    pair = f"{plain.get('username', '')}:{plain.get('password', '')}"
    secrets.append(base64.b64encode(pair.encode()).decode())
    for secret in secrets:
        answer = answer.replace(secret, redact.HIDDEN)
    return redact.text(answer)
