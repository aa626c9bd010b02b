"""Whether the gateway's template sends each overlay's route where it should go."""

from __future__ import annotations

from collections.abc import Iterable

from difykit.dify import gateway, services
from difykit.workspace.manifest import Route


def gateway_faults(template: str, routes: Iterable[Route]) -> list[str]:
    """Why a route would not reach its service: no location, another service, or a place after `location /`.

    Comments are left out, so a commented location counts for nothing.
    """
    locations = gateway.parse(template)
    order = [location.path for location in locations]
    last = order.index("/") if "/" in order else len(order)
    faults: list[str] = []
    for route in routes:
        if route.path not in order:
            faults.append(f"no location for {route.path}: nginx would send it to web")
            continue
        index = order.index(route.path)
        service = locations[index].service
        if index > last:
            faults.append(f"the location for {route.path} stands after `location /`")
        if service != services.ROUTED[route.to]:
            faults.append(f"the location for {route.path} goes to {service or 'nothing'}, not {route.to}")
    return faults
