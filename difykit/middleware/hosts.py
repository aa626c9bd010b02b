"""The hosts that middleware runs on, as they are given: one address each, at which all others reach it."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence

from difykit.core.errors import DifyKitError

_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")


def check_hosts(name: str, count: int, addresses: Sequence[str]) -> tuple[str, ...]:
    """The addresses of an overlay's hosts in their order.

    Raises DifyKitError for a wrong number of them, for one that is given twice, and for one that no other host, or no
    `host:port`, can use.
    """
    hosts = "one host" if count == 1 else f"{count} hosts"
    if len(addresses) != count:
        number = {0: "no address is", 1: "one address is"}.get(len(addresses), f"{len(addresses)} addresses are")
        usage = " ".join(["difykit middleware.render", name, "DIR", *(["--node ADDRESS"] * count)])
        raise DifyKitError(f"{name} runs on {hosts}, and {number} given", hint=usage)
    checked = tuple(_checked(address.strip(), alone=count == 1) for address in addresses)
    if twice := sorted({host for host in checked if checked.count(host) > 1}):
        raise DifyKitError(
            f"{', '.join(twice)} is given more than once: each node of {name} is on a host of its own",
            hint=f"to try it on one host: difykit overlay.enable {name}",
        )
    return checked


def bound(host: str) -> str:
    """Where a host publishes its ports: at its address alone, at every one where only its name is known."""
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        return "0.0.0.0"  # noqa: S104 - README.txt says whom to open the ports to


def _checked(text: str, *, alone: bool) -> str:
    try:
        address = ipaddress.ip_address(text.strip("[]"))
    except ValueError:
        return _named(text, alone=alone)
    if isinstance(address, ipaddress.IPv6Address):
        raise DifyKitError(
            f"{text} is an IPv6 address, which cannot stand before a port as the nodes write it",
            hint="give a name that the name server answers with this address, or an IPv4 address",
        )
    if address.is_unspecified or address.is_multicast or (address.is_loopback and not alone):
        raise _unreachable(text)
    return str(address)


def _named(text: str, *, alone: bool) -> str:
    # A name that ends in a number is an address that was mistyped: 10.0.0 or 10.0.0.256.
    if not _NAME.fullmatch(text) or len(text) > 253 or text.rpartition(".")[2].isdigit():
        raise DifyKitError(f"{text!r} is neither an address nor the name of a host", hint="such as --node 10.0.0.11")
    if text.lower() == "localhost" and not alone:
        raise _unreachable(text)
    return text.lower()


def _unreachable(text: str) -> DifyKitError:
    return DifyKitError(
        f"{text} is no address at which the other hosts reach this one",
        hint="give the address that the host has in their network",
    )
