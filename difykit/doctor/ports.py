"""The ports that a deployment publishes, and who has them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from difykit import engine
from difykit.dify import layout, services
from difykit.doctor.envfile import values
from difykit.doctor.finding import Said, fail, ok, skip, warn
from difykit.doctor.space import Space
from difykit.engine import Container, EngineFacts
from difykit.errors import DifyKitError
from difykit.listener import listener


@dataclass(frozen=True)
class Wanted:
    """A port that Dify's Compose file takes from `key`; `number` is 0 where its value is no port."""

    key: str
    number: int


@dataclass(frozen=True)
class Ports:
    """The ports wanted, who has which of them ("" for nobody), and where else the project runs from.

    `blind` while no engine tells the project's own containers from others.
    """

    wanted: tuple[Wanted, ...] = ()
    holders: Mapping[int, str] = field(default_factory=dict)
    strangers: tuple[str, ...] = ()
    blind: bool = False


def wanted_ports(space: Space) -> tuple[Wanted, ...]:
    """What would be published: upstream's own value < overlays < difykit.yaml < `.env`."""
    base = values(space.source / layout.ENV_EXAMPLE) if space.source else {}
    if not base and space.live:
        base = values(space.live / ".env")
    given = dict(base)
    for overlay in space.overlays:
        given |= {key: value for key, value in overlay.manifest.env.items() if isinstance(value, str)}
    given |= space.settings.env
    given |= values(space.root / ".env") if space.root else {}
    changes = [overlay.manifest.compose for overlay in space.overlays]
    removed = {name for each in changes for removal in each.removals for name in removal.names}
    return tuple(
        Wanted(key, port_number(given.get(key) or default))
        for key, service, default in services.PUBLISHED
        if service not in removed
    )


def port_number(value: str) -> int:
    """The port in `8080` or `127.0.0.1:8080`; 0 for anything else."""
    found = re.fullmatch(r"(?:.*:)?(\d{1,5})", value.strip())
    return int(found[1]) if found and int(found[1]) < 65536 else 0


def look_at_ports(space: Space, facts: EngineFacts) -> Ports:
    """Who has the ports: containers by the engine's word, then whatever listens on this machine."""
    wanted = wanted_ports(space)
    running = None if facts.problem else _containers()
    numbers = {each.number for each in wanted if each.number}
    holders = {number: _holder(number, running or (), space, facts) for number in numbers}
    return Ports(wanted, holders, _strangers(running or (), space), blind=running is None)


def _containers() -> tuple[Container, ...] | None:
    try:
        return engine.containers()
    except DifyKitError:
        return None


def _holder(number: int, running: Iterable[Container], space: Space, facts: EngineFacts) -> str:
    """Who else has a port; "" when nobody has, or the project's own container."""
    for each in running:
        if number in each.ports:
            return "" if each.project == space.settings.deploy.project else f"the container {each.name}"
    return "" if facts.remote else listener(number)


def _strangers(running: Iterable[Container], space: Space) -> tuple[str, ...]:
    """The folders from which others started containers of the same project; difykit's own starts are in the data."""
    project, data = space.settings.deploy.project, space.data
    folders = {each.folder for each in running if each.project == project and each.folder}
    return tuple(sorted(folder for folder in folders if data and not Path(folder).is_relative_to(data)))


def ports_said(space: Space, ports: Ports, facts: EngineFacts) -> list[Said]:
    """Each port is free, or this project's own containers have it."""
    if not space.containers:
        return [skip(f"{space.target}: it looks when it starts")]
    if facts.remote and ports.blind:
        return [skip(f"needs the engine on {facts.remote}")]
    said = [problem for each in ports.wanted for problem in _port_said(each, ports)]
    numbers = [each.number for each in ports.wanted if each.number]
    for number in sorted({number for number in numbers if numbers.count(number) > 1}):
        keys = [each.key for each in ports.wanted if each.number == number]
        said.append(fail(f"{' and '.join(keys)} are both {number}", f"set another {keys[-1]} in .env"))
    where = f" on {facts.remote}, as far as containers go" if facts.remote else ""
    return said or [ok(f"{', '.join(map(str, numbers)) or 'none'}: free, or this project's own{where}")]


def _port_said(each: Wanted, ports: Ports) -> list[Said]:
    if not each.number:
        return [fail(f"the value of {each.key} is not a port", f"set {each.key} to a number in .env")]
    holder = ports.holders.get(each.number, "")
    if not holder:
        return []
    mend = f"stop it, or set {each.key}={_other(each.number, ports.wanted)} in .env"
    text = f"{each.number} ({each.key}) is in use by {holder}"
    if ports.blind:
        return [warn(f"{text}; without an engine nobody says whether that is this project itself", mend)]
    return [fail(text, mend)]


def _other(number: int, wanted: Sequence[Wanted]) -> int:
    """A port that fits in its place: 8080 for 80, 8443 for 443, the next thousand for others."""
    taken = {each.number for each in wanted}
    other = {80: 8080, 443: 8443}.get(number, number + 1000 if number < 64000 else number - 1000)
    return other if other not in taken else other + 1


def project_said(space: Space, ports: Ports) -> list[Said]:
    """No other folder runs a Compose project of the same name: Compose would take its containers for ours."""
    name = space.settings.deploy.project
    if space.root is None or not space.containers:
        return [skip("no workspace" if space.root is None else space.target)]
    if ports.blind:
        return [skip("needs an engine")]
    if ports.strangers:
        text = f"{name} is also the project of {', '.join(ports.strangers)}: a deploy would replace its containers"
        return [warn(text, "set another deploy.project in difykit.yaml, or stop that one: docker compose down")]
    return [ok(f"{name}: no other folder uses the name")]
