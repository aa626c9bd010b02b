"""The service that brings the database up to date before api starts, where overlays have tables of their own.

It runs once at each `up` and ends. It is api but for what it runs: the same image, settings and networks, since Dify's
own migrations, which come first, load all of Dify.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from typing import Any

from difykit.dify import services as names
from difykit.release.compose.images import API, runs
from difykit.release.compose.variables import environment

MIGRATE = "difykit-migrate"
# What belongs to a service that answers, and not to one that ends.
_OWN = ("command", "container_name", "deploy", "entrypoint", "healthcheck", "labels", "ports", "profiles", "restart")
# What overlays' files may say of api that decides whether the database is reached, and as whom.
_SHARED = (
    *("image", "pull_policy", "platform", "environment", "env_file", "networks", "depends_on", "volumes"),
    *("extra_hosts", "dns", "secrets", "configs"),
)


def waiting_for_migrations(services: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """The services that start once the database is up to date: all on Dify's api image."""
    return [name for name, service in services.items() if runs(service, API)]


def add_migrations(services: dict[str, dict[str, Any]], waiting: Iterable[str], program: str) -> None:
    """Add the service, which runs the Python module `program`, and let the services `waiting` wait for it."""
    api = services.get(names.API)
    if api is None:
        return
    service = {key: copy.deepcopy(value) for key, value in api.items() if key not in _OWN}
    services[MIGRATE] = {**service, "restart": "no", "entrypoint": ["python", "-m", program]}
    for name in waiting:
        waits = services[name].get("depends_on") or {}
        long = waits if isinstance(waits, dict) else {service: {"condition": "service_started"} for service in waits}
        services[name]["depends_on"] = {**long, MIGRATE: {"condition": "service_completed_successfully"}}


def as_api(bodies: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """What the service has to be told, too, once overlays' files have said `bodies` of api, one after the other."""
    shared: dict[str, Any] = {}
    for api in bodies:
        body = _plain({key: api[key] for key in _SHARED if api.get(key) is not None})
        for key in body:
            shared[key] = _joined(key, shared[key], body) if key in shared else body[key]
    if "depends_on" in shared and isinstance(shared["depends_on"], dict):
        shared["depends_on"].pop(MIGRATE, None)
    return shared


def _plain(value: Any) -> Any:
    """A copy without the places in a file that texts read from it know."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return str(value) if isinstance(value, str) else value


def _joined(key: str, old: Any, body: Mapping[str, Any]) -> Any:
    new = body[key]
    if key == "environment":
        return environment({key: old}) | environment(body)
    if isinstance(old, dict) and isinstance(new, dict):
        return {**old, **new}
    if key in {"depends_on", "networks"}:
        start = {"condition": "service_started"} if key == "depends_on" else None
        return {**_mapping(old, start), **_mapping(new, start)}
    if isinstance(old, list) or isinstance(new, list):
        return [*_list(old), *(item for item in _list(new) if item not in _list(old))]
    return new


def _mapping(value: Any, start: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {str(name): start for name in _list(value)}


def _list(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [f"{key}={item}" for key, item in value.items()]
    return value if isinstance(value, list) else [value]
