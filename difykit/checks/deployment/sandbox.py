"""Where code in the sandbox gets to, tried from its very own network."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from difykit import docker
from difykit.checks import NotJudged
from difykit.checks.deployment.live import API, PROXY, SANDBOX, Live
from difykit.checks.deployment.programs import answers, program
from difykit.core.errors import DifyKitError, TimedOut
from difykit.dify import containers, keys
from difykit.docker import Placed

METADATA = ("169.254.169.254", "100.100.100.200")
"""Where clouds tell a machine its own credentials; the second is Aliyun's."""
INTERNET = "1.1.1.1"
_ROUTES = (INTERNET, "2001:db8::1", *METADATA)
_OUTSIDE = ("example.com",)
_HOST_NAMES = ("host.docker.internal", "gateway.docker.internal")
_PORTS = (22, 80, 111, 443, 2375, 2376, 3306, 5000, 5432, 6379, 8080, 9000, 19530)
# One of each private range, none of which need exist: a proxy that tries is a proxy that lets through.
_PRIVATE = ("10.255.255.1", "172.31.255.1", "192.168.255.1", "100.64.255.1", "127.0.0.1", "0.0.0.0", *METADATA)  # noqa: S104
_SECONDS = 40
_PATIENCE = 60


@dataclass(frozen=True)
class Escapes:
    """What a program beside the sandbox reached."""

    attempts: tuple[Mapping[str, Any], ...] = ()
    network: str = ""
    """Whose network it was: the sandbox's, or the one that the sandbox would be on."""
    privileges: tuple[str, ...] = ()
    """What of the host the sandbox is given outright."""

    def of(self, *kinds: str) -> list[Mapping[str, Any]]:
        """The answers of these kinds."""
        return [attempt for attempt in self.attempts if attempt["kind"] in kinds]

    def targets(self, kind: str) -> list[str]:
        """What the attempts of this kind went to."""
        return [str(attempt["to"]) for attempt in self.of(kind)]


def look_for_escapes(live: Live) -> Escapes:
    """Run the attempts in a short-lived container of api's image, in the sandbox's own network or beside the proxy.

    Raises NotJudged where it cannot be tried.
    """
    if SANDBOX not in live.services and PROXY not in live.services:
        raise NotJudged("this deployment has neither a sandbox nor its proxy")
    sandbox = live.running(SANDBOX)
    if SANDBOX in live.services and sandbox is None:
        raise NotJudged("needs the sandbox, which does not run")
    name = "" if sandbox else _inside(live)
    names = list(sandbox.addresses) if sandbox else [name]
    if live.running(API) is None or not all(names):
        raise NotJudged("needs api's image, and a network that ssrf_proxy is on")
    gateways = tuple(
        gateway for network in names if network in live.networks for gateway in live.networks[network].gateways
    )
    network = f"container:{sandbox.id}" if sandbox else name
    attempts = _try(live, network, _ask(live, set(names), gateways))
    return Escapes(attempts, "the sandbox" if sandbox else name, sandbox.host_access if sandbox else ())


def _try(live: Live, network: str, ask: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    """The answers. Raises NotJudged where there are none."""
    api = live.running(API)
    assert api is not None
    text, owner = program("escape", ask), live.project
    try:
        docker.forget_probes(owner)
        run = docker.run_beside(owner, api.image_id, network, ["python", "-"], text, seconds=_PATIENCE)
    except TimedOut:
        raise NotJudged(f"the attempts did not end within {_PATIENCE} s") from None
    except DifyKitError as error:
        raise NotJudged(error.message) from error
    attempts = tuple(answers(run.stdout))
    if any(attempt.get("kind") == "end" for attempt in attempts):
        return attempts
    output = run.stderr.decode("utf-8", "replace").strip().splitlines()[-1:] or ["it said nothing"]
    raise NotJudged(f"the attempts could not be made: {output[0][:200]}")


def _inside(live: Live) -> str:
    """The network for the sandbox, where this Dify has none: the one of the proxy's that is closed."""
    proxy = live.running(PROXY)
    if proxy is None:
        return ""
    closed = [name for name in proxy.addresses if name in live.networks and live.networks[name].internal]
    named = [name for name in proxy.addresses if name == live.network(containers.PROXY_NETWORK)]
    return next(iter(closed + named), "")


def _ask(live: Live, names: set[str], gateways: Iterable[str]) -> dict[str, Any]:
    published = {port.port for container in live.placed for port in container.published}
    elsewhere = [container for container in live.placed if not names & container.addresses.keys()]
    addresses = [(address, port) for container in elsewhere for address, port in _places(container)]
    proxy = live.running(PROXY)
    hosts = [*gateways, *_HOST_NAMES]
    return {
        "seconds": _SECONDS,
        "routes": list(_ROUTES),
        "host": hosts,
        "ports": sorted({*_PORTS, *published}),
        "services": addresses,
        "names": sorted({container.service for container in elsewhere} | {*_HOST_NAMES}),
        "outside": list(_OUTSIDE),
        "proxy": f"{PROXY}:{proxy.environment.get(keys.HTTP_PORT) or 3128}" if proxy else "",
        "requests": list(_requests(live, elsewhere, gateways)),
    }


def _places(container: Placed) -> Iterable[tuple[str, int]]:
    addresses = itertools.chain.from_iterable(container.addresses.values())
    return itertools.product(addresses, container.exposed[:3] or (80,))


def _requests(live: Live, elsewhere: Iterable[Placed], gateways: Iterable[str]) -> Iterable[tuple[str, str, str]]:
    """What the proxy is asked for: a method, its target, and what messages call that."""
    for address in (*_PRIVATE, *gateways):
        yield "GET", f"http://{address}/", address
        yield "CONNECT", f"{address}:443", address
    yield "GET", "http://[::1]/", "[::1]"
    yield "GET", "http://localhost/", "localhost"
    for container in (*elsewhere, *filter(None, [live.running(API)])):
        for port in container.exposed[:1]:
            yield "GET", f"http://{container.service}:{port}/", f"{container.service}:{port}"
        yield "CONNECT", f"{container.service}:443", f"{container.service}:443"
