"""What the attempts from the sandbox's network mean: nothing private is to be reached, by the proxy or past it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from difykit.checks import Finding, NotJudged, error, ok, warning
from difykit.checks.deployment.live import PROXY, Live
from difykit.checks.deployment.sandbox import METADATA, Escapes
from difykit.core.errors import in_line
from difykit.dify import containers, keys

OVERLAY = "sandbox-isolation"
_NETWORK_OPTION = "com.docker.network.bridge.inhibit_ipv4"
_ALLOWED = (keys.SSRF_PROXY_ALLOW_PRIVATE_IPS, keys.SSRF_PROXY_ALLOW_PRIVATE_DOMAINS)
# What the overlay sets where nothing is allowed, since Squid wants at least one value.
_NOBODY = ("255.255.255.255", "nobody.invalid")
_SHOWN = 6
_ENABLE = f"invoke overlay.enable {OVERLAY}, then: invoke sync build down deploy"


def judge_sandbox(live: Live, escapes: Escapes) -> list[Finding]:
    """From the sandbox there is no way out, to the host or to the data but through the proxy."""
    findings = [
        error(
            f"the sandbox has {privilege}: code in it owns the host",
            "take it out of the sandbox's service in compose.yaml",
        )
        for privilege in escapes.privileges
    ]
    findings += _outside(escapes)
    findings += _host(live, escapes)
    findings += _services(live, escapes)
    return findings or [
        ok(f"from {escapes.network} nothing is reached but what shares its network: {_neighbours(live)}")
    ]


def _neighbours(live: Live) -> str:
    """The services on the sandbox's network: Dify's own Compose file puts api and worker there."""
    name = live.network(containers.PROXY_NETWORK)
    return (
        ", ".join(sorted({container.service for container in live.placed if name in container.addresses})) or "nobody"
    )


def _outside(escapes: Escapes) -> Iterable[Finding]:
    addresses = escapes.targets("route")
    if addresses:
        kinds = [
            "the clouds' metadata" if address in METADATA else "IPv6" if ":" in address else "the internet"
            for address in addresses
        ]
        text = f"from {escapes.network} there is a way to {' and '.join(dict.fromkeys(kinds))} past the proxy"
        hint = "its networks must have internal: true, in compose.yaml as in Dify's own file; then: invoke down deploy"
        yield error(text, hint)
    if names := escapes.targets("dns"):
        text = (
            f"names outside are resolved for {escapes.network} ({', '.join(names)}): data can leave in such questions"
        )
        yield error(text, "upgrade the Docker engine to 26.0, 25.0.5 or newer, or give the network internal: true")


def _host(live: Live, escapes: Escapes) -> Iterable[Finding]:
    attempts = escapes.of("host")
    if not attempts:
        return
    places = ", ".join(dict.fromkeys(escapes.targets("host")))
    ports = sorted({int(attempt["port"]) for attempt in attempts if attempt["state"] == "open"})
    hint = _close(live)
    if ports:
        numbers = ", ".join(map(str, ports))
        yield error(f"code in the sandbox reaches this host at {places}, and on it the ports {numbers}", hint)
    else:
        text = f"code in the sandbox reaches this host at {places}: whatever listens there is open to it"
        yield warning(f"{text}, though none of the usual ports is", hint)


def _close(live: Live) -> str:
    """How the host's own address on the network is taken away; a network that is there already keeps it."""
    if _enabled(live):
        return "the network was made before the overlay was: invoke down deploy makes it anew"
    return _ENABLE


def _enabled(live: Live) -> bool:
    """Whether the overlay that closes all this is in the release that is live."""
    body: Mapping[str, Any] = (live.stack.config.get("networks") or {}).get(containers.PROXY_NETWORK) or {}
    return _NETWORK_OPTION in (body.get("driver_opts") or {})


def _services(live: Live, escapes: Escapes) -> Iterable[Finding]:
    owners = {
        address: container.service
        for container in live.placed
        for addresses in container.addresses.values()
        for address in addresses
    }
    reached = {
        f"{owners.get(str(attempt['to']), attempt['to'])}:{attempt['port']}" for attempt in escapes.of("service")
    }
    reached |= {target for target in escapes.targets("name") if not target.endswith(".docker.internal")}
    if reached:
        text = f"code in the sandbox reaches {', '.join(sorted(reached))}, which is none of its business"
        yield error(text, "take the sandbox out of networks other than ssrf_proxy_network, in compose.yaml")


def judge_proxy(live: Live, escapes: Escapes) -> list[Finding]:
    """The proxy answers, and refuses every private address."""
    if PROXY not in live.services:
        raise NotJudged("this deployment has none")
    if silent := escapes.of("no-proxy"):
        text = f"from {escapes.network} the proxy {silent[0]['to']} does not answer: {silent[0]['problem']}"
        return [error(text, f"difykit logs --service {PROXY}")]
    attempts = escapes.of("proxy")
    passed = [str(attempt["to"]) for attempt in attempts if attempt["state"] != "refused"]
    if passed:
        return [_passes(live, passed)]
    if not attempts:
        raise NotJudged(f"{PROXY} does not run")
    return [ok(f"it refuses private addresses: all {len(attempts)} attempts")]


def _passes(live: Live, passed: list[str]) -> Finding:
    text = f"the proxy goes to private addresses for the sandbox: {in_line(passed, _SHOWN)}"
    if chosen := [name for name in _ALLOWED if _set(live, name)]:
        return warning(f"{text}; {' and '.join(chosen)} say so", f"leave in {chosen[0]} what workflows really need")
    undo = f"{OVERLAY} is enabled: see what else changes docker/ssrf_proxy/squid.conf.template, then: invoke deploy"
    return error(text, undo if _enabled(live) else _ENABLE)


def _set(live: Live, name: str) -> bool:
    value = ((live.services.get(PROXY) or {}).get("environment") or {}).get(name) or ""
    return bool(str(value).strip()) and not str(value).startswith(_NOBODY)
