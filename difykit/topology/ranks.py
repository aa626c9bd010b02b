"""Which column of the picture each service stands in, and the order in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from difykit.dify import hosts, roles, services
from difykit.topology.model import APP, BACK, DEEP, EXTERNAL, GATEWAY, STORE, TIERS, TRAFFIC, ServiceBox, ServiceLink

_TITLES = {
    roles.GATEWAY: "gateway",
    roles.API: "answers requests",
    roles.BEAT: "Dify",
    roles.MIGRATE: "brings the database up to date",
    roles.WEB: "user interface",
    roles.PLUGIN: "runs plugins",
    roles.SANDBOX: "runs code",
    roles.PROXY: "the way out for code and tools",
}
_BY_NAME = {
    services.WORKER: "does the tasks of the queue",
    services.WORKER_BEAT: "periodic tasks",
    services.API_WEBSOCKET: "editing together",
    services.INIT_PERMISSIONS: "prepares the storage",
    services.CERTBOT: "certificates",
    services.REDIS: "cache and task queue",
}
_ORDER = (
    services.NGINX,
    services.WEB,
    services.API,
    services.API_WEBSOCKET,
    services.WORKER,
    services.WORKER_BEAT,
    services.PLUGIN_DAEMON,
    services.SSRF_PROXY,
)


def placed(
    shown: tuple[ServiceBox, ...], links: tuple[ServiceLink, ...], roles_by_name: Mapping[str, str]
) -> tuple[ServiceBox, ...]:
    """The services with their tiers, titles and the ports they are spoken to at, column by column."""
    app = {name for name, role in roles_by_name.items() if role in roles.DIFY}
    dify = frozenset(app)
    gateway = {name for name, role in roles_by_name.items() if role == roles.GATEWAY}
    app |= {link.target for link in links if link.source in gateway and link.kind == TRAFFIC} - gateway
    stores = {link.target for link in links if link.source in app} - app - gateway
    tiers = dict.fromkeys({link.target for link in links}, BACK) | dict.fromkeys(stores, STORE)
    tiers |= dict.fromkeys(app, APP) | dict.fromkeys(gateway, GATEWAY)
    back = {name for name, tier in tiers.items() if tier == BACK}
    reached = {link.target for link in links if link.source not in back}
    tiers |= dict.fromkeys(back - reached, DEEP)
    placed_services = []
    for service in shown:
        tier = service.tier or (
            GATEWAY if service.once and service.name not in dify else tiers.get(service.name, STORE)
        )
        by_name = "" if service.tier else _BY_NAME.get(service.name)
        title = by_name or _TITLES.get(service.title) or service.title or _purpose(service.name, tier, links)
        ports = {port for link in links if link.target == service.name for port in link.ports}
        placed_services.append(replace(service, tier=tier, title=title, listens=tuple(sorted(ports))))
    return tuple(sorted(placed_services, key=_key))


def _purpose(name: str, tier: str, links: tuple[ServiceLink, ...]) -> str:
    keys = {why for link in links if link.target == name for why in link.why}
    if keys & hosts.DATABASE_KEYS or name.startswith(services.DB):
        return "database"
    if keys & hosts.REDIS_KEYS:
        return "Redis"
    if tier == STORE and keys:
        return "vector store"
    users = [link.source for link in links if link.target == name]
    return f"used by {', '.join(users)}" if users and tier in {BACK, DEEP} else "" if tier == APP else "stands by"


def _key(service: ServiceBox) -> tuple[int, bool, bool, int, str]:
    order = _ORDER.index(service.name) if service.name in _ORDER else len(_ORDER) - 1
    return TIERS.index(service.tier), service.mark == EXTERNAL, service.once, order, service.name
