"""Where the containers of a Compose project stand: networks, published addresses, what of the host they are given."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from difykit.docker import program

_LABEL = "com.docker.compose."
_EVERYWHERE = {"", "0.0.0.0", "::"}  # noqa: S104 - what the engine says, not what is bound here


@dataclass(frozen=True)
class Published:
    """A port of a container at an address of the host."""

    address: str
    port: int
    inner: int

    @property
    def everywhere(self) -> bool:
        """Whether it is at every address of the host, those that others reach too."""
        return self.address in _EVERYWHERE


@dataclass(frozen=True)
class Placed:
    """A running container of a project, and where it stands."""

    service: str
    id: str
    image_id: str
    addresses: Mapping[str, tuple[str, ...]]
    """Its addresses by the name of the network."""
    exposed: tuple[int, ...]
    published: tuple[Published, ...]
    environment: Mapping[str, str] = field(repr=False)
    """It holds secrets: it is for comparing, not for showing."""
    host_access: tuple[str, ...] = ()
    """What of the host it is given beyond a container's own: the engine's socket, the host's network, privileges."""


@dataclass(frozen=True)
class EngineNetwork:
    """A network as the engine made it."""

    name: str
    internal: bool
    gateways: tuple[str, ...]
    options: Mapping[str, str]


def placed(project: str) -> tuple[Placed, ...]:
    """The running containers of the project, by service. Raises CommandFailed when no engine answers."""
    ids = program.run(["ps", "--quiet", "--filter", f"label={_LABEL}project={project}"]).text.split()
    if not ids:
        return ()
    # One that goes between the two questions is no error; what is left is still told.
    rows = json.loads(program.run(["container", "inspect", "--", *ids], check=False).stdout or b"[]")
    return tuple(sorted(map(_placed, rows), key=lambda container: container.service))


def _placed(row: Mapping[str, Any]) -> Placed:
    config, settings = row["Config"], row.get("NetworkSettings") or {}
    attached = settings.get("Networks") or {}
    return Placed(
        service=(config.get("Labels") or {}).get(f"{_LABEL}service", ""),
        id=row["Id"],
        image_id=row.get("Image", ""),
        addresses={name: _addresses(network) for name, network in attached.items()},
        exposed=tuple(sorted(map(_number, config.get("ExposedPorts") or ()))),
        published=_published(settings.get("Ports") or {}),
        environment=dict(line.partition("=")[::2] for line in config.get("Env") or ()),
        host_access=tuple(_host_access(row)),
    )


def _addresses(network: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(str(network[key]) for key in ("IPAddress", "GlobalIPv6Address") if network.get(key))


def _number(port: str) -> int:
    return int(port.partition("/")[0])


def _published(ports: Mapping[str, Any]) -> tuple[Published, ...]:
    published_ports = {
        Published(str(binding.get("HostIp") or ""), int(binding["HostPort"]), _number(inner))
        for inner, places in ports.items()
        for binding in places or ()
        if binding.get("HostPort")
    }
    return tuple(sorted(published_ports, key=lambda port: (port.inner, port.port, port.address)))


def _host_access(row: Mapping[str, Any]) -> Iterable[str]:
    host = row.get("HostConfig") or {}
    if host.get("Privileged"):
        yield "all privileges"
    for key, shared in (("NetworkMode", "network"), ("PidMode", "processes"), ("IpcMode", "shared memory")):
        if host.get(key) == "host":
            yield f"the host's {shared}"
    yield from (f"the capability {name}" for name in host.get("CapAdd") or ())
    sources = (str(mount.get("Source", "")) for mount in row.get("Mounts") or ())
    yield from (
        f"the engine's socket {socket}" for socket in sources if socket.endswith(("docker.sock", "podman.sock"))
    )


def networks(names: Sequence[str]) -> tuple[EngineNetwork, ...]:
    """Those of the networks that the engine has. Raises CommandFailed when no engine answers."""
    if not names:
        return ()
    rows = json.loads(program.run(["network", "inspect", "--", *names], check=False).stdout or b"[]")
    return tuple(
        EngineNetwork(
            name=str(row["Name"]),
            internal=bool(row.get("Internal")),
            gateways=tuple(
                str(part["Gateway"]).partition("/")[0]
                for part in (row.get("IPAM") or {}).get("Config") or ()
                if part.get("Gateway")
            ),
            options=row.get("Options") or {},
        )
        for row in rows
    )
