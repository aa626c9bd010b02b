"""The hosts in a value, be it one, an address, several of either, or what a program's own grammar makes of them."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

_CHUNKS = re.compile(r"[,;\s]+(?=[A-Za-z][A-Za-z0-9+.-]*://)")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://(.*)", re.DOTALL)
_AUTHORITY = re.compile(r"[^/?#]*")
_HOST = re.compile(r"(?:\[([0-9A-Fa-f:.]{2,45})\]|([A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,252}))?)(?::(\d{1,5}))?")
_QUOTES = "\"' "
MACHINE = frozenset({"host.docker.internal", "gateway.docker.internal"})
"""The engine's machine, which Docker Desktop knows by itself, and Linux by `extra_hosts`."""


@dataclass(frozen=True)
class NamedHost:
    """A host of a value, in small letters."""

    host: str
    port: str = ""
    scheme: str = ""

    @property
    def is_own(self) -> bool:
        """Whether it is the container that asks."""
        if self.host == "localhost" or self.host.endswith(".localhost"):
            return True
        try:
            address = ipaddress.ip_address(self.host)
        except ValueError:
            return False
        return address.is_loopback or address.is_unspecified

    @property
    def is_bare(self) -> bool:
        """Whether it is one word, which only this stack can make a name of."""
        return "." not in self.host and ":" not in self.host

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}" if self.port else host


def addresses(value: str) -> tuple[NamedHost, ...] | None:
    """The hosts of a value in their order; None where a part of it is none."""
    hosts: list[NamedHost] = []
    value = value.strip()
    value = value[1:-1] if value.startswith(('["', "['")) else value  # a list of texts
    for chunk in _CHUNKS.split(value.strip(_QUOTES)):
        match = _SCHEME.fullmatch(chunk.strip(_QUOTES))
        scheme, rest = (match[1].lower(), match[2]) if match else ("", chunk)
        rest = rest.rpartition("@")[2]
        pieces = re.split(r"[,;]", rest) if match else re.split(r"[,;\s]+", rest)
        for piece in pieces:
            authority = _AUTHORITY.match(piece.strip(_QUOTES))
            host = _HOST.fullmatch(authority[0].strip(_QUOTES)) if authority else None
            if host is None:
                return None
            if name := (host[1] or host[2] or "").lower().rstrip("."):
                hosts.append(NamedHost(name, host[3] or "", scheme))
    return tuple(hosts)


def is_address(value: str) -> bool:
    """Whether a value begins as an address, whatever its setting is called."""
    return _SCHEME.match(value.strip(_QUOTES)) is not None
