"""Upstream's Compose file with what the workspace changes; the rest stays as Dify wrote it.

Tried on all 41 releases 1.0.0 to 1.15.0: what Compose makes of the result differs from upstream's only where meant.
"""

from __future__ import annotations

import copy
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from difykit.release.compose.health import add_checks
from difykit.release.compose.images import Replacement, switch
from difykit.release.compose.migrate import add_migrations, waiting_for_migrations
from difykit.release.compose.mounts import move_data
from difykit.release.compose.proxy import NO_PROXY, ServiceProxy, add_proxy
from difykit.release.compose.services import remove
from difykit.release.compose.variables import forward, withhold


@dataclass(frozen=True)
class ComposeRewrite:
    """What is to change in upstream's Compose file."""

    images: Mapping[str, Replacement] = field(default_factory=dict)
    """For each replaced image its replacement."""
    remove: Mapping[str, str] = field(default_factory=dict)
    """Services to leave out, each with the one that takes its place for those that waited for it, or ""."""
    forward: tuple[str, ...] = ()
    """Variables that api must see."""
    readers: Mapping[str, Collection[str]] = field(default_factory=dict)
    """For variables that are set, the services that are known to read them."""
    secrets: Mapping[str, Collection[str]] = field(default_factory=dict)
    """For each variable that is an overlay's secret the services that may see it."""
    tracked: Collection[str] = ()
    """The files below `docker/` in the source, without `docker/`."""
    own_ping: bool = False
    """Whether the source has `api/celery_healthcheck.py`."""
    proxy: ServiceProxy = NO_PROXY
    """The way out for the services that go out."""
    added_services: Collection[str] = ()
    """Services that overlays add, which are reached without the proxy."""
    migrate: str = ""
    """The Python module that migrates the database before api starts; "" where api does all of it, as Dify ships it."""


def rewrite(upstream: Mapping[str, Any], changes: ComposeRewrite) -> dict[str, Any]:
    """A new Compose file: upstream's, with `changes` done to it.

    `upstream` is the parsed file with its merges resolved; it is not changed. `x-` keys, which only fed merges, go.
    """
    # Merged values are shared objects: a change to one service would be seen in others.
    compose: dict[str, Any] = {key: _unshared(value) for key, value in upstream.items() if not key.startswith("x-")}
    services = compose["services"]
    remove(services, changes.remove)
    move_data(services, changes.tracked)
    withhold(services, changes.secrets)
    forward(compose, changes.forward, changes.readers)
    add_proxy(services, changes.proxy, {*services, *changes.added_services})
    add_checks(services, own_ping=changes.own_ping)
    waiting = waiting_for_migrations(services)
    switch(services, changes.images)
    if changes.migrate:
        add_migrations(services, waiting, changes.migrate)
    return compose


def _unshared(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _unshared(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_unshared(item) for item in value]
    return copy.copy(value)
