"""What the attempts from the sandbox's network mean: nothing private is to be reached, by the proxy or past it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from difykit.dify import containers, keys
from difykit.doctor import Said, fail, ok, skip, warn
from difykit.stack.live import PROXY, Live
from difykit.stack.sandbox import METADATA, Escapes

OVERLAY = "sandbox-isolation"
_NETWORK_OPTION = "com.docker.network.bridge.inhibit_ipv4"
_ALLOWED = (keys.SSRF_PROXY_ALLOW_PRIVATE_IPS, keys.SSRF_PROXY_ALLOW_PRIVATE_DOMAINS)
# What the overlay sets where nothing is allowed, since Squid wants at least one value.
_NOBODY = ("255.255.255.255", "nobody.invalid")
_SHOWN = 6
_ENABLE = f"invoke overlay.enable {OVERLAY}, then: invoke sync build down deploy"


def sandbox_said(live: Live, escapes: Escapes) -> list[Said]:
    """From the sandbox there is no way out, to the host or to the data but through the proxy."""
    if escapes.problem:
        return [skip(escapes.problem)]
    said = [
        fail(
            f"the sandbox has {what}: code in it owns the host", "take it out of the sandbox's service in compose.yaml"
        )
        for what in escapes.given
    ]
    said += _outside(escapes)
    said += _host(live, escapes)
    said += _services(live, escapes)
    return said or [ok(f"from {escapes.beside} nothing is reached but what shares its network: {_beside(live)}")]


def _beside(live: Live) -> str:
    """The services on the sandbox's network: Dify's own Compose file puts api and worker there."""
    name = live.network(containers.PROXY_NETWORK)
    return ", ".join(sorted({one.service for one in live.placed if name in one.addresses})) or "nobody"


def _outside(escapes: Escapes) -> Iterable[Said]:
    ways = [str(one["to"]) for one in escapes.of("route")]
    if ways:
        kinds = [
            "the clouds' metadata" if way in METADATA else "IPv6" if ":" in way else "the internet" for way in ways
        ]
        text = f"from {escapes.beside} there is a way to {' and '.join(dict.fromkeys(kinds))} past the proxy"
        mend = "its networks must have internal: true, in compose.yaml as in Dify's own file; then: invoke down deploy"
        yield fail(text, mend)
    if names := [str(one["to"]) for one in escapes.of("dns")]:
        text = f"names outside are resolved for {escapes.beside} ({', '.join(names)}): data can leave in such questions"
        yield fail(text, "upgrade the Docker engine to 26.0, 25.0.5 or newer, or give the network internal: true")


def _host(live: Live, escapes: Escapes) -> Iterable[Said]:
    here = escapes.of("host")
    if not here:
        return
    places = ", ".join(dict.fromkeys(str(one["to"]) for one in here))
    ports = sorted({int(one["port"]) for one in here if one["state"] == "open"})
    mend = _close(live)
    if ports:
        numbers = ", ".join(map(str, ports))
        yield fail(f"code in the sandbox reaches this host at {places}, and on it the ports {numbers}", mend)
    else:
        text = f"code in the sandbox reaches this host at {places}: whatever listens there is open to it"
        yield warn(f"{text}, though none of the usual ports is", mend)


def _close(live: Live) -> str:
    """How the host's own address on the network is taken away; a network that is there already keeps it."""
    if _enabled(live):
        return "the network was made before the overlay was: invoke down deploy makes it anew"
    return _ENABLE


def _enabled(live: Live) -> bool:
    """Whether the overlay that closes all this is in the release that is live."""
    body: Mapping[str, Any] = (live.stack.config.get("networks") or {}).get(containers.PROXY_NETWORK) or {}
    return _NETWORK_OPTION in (body.get("driver_opts") or {})


def _services(live: Live, escapes: Escapes) -> Iterable[Said]:
    owners = {address: one.service for one in live.placed for each in one.addresses.values() for address in each}
    reached = {f"{owners.get(str(one['to']), one['to'])}:{one['port']}" for one in escapes.of("service")}
    reached |= {str(one["to"]) for one in escapes.of("name") if not str(one["to"]).endswith(".docker.internal")}
    if reached:
        text = f"code in the sandbox reaches {', '.join(sorted(reached))}, which is none of its business"
        yield fail(text, "take the sandbox out of networks other than ssrf_proxy_network, in compose.yaml")


def proxy_said(live: Live, escapes: Escapes) -> list[Said]:
    """The proxy answers, and refuses every private address."""
    if escapes.problem or PROXY not in live.services:
        return [skip(escapes.problem or "this deployment has none")]
    if gone := escapes.of("no-proxy"):
        text = f"from {escapes.beside} the proxy {gone[0]['to']} does not answer: {gone[0]['problem']}"
        return [fail(text, f"difykit logs --service {PROXY}")]
    asked = escapes.of("proxy")
    passed = [str(one["to"]) for one in asked if one["state"] != "refused"]
    if passed:
        return [_passes(live, passed)]
    return [ok(f"it refuses private addresses: all {len(asked)} attempts") if asked else skip(f"{PROXY} does not run")]


def _passes(live: Live, passed: list[str]) -> Said:
    more = f" and {len(passed) - _SHOWN} more" if len(passed) > _SHOWN else ""
    text = f"the proxy goes to private addresses for the sandbox: {', '.join(passed[:_SHOWN])}{more}"
    if chosen := [name for name in _ALLOWED if _set(live, name)]:
        return warn(f"{text}; {' and '.join(chosen)} say so", f"leave in {chosen[0]} what workflows really need")
    undo = f"{OVERLAY} is enabled: see what else changes docker/ssrf_proxy/squid.conf.template, then: invoke deploy"
    return fail(text, undo if _enabled(live) else _ENABLE)


def _set(live: Live, name: str) -> bool:
    value = ((live.services.get(PROXY) or {}).get("environment") or {}).get(name) or ""
    return bool(str(value).strip()) and not str(value).startswith(_NOBODY)
