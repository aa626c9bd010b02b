"""Which paths the gateway's template sends where."""

from __future__ import annotations

from collections.abc import Mapping

from difykit.dify import gateway
from difykit.topology.hosts import Address, addresses


def routes(template: str, environment: Mapping[str, str]) -> dict[Address, tuple[str, ...]]:
    """For each host the paths that go to it; a variable is nginx's own from `set`, or of the container."""
    paths: dict[Address, set[str]] = {}
    for location in gateway.parse(template):
        for address in addresses(location.destination(environment)):
            paths.setdefault(address, set()).add(location.path)
    return {address: tuple(sorted(names)) for address, names in paths.items()}
