"""Services that run, and those that are left out, with everything that waits for them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any


def profiles(values: Mapping[str, str]) -> frozenset[str]:
    """The profiles that an env file with these values turns on."""
    return frozenset(filter(None, map(str.strip, values.get("COMPOSE_PROFILES", "").split(","))))


def active(services: Mapping[str, Mapping[str, Any]], turned_on: Collection[str]) -> frozenset[str]:
    """The services that run with these profiles: those that name one of them, or none at all."""
    return frozenset(
        name
        for name, service in services.items()
        if not service.get("profiles") or {*turned_on} & {*service["profiles"]}
    )


def unknown_services(compose: Mapping[str, Any], names: Collection[str]) -> list[str]:
    """Which of `names` are no services here."""
    return [name for name in names if name not in compose["services"]]


def remove(services: dict[str, dict[str, Any]], names: Mapping[str, str]) -> None:
    """Drop services; each `depends_on` that names one, in its short or long form, names what takes its place, if any.

    Compose refuses a file whose `depends_on` names a service that is not there, even with `required: false`.
    """
    for name in names:
        services.pop(name, None)
    for service in services.values():
        waits = service.get("depends_on")
        if waits is None or not names.keys() & set(waits):
            continue
        remaining = _waits(waits, names)
        if remaining:
            service["depends_on"] = remaining
        else:
            del service["depends_on"]


def _waits(waits: Any, names: Mapping[str, str]) -> Any:
    instead = {names[name] for name in waits if names.get(name)}
    if not isinstance(waits, dict) and not instead:
        return [name for name in waits if name not in names]
    long = waits if isinstance(waits, dict) else {name: {"condition": "service_started"} for name in waits}
    remaining = {name: condition for name, condition in long.items() if name not in names}
    return {**remaining, **{name: {"condition": "service_healthy"} for name in sorted(instead - remaining.keys())}}
