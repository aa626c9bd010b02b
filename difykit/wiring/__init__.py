"""Wiring: the edits difykit itself makes so that an overlay's endpoint is registered and reachable."""

from difykit.wiring.api import PACKAGE, Endpoints, wire_api
from difykit.wiring.gateway import TEMPLATE, wire_gateway
from difykit.wiring.plan import content_key, wired_names, wiring_changes

__all__ = [
    "PACKAGE",
    "TEMPLATE",
    "Endpoints",
    "content_key",
    "wire_api",
    "wire_gateway",
    "wired_names",
    "wiring_changes",
]
