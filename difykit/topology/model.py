"""What a picture of a deployment tells; no value of a setting is in it but the names of hosts and numbers of ports."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

GATEWAY, APP, STORE, BACK, DEEP, OUTSIDE = "gateway", "app", "store", "back", "deep", "outside"
TIERS = (GATEWAY, APP, STORE, BACK, DEEP, OUTSIDE)
"""The columns of the picture: what is reached first, Dify, what it keeps things in, what that needs, and the rest."""

CUSTOM, OWN, STOCK, EXTERNAL, FOLDER = "custom", "own", "stock", "external", "folder"
NOT_BUILT = "not built yet"
TRAFFIC, WAITS = "traffic", "waits"


@dataclass(frozen=True)
class Port:
    """A port of the host that leads into a container."""

    host: str
    container: int
    protocol: str = "tcp"
    address: str = ""

    @property
    def words(self) -> str:
        """`8080 → 80`, with the address and the protocol where they are not the usual ones."""
        address = f"[{self.address}]" if ":" in self.address else self.address
        head = f"{address}:{self.host}" if address not in {"", "0.0.0.0", "[::]"} else self.host  # noqa: S104 - compared
        return f"{head or 'any'} → {self.container}" + ("" if self.protocol == "tcp" else f"/{self.protocol}")


@dataclass(frozen=True)
class ServiceBox:
    """A box of the picture: a service, a folder of the host, or something outside."""

    name: str
    tier: str
    mark: str
    title: str
    image: str = ""
    once: bool = False
    """It ends when its work is done."""
    ports: tuple[Port, ...] = ()
    networks: tuple[str, ...] = ()
    waits_for: tuple[str, ...] = ()
    listens: tuple[str, ...] = ()
    """Its ports that others speak to."""
    parts: tuple[str, ...] = ()
    """The patches and overlays in its custom image, or the overlay that it is from."""
    mounts: tuple[str, ...] = ()
    built: bool = True
    """Whether its image is there already, where it is the workspace's own."""

    @property
    def image_words(self) -> str:
        """Its image, and that it is not there yet where that is so."""
        return self.image if self.built else f"{self.image} ({NOT_BUILT})"

    def describe(self) -> dict[str, Any]:
        """As JSON, which says `built` where it is not so."""
        fields = asdict(self)
        if self.built:
            del fields["built"]
        return fields


@dataclass(frozen=True)
class ServiceLink:
    """`source` sends requests to `target`, or waits for it to start; `why` names the setting or the paths."""

    source: str
    target: str
    kind: str
    why: tuple[str, ...] = ()
    ports: tuple[str, ...] = ()


@dataclass(frozen=True)
class PictureNetwork:
    name: str
    internal: bool
    """Nothing on it alone reaches the outside."""


@dataclass(frozen=True)
class Topology:
    """Everything that the picture shows, in a fixed order."""

    release: str
    project: str
    services: tuple[ServiceBox, ...]
    links: tuple[ServiceLink, ...]
    networks: tuple[PictureNetwork, ...]
    overlays: tuple[str, ...] = ()
    patches: tuple[str, ...] = ()

    def service(self, name: str) -> ServiceBox:
        return next(service for service in self.services if service.name == name)

    @property
    def running(self) -> tuple[ServiceBox, ...]:
        """The services of the deployment itself."""
        return tuple(service for service in self.services if service.mark not in {EXTERNAL, FOLDER})

    @property
    def facts(self) -> str:
        """One line under the title."""
        custom = sum(service.mark in {CUSTOM, OWN} for service in self.running)
        outside = sum(service.mark == EXTERNAL for service in self.services)
        ports = sum(len(service.ports) for service in self.services)
        counts = [
            counted(len(self.running), "service"),
            f"{custom} customised",
            counted(ports, "published port"),
            counted(len(self.networks), "network"),
            f"{outside} outside",
            counted(len(self.patches), "patch", "patches"),
            counted(len(self.overlays), "overlay"),
        ]
        return " · ".join(counts)

    def describe(self) -> dict[str, Any]:
        """As JSON."""
        return {**asdict(self), "services": [service.describe() for service in self.services]}


def counted(number: int, word: str, words: str = "") -> str:
    """`1 service`, `2 services`."""
    return f"{number} {word if number == 1 else words or word + 's'}"
