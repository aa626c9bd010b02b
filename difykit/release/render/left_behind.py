"""Data of a service that goes: whether what comes in its place begins without it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from difykit.release import compose
from difykit.release.render.environment import Environment, running
from difykit.release.render.inputs import RenderInputs

_ROOT = re.compile(rf"\$\{{{compose.DATA}[^}}]*\}}/(?P<path>[^$]+)|\./volumes/(?P<old>[^$]+)")


def left_behind(inputs: RenderInputs, upstream: Mapping[str, Any], environment: Environment) -> list[str]:
    """Data of services that go, which nothing that runs takes over, in words.

    What a service mounts is its data, but for what another one mounts as well, for what the release itself ships
    there, which is configuration, and for what nobody has ever filled.
    """
    services = upstream["services"]
    kept = {*_of_overlays(inputs), *_of_services(services, running(inputs, services, environment.values))}
    warnings = []
    for part in inputs.overlays:
        for name in (name for name in part.removed if name in inputs.leaving):
            places = compose.data_of(services.get(name, {}))
            if abandoned := [place for place in places if not _covered(place, kept) and not _idle(place, inputs)]:
                paths = ", ".join(str(inputs.data / place) for place in abandoned)
                warnings.append(
                    f"overlay {part.name} leaves out {name}, and its data stays behind in {paths}: what takes its place"
                    f" begins without it{f'; docs/overlays/{part.name}.md says how to move it' if part.shipped else ''}"
                )
    return warnings


def _of_overlays(inputs: RenderInputs) -> Iterator[str]:
    """The places of the data folder that services of overlays mount."""
    for part in inputs.overlays:
        for file in part.compose_files:
            for service in file.services.values():
                yield from places_of(compose.bind_sources(service))


def _of_services(services: Mapping[str, Mapping[str, Any]], names: Iterable[str]) -> Iterator[str]:
    for name in names:
        yield from compose.data_of(services[name])


def places_of(sources: Iterable[str]) -> Iterator[str]:
    """The places of the data folder among what services mount, as they are called inside it."""
    for source in sources:
        if match := _ROOT.fullmatch(source):
            yield str(match["path"] or match["old"]).rstrip("/")


def _covered(place: str, kept: Iterable[str]) -> bool:
    return any(compose.is_within(place, other) or compose.is_within(other, place) for other in kept)


def _idle(place: str, inputs: RenderInputs) -> bool:
    """Whether there is no data at a place: nothing at all, or what the release ships there."""
    seeds = [path for path in compose.seeds(inputs.docker).values() if not path.endswith(".gitkeep")]
    return place in inputs.empty or any(compose.is_within(path, place) for path in seeds)
