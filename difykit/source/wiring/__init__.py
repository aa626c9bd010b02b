"""Wiring: the edits difykit itself makes so that an overlay's endpoint is registered and reachable."""

from difykit.source.wiring.api import BLUEPRINTS_FILE, PACKAGE, Endpoints, wire_api
from difykit.source.wiring.gateway import wire_gateway
from difykit.source.wiring.plan import content_key, wired_names, wiring_changes

__all__ = [
    "BLUEPRINTS_FILE",
    "PACKAGE",
    "Endpoints",
    "content_key",
    "wire_api",
    "wire_gateway",
    "wired_names",
    "wiring_changes",
]
