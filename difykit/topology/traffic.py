"""Who speaks to whom: by the settings that name hosts, the gateway's template, and what waits for what."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from difykit.dify import keys, roles, services
from difykit.dify.hosts import LOCAL, storage
from difykit.release import compose
from difykit.topology.gateway import routes
from difykit.topology.hosts import THIS_MACHINE, Address, uses
from difykit.topology.model import EXTERNAL, FOLDER, OUTSIDE, STORE, TRAFFIC, WAITS, ServiceBox, ServiceLink

STORAGE, INTERNET = "file storage", "the internet"

Body = Mapping[str, Any]


def role(name: str, body: Body, image: str) -> str:
    """What a service is in Dify, by the image that it is or replaces; "" for one of another kind."""
    if name == compose.MIGRATE:
        return roles.MIGRATE
    return roles.role_of(name, image, (body.get("environment") or {}).get(keys.MODE, ""))


def links_of(
    bodies: Mapping[str, Body], roles_by_name: Mapping[str, str], template: str
) -> tuple[tuple[ServiceLink, ...], tuple[ServiceBox, ...]]:
    """The links between services, and the places outside or in folders that they lead to."""
    collected = _Found(bodies)
    for name, body in sorted(bodies.items()):
        environment = {key: str(value) for key, value in (body.get("environment") or {}).items() if value is not None}
        if name == services.NGINX:
            for address, paths in routes(template, environment).items():
                collected.add(name, address, "", paths)
        for use in uses(roles_by_name[name], environment):
            collected.add(name, use.address, use.purpose, (use.key,))
        if (
            roles_by_name[name] == roles.API
            and storage(roles.API, environment) in LOCAL
            and roles.STORAGE in _targets(body)
        ):
            collected.add_place(STORAGE, STORE, FOLDER, "a folder of the host")
            collected.link(name, STORAGE, roles.STORAGE, "")
        if roles_by_name[name] == roles.PROXY:
            collected.add_place(INTERNET, OUTSIDE, EXTERNAL, "public addresses only")
            collected.link(name, INTERNET, "requests of tools and code", "")
    for name in sorted(name for name in bodies if roles_by_name[name] == roles.PLUGIN):
        if INTERNET in collected.others:
            collected.link(name, INTERNET, "marketplace and models", "")
    traffic = {(link.source, link.target) for link in collected.links()}
    waits = tuple(
        ServiceLink(name, target, WAITS)
        for name, body in sorted(bodies.items())
        for target in sorted(body.get("depends_on") or ())
        if target in bodies and target != name and (name, target) not in traffic
    )
    return (*collected.links(), *waits), tuple(collected.others.values())


def _targets(body: Body) -> set[str]:
    return {str(mount.get("target", "")) for mount in body.get("volumes", ())}


class _Found:
    """Links as they are found, those of one pair together."""

    def __init__(self, bodies: Mapping[str, Body]) -> None:
        self.others: dict[str, ServiceBox] = {}
        self._links: dict[tuple[str, str], tuple[set[str], set[str]]] = {}
        self._bodies = bodies
        self._names: dict[str, str] = {}
        for name, body in sorted(bodies.items()):
            nets = (body.get("networks") or {}).values()
            aliases = [alias for net in nets for alias in (net or {}).get("aliases") or ()]
            for alias in (name, body.get("container_name"), body.get("hostname"), *aliases):
                if alias:
                    self._names.setdefault(str(alias).lower(), name)

    def add(self, source: str, address: Address, purpose: str, why: tuple[str, ...]) -> None:
        target = self._names.get(address.host)
        if target is None:
            # The gateway asks for services that may not run at each request: a bare name that is none is nothing.
            if not purpose and "." not in address.host:
                return
            target = "this machine" if address.host == THIS_MACHINE else address.host
            self.add_place(target, OUTSIDE, EXTERNAL, purpose or "a route of the gateway")
        if target != source:
            for reason in why:
                self.link(source, target, reason, address.port)

    def add_place(self, name: str, tier: str, mark: str, title: str) -> None:
        before = self.others.get(name)
        titles = [*(before.title.split(", ") if before else ()), title]
        self.others[name] = ServiceBox(name, tier, mark, ", ".join(dict.fromkeys(titles)))

    def link(self, source: str, target: str, why: str, port: str) -> None:
        reasons, ports = self._links.setdefault((source, target), (set(), set()))
        reasons.add(why)
        if port:
            ports.add(port)

    def links(self) -> tuple[ServiceLink, ...]:
        return tuple(
            ServiceLink(source, target, TRAFFIC, tuple(sorted(why)), tuple(sorted(ports)))
            for (source, target), (why, ports) in sorted(self._links.items())
        )
