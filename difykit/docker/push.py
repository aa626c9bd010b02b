"""Sending an image to its registry: how far it is, what was sent, and whether it is worth trying again."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from typing import Any

from difykit.core.errors import DifyKitError
from difykit.docker.client import connect, credentials, patiently, registry_of
from difykit.docker.registry_errors import in_words, refused

_PAUSE = 0.5  # seconds between two lines of the meter
# Words of an engine whose registry went away, or is about to come back.
_PASSING = re.compile(
    r"(?i)connection (?:refused|reset)|broken pipe|\bEOF\b|time.?out|timed out|no route to host|temporar|unavailable"
    r"|cannot be reached|5\d\d "
)


class PushBroken(DifyKitError):
    """A push that did not come to its end; what was sent whole stays in the registry."""

    def __init__(self, error: DifyKitError, pushed: int) -> None:
        super().__init__(error.message, hint=error.hint)
        self.pushed = pushed
        self.passing = _PASSING.search(error.message) is not None


def push(reference: str, on_line: Callable[[str], None], *, patience: float = 120) -> int:
    """Send an image, or what of it the registry lacks; the bytes of the layers that were sent.

    Raises PushBroken when the registry refuses, goes away, or nothing is heard for `patience` seconds.
    """
    failure = f"the image {reference} cannot be pushed"
    login = credentials(registry_of(reference))
    sent: dict[str, int] = {}
    last_line_at = 0.0
    try:
        with in_words(failure, reference, login, patience):
            for event in patiently(lambda: _events(reference, login, patience), patience + 1):
                if "error" in event:
                    raise refused(failure, reference, str(event["error"]), login)
                _see(event, sent)
                if sent and time.monotonic() - last_line_at >= _PAUSE:
                    on_line(f"{sum(sent.values()) / 1e6:.1f} MB sent")
                    last_line_at = time.monotonic()
    except DifyKitError as error:
        raise PushBroken(error, sum(sent.values())) from error
    return sum(sent.values())


def _events(reference: str, login: dict[str, Any], patience: float) -> Iterator[Mapping[str, Any]]:
    with closing(connect(patience)) as client:
        yield from client.api.push(reference, stream=True, decode=True, auth_config=login)


def _see(event: Mapping[str, Any], sent: dict[str, int]) -> None:
    """The engine counts uncompressed bytes as they go; a layer that the registry has tells none."""
    layer, detail = str(event.get("id", "")), event.get("progressDetail") or {}
    if layer and event.get("status") == "Pushing" and "current" in detail:
        sent[layer] = max(sent.get(layer, 0), int(detail["current"]))
