"""The addresses that a registry gives: where they lead, and which of them nobody asks. Pure."""

from __future__ import annotations

import ipaddress
from urllib.parse import urljoin, urlsplit

_ADDRESS = 8 << 10  # signed addresses of stores have one or two thousand letters


def joined(url: str, to: str) -> str:
    """Where an address of an answer leads; one that is none stays, for `address_fault` to tell."""
    try:
        return urljoin(url, to) if len(to) <= _ADDRESS else to
    except ValueError:
        return to


def same_host(url: str, base_url: str) -> bool:
    """Whether two addresses are of the same machine, spoken to in the same way."""
    try:
        return urlsplit(url)[:2] == urlsplit(base_url)[:2]
    except ValueError:
        return False


def address_fault(url: str, *, local: bool) -> str:
    """What is wrong with an address that a registry gave, "" when it may be asked; `local` for one of this machine.

    Encrypted, or on this machine for a registry of it: there are addresses that answer every machine that asks them
    with what nobody else should read.
    """
    try:
        parts = urlsplit(url if len(url) <= _ADDRESS else "")
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return "what is no address"
    plain = parts.scheme == "http"
    faults = (
        (not host or parts.scheme not in {"http", "https"}, "what is no https:// address, or too long for one"),
        ("@" in parts.netloc, "an address with a login in it"),
        (_is_own(host), f"{host}, which is an address of the machine's own network"),
        (plain and not (local and is_local(parts.netloc)), f"{host} without encryption"),
    )
    return next((text for wrong, text in faults if wrong), "")


def _is_own(host: str) -> bool:
    """Whether it is an address of the link alone, where clouds hand out their machines' logins, or of no machine."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    address = getattr(address, "ipv4_mapped", None) or address
    return address.is_link_local or address.is_multicast or address.is_unspecified


def is_local(host: str) -> bool:
    """Whether a registry is on this machine, where plain HTTP is spoken, as the engine has it."""
    name = urlsplit(f"//{host}").hostname or ""
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return name == "localhost"
