"""Which settings name a host, who reads them, and the host in their values: never anything else of a value.

A value may hold a password, and a URL with an odd one is easily read wrong, so the host is what follows the last `@`,
and only what can be a host's name is taken.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from difykit.dify import hosts

_HOST = re.compile(r"\[([0-9A-Fa-f:.]{2,45})\]|([A-Za-z0-9](?:[A-Za-z0-9_-]|\.(?=[A-Za-z0-9])){0,252})")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_PLACEHOLDER = re.compile(r"your|xxx", re.IGNORECASE)
_ITSELF = frozenset({"localhost", "127.0.0.1", "0.0.0.0", "::1", "::"})  # noqa: S104 - to leave out
THIS_MACHINE = "host.docker.internal"


@dataclass(frozen=True)
class Address:
    host: str
    port: str = ""


def addresses(value: str, port: str = "") -> list[Address]:
    """The hosts that a setting names: one, a URL, or several with commas; those that mean the container itself not."""
    if "@" in value and "," in value:
        value = value.rpartition("@")[2]  # a list after one login
    candidates = [_address(piece.strip(), port) for piece in value.split(",")]
    return [address for address in candidates if address and address.host not in _ITSELF]


def _address(text: str, port: str) -> Address | None:
    authority = _SCHEME.sub("", text, count=1).rpartition("@")[2]
    match = _HOST.match(authority)
    if not match or _PLACEHOLDER.search(match[0]):
        return None
    tail = authority[match.end() :]
    if tail and tail[0] not in ":/?#;":
        return None
    port_match = re.match(r":(\d{1,5})(?=$|[/?#;,])", tail)
    if tail.startswith(":") and not port_match:
        return None  # what stands there is no port: perhaps the rest of a password
    return Address((match[1] or match[2]).lower(), port_match[1] if port_match else port if port.isdigit() else "")


@dataclass(frozen=True)
class HostUse:
    """A setting by which a service reaches a host."""

    purpose: str
    key: str
    address: Address


def uses(role: str, environment: Mapping[str, str]) -> Iterator[HostUse]:
    """What a service of this role reaches by its settings, in a fixed order."""
    for setting in hosts.host_settings(role, environment):
        port = environment.get(setting.port, "") if setting.port else ""
        for key in setting.keys:
            for address in addresses(environment.get(key, ""), port):
                yield HostUse(setting.purpose, key, address)
