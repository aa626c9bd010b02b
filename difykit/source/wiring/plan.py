"""All wiring of a workspace as one layer."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from difykit.core.errors import DifyKitError
from difykit.dify.gateway import TEMPLATE
from difykit.git import Changes, Tree
from difykit.source.routes import check_routes
from difykit.source.wiring.api import BLUEPRINTS_FILE, PACKAGE, Endpoints, package_source, wire_api
from difykit.source.wiring.gateway import wire_gateway
from difykit.workspace.manifest import Route
from difykit.workspace.workspace import Overlay


def _endpoints(overlays: Sequence[Overlay]) -> tuple[Endpoints, ...]:
    return tuple(
        Endpoints(overlay.name, overlay.manifest.api.console, overlay.manifest.api.blueprints)
        for overlay in overlays
        if overlay.manifest.api.console or overlay.manifest.api.blueprints
    )


def _routes(overlays: Sequence[Overlay]) -> list[tuple[str, Route]]:
    return [(overlay.name, route) for overlay in overlays for route in overlay.manifest.gateway.routes]


def wired_names(overlays: Sequence[Overlay]) -> tuple[str, ...]:
    """The overlays that add something to wire, in their order."""
    wired = {endpoint.overlay for endpoint in _endpoints(overlays)} | {name for name, _ in _routes(overlays)}
    return tuple(overlay.name for overlay in overlays if overlay.name in wired)


def content_key(overlays: Sequence[Overlay]) -> str:
    """A digest of all that the wiring's commit is made from; "" when there is nothing to wire."""
    endpoints, routes = _endpoints(overlays), _routes(overlays)
    if not endpoints and not routes:
        return ""
    return hashlib.sha256(repr((endpoints, [(name, r.path, r.to) for name, r in routes])).encode()).hexdigest()


def wiring_changes(overlays: Sequence[Overlay], tree: Tree) -> Changes:
    """What the wiring does to the release with its patches and overlays.

    Raises DifyKitError when the release is not wired as Dify from 1.0.0 on is, ConfigError with the routes that would
    take what it answers already.
    """
    changes: Changes = {}
    package = f"api/{PACKAGE}"
    if tree.exists(package):
        raise DifyKitError(
            f"{package}/__init__.py is difykit's to write", hint="rename what an overlay or patch puts there"
        )
    if endpoints := _endpoints(overlays):
        changes[BLUEPRINTS_FILE] = ("100644", wire_api(tree.text(BLUEPRINTS_FILE)).encode("utf-8", "surrogateescape"))
        changes[f"{package}/__init__.py"] = ("100644", package_source(endpoints).encode())
    if routes := _routes(overlays):
        changes[TEMPLATE] = ("100644", wire_gateway(tree.text(TEMPLATE), routes).encode("utf-8", "surrogateescape"))
        check_routes(overlays, tree)
    return changes
