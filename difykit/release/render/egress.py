"""The ssrf proxy's own way out: through the proxy of difykit.yaml, where there is one.

What workflows fetch, and all of the sandbox, goes through Dify's squid. It stays the one that refuses private
addresses; what it lets through it hands on. Upstream's template says in a comment that it may have a parent.
"""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit

from difykit.dify import layout
from difykit.release.compose import ServiceProxy

TEMPLATE = layout.in_docker(layout.SQUID_TEMPLATE)
_SANDBOX = re.compile(r"^cache_peer[ \t]+(\S+)[ \t]+parent\b[^\n]*\boriginserver\b", re.MULTILINE)
_DOOR = re.compile(r"^http_port[ \t]+(\S+)[ \t]+accel\b", re.MULTILINE)


def with_parent(template: str, proxy: ServiceProxy) -> str:
    """The template with that proxy as its parent, or as it was without one that squid can hand on to."""
    parts = urlsplit(proxy.https or proxy.http)
    if unused(proxy) or not parts.hostname:
        return template
    peer = f"cache_peer {parts.hostname} parent {parts.port or 80} 0 no-query no-digest no-netdb-exchange default"
    lines = ["", "# The proxy of difykit.yaml: what is let through goes on to it.", f"{peer} name=difykit_proxy"]
    lines += _around(proxy.no_proxy)
    sandbox, door = _SANDBOX.search(template), _DOOR.search(template)
    if sandbox and door:
        # Else squid could take the sandbox for the way to everywhere, or the proxy for the way to the sandbox.
        lines += [
            f"acl difykit_sandbox localport {door[1]}",
            "cache_peer_access difykit_proxy deny difykit_sandbox",
            f"cache_peer_access {sandbox[1]} allow difykit_sandbox",
            f"cache_peer_access {sandbox[1]} deny all",
        ]
    return template.rstrip("\n") + "\n" + "\n".join([*lines, "never_direct allow all"]) + "\n"


def unused(proxy: ServiceProxy) -> bool:
    """Whether there is a proxy that squid does not hand on to: it speaks to its parent without TLS."""
    return urlsplit(proxy.https or proxy.http).scheme not in {"", "http"}


def _around(no_proxy: str) -> list[str]:
    names, addresses = [], []
    for entry in (part.strip() for part in no_proxy.split(",") if part.strip()):
        try:
            addresses.append(str(ipaddress.ip_network(entry, strict=False)))
        except ValueError:
            # Squid takes a name for itself alone, curl for all below it too.
            names.append(entry if entry.startswith(".") else f".{entry.removeprefix('*.')}")
    lists = (("dstdomain", "difykit_names", names), ("dst", "difykit_addresses", addresses))
    lines = []
    for kind, name, values in lists:
        if values:
            lines += [f"acl {name} {kind} {' '.join(values)}", f"always_direct allow {name}"]
    return lines
