"""Fetching an image from its registry: how far it is, and the moment when nothing comes any more."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from difykit.core.errors import DifyKitError
from difykit.docker.client import connect, credentials, patiently, registry_of
from difykit.docker.images import ImageInfo, inspect
from difykit.docker.registry_errors import in_words, refused

_Event = Mapping[str, Any]
_PAUSE = 0.5  # seconds between two lines of the meter


def pull(reference: str, on_line: Callable[[str], None], *, patience: float = 120) -> ImageInfo:
    """Fetch an image, or what of it the engine does not have; one tag of it, `latest` where none is named.

    Raises DifyKitError that names the image when it is not to be had, when nothing was heard of it for `patience`
    seconds, or when the engine goes away. What is complete by then stays, and the next pull goes on from it.
    """
    failure = f"the image {reference} cannot be pulled"
    login = credentials(registry_of(reference))
    meter, last_line_at = PullMeter(reference), -_PAUSE
    for event in _answers(failure, reference, login, patience):
        if "error" in event:
            raise refused(failure, reference, str(event["error"]), login)
        meter.see(event)
        status = str(event.get("status", ""))
        if status.startswith("Status: "):
            on_line(status.removeprefix("Status: "))
        elif time.monotonic() - last_line_at >= _PAUSE and (line := meter.line()):
            on_line(line)
            last_line_at = time.monotonic()
    info = inspect(reference)
    if info is None:
        raise DifyKitError(f"{failure}: the engine ended without it", hint=f"try it: docker pull {reference}")
    return info


def _answers(failure: str, reference: str, login: dict[str, Any], patience: float) -> Iterator[_Event]:
    with in_words(failure, reference, login, patience):
        # The connection's own patience ends first, so that the engine stops before the error is told: as long as it
        # waits for a registry, it lets every other pull of the same layer wait with it.
        yield from patiently(lambda: _events(reference, login, patience), patience + 1, News())


def _events(reference: str, login: dict[str, Any], patience: float) -> Iterator[_Event]:
    with closing(connect(patience)) as client:
        yield from client.api.pull(reference, stream=True, decode=True, auth_config=login)


class News:
    """Which events say something new: an engine with containerd's store repeats itself while nothing moves."""

    def __init__(self) -> None:
        self._last: dict[str, _Event] = {}

    def __call__(self, event: _Event) -> bool:
        layer = str(event.get("id", ""))
        new = self._last.get(layer) != event
        self._last[layer] = event
        return new


@dataclass
class _Layer:
    """Bytes of one layer, compressed as the registry has it; its size is known once its download began."""

    size: int = 0
    arrived: int = 0
    unpacked: int = 0
    complete: bool = False


class PullMeter:
    """How far a pull is, summed over the layers that are not here yet."""

    def __init__(self, reference: str) -> None:
        self._reference = reference
        self._layers: dict[str, _Layer] = {}

    def see(self, event: _Event) -> None:
        """Take in one event of the engine."""
        status, detail = str(event.get("status", "")), event.get("progressDetail") or {}
        if status in {"Pulling fs layer", "Waiting"}:
            self._layer(event)
        elif status == "Already exists":
            self._layers.pop(str(event.get("id")), None)
        elif status == "Downloading":
            layer = self._layer(event)
            layer.size = max(layer.size, int(detail.get("total") or 0))
            layer.arrived = int(detail.get("current") or 0)
        elif status in {"Verifying Checksum", "Download complete", "Extracting", "Pull complete"}:
            layer = self._layer(event)
            layer.arrived, layer.complete = layer.size, True
            if status == "Pull complete":
                layer.unpacked = layer.size
            elif status == "Extracting" and "units" not in detail:  # containerd's store counts seconds here
                layer.unpacked = min(layer.size, int(detail.get("current") or 0))

    def line(self) -> str:
        """How far it is in one line, "" before anything is known."""
        layers = self._layers.values()
        size = sum(layer.size for layer in layers)
        if not size:
            return ""
        arriving = not all(layer.complete for layer in layers)
        finished = sum(layer.arrived if arriving else layer.unpacked for layer in layers)
        # The engine starts three layers at a time, and says nothing of the size of the others.
        least = "" if all(layer.size or layer.complete for layer in layers) else "at least "
        verb = "pulling" if arriving else "unpacking"
        percent = min(100, finished * 100 // size)
        return f"{verb} {self._reference}: {_mb(finished, size)} of {least}{_mb(size, size)} MB ({percent}%)"

    def _layer(self, event: _Event) -> _Layer:
        return self._layers.setdefault(str(event.get("id")), _Layer())


def _mb(count: int, total: int) -> str:
    """Millions of bytes, as docker counts; with a decimal where the whole is less than ten."""
    return f"{count / 1e6:.0f}" if total >= 10_000_000 else f"{count / 1e6:.1f}"
