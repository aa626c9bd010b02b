"""Which column of the picture each service stands in, and the order in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from difykit.topology.model import APP, BACK, DEEP, EXTERNAL, GATEWAY, STORE, TIERS, TRAFFIC, Link, Service

_TITLES = {
    "gateway": "gateway",
    "api": "answers requests",
    "beat": "Dify",
    "migrate": "brings the database up to date",
    "web": "user interface",
    "plugin": "runs plugins",
    "sandbox": "runs code",
    "proxy": "the way out for code and tools",
}
_BY_NAME = {
    "worker": "does the tasks of the queue",
    "worker_beat": "periodic tasks",
    "api_websocket": "editing together",
    "init_permissions": "prepares the storage",
    "certbot": "certificates",
    "redis": "cache and task queue",
}
_ORDER = ("nginx", "web", "api", "api_websocket", "worker", "worker_beat", "plugin_daemon", "ssrf_proxy")
_DIFY = {"api", "beat", "migrate", "web", "plugin", "sandbox", "proxy"}


def placed(services: tuple[Service, ...], links: tuple[Link, ...], roles: Mapping[str, str]) -> tuple[Service, ...]:
    """The services with their tiers, titles and the ports they are spoken to at, column by column."""
    app = {name for name, role in roles.items() if role in _DIFY}
    dify = frozenset(app)
    gateway = {name for name, role in roles.items() if role == "gateway"}
    app |= {link.target for link in links if link.source in gateway and link.kind == TRAFFIC} - gateway
    stores = {link.target for link in links if link.source in app} - app - gateway
    tiers = dict.fromkeys({link.target for link in links}, BACK) | dict.fromkeys(stores, STORE)
    tiers |= dict.fromkeys(app, APP) | dict.fromkeys(gateway, GATEWAY)
    back = {name for name, tier in tiers.items() if tier == BACK}
    near = {link.target for link in links if link.source not in back}
    tiers |= dict.fromkeys(back - near, DEEP)
    found = []
    for one in services:
        tier = one.tier or (GATEWAY if one.once and one.name not in dify else tiers.get(one.name, STORE))
        known = "" if one.tier else _BY_NAME.get(one.name)
        title = known or _TITLES.get(one.title) or one.title or _purpose(one.name, tier, links)
        ports = {port for link in links if link.target == one.name for port in link.ports}
        found.append(replace(one, tier=tier, title=title, listens=tuple(sorted(ports))))
    return tuple(sorted(found, key=_key))


def _purpose(name: str, tier: str, links: tuple[Link, ...]) -> str:
    keys = {why for link in links if link.target == name for why in link.why}
    if keys & {"DB_HOST"} or name.startswith("db"):
        return "database"
    if keys & {"REDIS_HOST", "REDIS_SENTINELS", "CELERY_BROKER_URL"}:
        return "Redis"
    if tier == STORE and keys:
        return "vector store"
    users = [link.source for link in links if link.target == name]
    return f"used by {', '.join(users)}" if users and tier in {BACK, DEEP} else "" if tier == APP else "stands by"


def _key(one: Service) -> tuple[int, bool, bool, int, str]:
    order = _ORDER.index(one.name) if one.name in _ORDER else len(_ORDER) - 1
    return TIERS.index(one.tier), one.mark == EXTERNAL, one.once, order, one.name
