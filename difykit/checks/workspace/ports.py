"""The ports that a deployment publishes, and who has them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from difykit import docker
from difykit.checks.finding import Finding, NotJudged, error, ok, warning
from difykit.checks.workspace.envfile import values
from difykit.checks.workspace.space import Space
from difykit.core.errors import DifyKitError
from difykit.core.listener import listener
from difykit.dify import layout, services
from difykit.docker import Container, EngineFacts


@dataclass(frozen=True)
class PortSetting:
    """A port that Dify's Compose file takes from `key`; `number` is 0 where its value is no port."""

    key: str
    number: int


@dataclass(frozen=True)
class Ports:
    """The ports wanted, who has which of them ("" for nobody), and where else the project runs from.

    `blind` while no engine tells the project's own containers from others.
    """

    settings: tuple[PortSetting, ...] = ()
    holders: Mapping[int, str] = field(default_factory=dict)
    strangers: tuple[str, ...] = ()
    blind: bool = False


def port_settings(space: Space) -> tuple[PortSetting, ...]:
    """What would be published: upstream's own value < overlays < difykit.yaml < `.env`."""
    base = values(space.source / layout.ENV_EXAMPLE) if space.source else {}
    if not base and space.live:
        base = values(space.live / ".env")
    settings = dict(base)
    for overlay in space.overlays:
        settings |= {key: value for key, value in overlay.manifest.env.items() if isinstance(value, str)}
    settings |= space.settings.env
    settings |= values(space.root / ".env") if space.root else {}
    changes = [overlay.manifest.compose for overlay in space.overlays]
    removed = {name for change in changes for removal in change.removals for name in removal.names}
    return tuple(
        PortSetting(key, port_number(settings.get(key) or default))
        for key, service, default in services.PUBLISHED
        if service not in removed
    )


def port_number(value: str) -> int:
    """The port in `8080` or `127.0.0.1:8080`; 0 for anything else."""
    match = re.fullmatch(r"(?:.*:)?(\d{1,5})", value.strip())
    return int(match[1]) if match and int(match[1]) < 65536 else 0


def look_at_ports(space: Space, facts: EngineFacts) -> Ports:
    """Who has the ports: containers by the engine's word, then whatever listens on this machine."""
    ports = port_settings(space)
    running = None if facts.problem else _containers()
    numbers = {port.number for port in ports if port.number}
    holders = {number: _holder(number, running or (), space, facts) for number in numbers}
    return Ports(ports, holders, _strangers(running or (), space), blind=running is None)


def _containers() -> tuple[Container, ...] | None:
    try:
        return docker.containers()
    except DifyKitError:
        return None


def _holder(number: int, running: Iterable[Container], space: Space, facts: EngineFacts) -> str:
    """Who else has a port; "" when nobody has, or the project's own container."""
    for container in running:
        if number in container.ports:
            return "" if container.project == space.settings.deploy.project else f"the container {container.name}"
    return "" if facts.remote else listener(number)


def _strangers(running: Iterable[Container], space: Space) -> tuple[str, ...]:
    """The folders from which others started containers of the same project; difykit's own starts are in the data."""
    project, data = space.settings.deploy.project, space.data
    folders = {container.folder for container in running if container.project == project and container.folder}
    return tuple(sorted(folder for folder in folders if data and not Path(folder).is_relative_to(data)))


def judge_ports(space: Space, ports: Ports, facts: EngineFacts) -> list[Finding]:
    """Each port is free, or this project's own containers have it."""
    if not space.containers:
        raise NotJudged(f"{space.target}: it looks when it starts")
    if facts.remote and ports.blind:
        raise NotJudged(f"needs the engine on {facts.remote}")
    findings = [problem for port in ports.settings for problem in _judge_port(port, ports)]
    numbers = [port.number for port in ports.settings if port.number]
    for number in sorted({number for number in numbers if numbers.count(number) > 1}):
        keys = [port.key for port in ports.settings if port.number == number]
        findings.append(error(f"{' and '.join(keys)} are both {number}", f"set another {keys[-1]} in .env"))
    where = f" on {facts.remote}, as far as containers go" if facts.remote else ""
    return findings or [ok(f"{', '.join(map(str, numbers)) or 'none'}: free, or this project's own{where}")]


def _judge_port(port: PortSetting, ports: Ports) -> list[Finding]:
    if not port.number:
        return [error(f"the value of {port.key} is not a port", f"set {port.key} to a number in .env")]
    holder = ports.holders.get(port.number, "")
    if not holder:
        return []
    hint = f"stop it, or set {port.key}={_other(port.number, ports.settings)} in .env"
    text = f"{port.number} ({port.key}) is in use by {holder}"
    if ports.blind:
        return [warning(f"{text}; without an engine nobody says whether that is this project itself", hint)]
    return [error(text, hint)]


def _other(number: int, ports: Sequence[PortSetting]) -> int:
    """A port that fits in its place: 8080 for 80, 8443 for 443, the next thousand for others."""
    numbers = {port.number for port in ports}
    other = {80: 8080, 443: 8443}.get(number, number + 1000 if number < 64000 else number - 1000)
    return other if other not in numbers else other + 1


def judge_project(space: Space, ports: Ports) -> list[Finding]:
    """No other folder runs a Compose project of the same name: Compose would take its containers for ours."""
    name = space.settings.deploy.project
    space.need_containers()
    if ports.blind:
        raise NotJudged("needs an engine")
    if ports.strangers:
        text = f"{name} is also the project of {', '.join(ports.strangers)}: a deploy would replace its containers"
        return [warning(text, "set another deploy.project in difykit.yaml, or stop that one: docker compose down")]
    return [ok(f"{name}: no other folder uses the name")]
