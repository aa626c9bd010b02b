"""Services that are left out, with everything that waits for them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any


def unknown_services(compose: Mapping[str, Any], names: Collection[str]) -> list[str]:
    """Which of `names` are no services here."""
    return [name for name in names if name not in compose["services"]]


def remove(services: dict[str, dict[str, Any]], names: Collection[str]) -> None:
    """Drop services and every `depends_on` that names them, in its short and its long form.

    Compose refuses a file whose `depends_on` names a service that is not there, even with `required: false`.
    """
    for name in names:
        services.pop(name, None)
    for service in services.values():
        waits = service.get("depends_on")
        if isinstance(waits, dict):
            left: Any = {name: how for name, how in waits.items() if name not in names}
        else:
            left = [name for name in waits or () if name not in names]
        if left:
            service["depends_on"] = left
        elif waits is not None:
            del service["depends_on"]
