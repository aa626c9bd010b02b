"""Ports that the world can reach: the gateway's are meant to be, the others' are not."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from difykit.checks import Finding, NotJudged, error, ok, warning
from difykit.checks.deployment.live import Live
from difykit.dify import keys, services
from difykit.docker import Placed, Published
from difykit.release.secrets import is_secret_key

# What is there for browsers and for other machines.
# Debugging of plugins; Dify publishes its port everywhere.
_DEBUGGING = services.PLUGIN_DAEMON
_CLOSED = {("xpack.security.enabled", "false"), ("POSTGRES_HOST_AUTH_METHOD", "trust")}


def judge_published(live: Live) -> list[Finding]:
    """Nothing but the gateway is published to the world."""
    if not live.placed:
        raise NotJudged("nothing runs")
    findings = [
        finding
        for container in live.placed
        if container.service not in services.GATEWAY
        for finding in _open(container, live.public)
    ]
    ports = sorted({port.port for container in live.placed for port in container.published if port.everywhere})
    return findings or [ok(f"the gateway alone: {', '.join(map(str, ports))}" if ports else "nothing")]


def _open(container: Placed, public: Collection[str]) -> Iterable[Finding]:
    ports = {(port.port, port.inner): port for port in container.published if port.everywhere}.values()
    for port in ports:
        if container.service == _DEBUGGING:
            text = f"{port.port} of {container.service} is open to the world: it is for debugging plugins"
            yield warning(text, f"set EXPOSE_PLUGIN_DEBUGGING_PORT=127.0.0.1:{port.port} in .env, then: invoke deploy")
            continue
        text = f"{port.port} of {container.service} is open to the world"
        if why := _weak(container.environment, public):
            yield error(f"{text}, and {why}", _close(container.service, port))
        else:
            yield warning(f"{text}; none but Dify needs it", _close(container.service, port))


def _weak(environment: Mapping[str, str], public: Collection[str]) -> str:
    """Why everyone who reaches the service gets in, "" when a secret of its own protects it; no value is told."""
    for key, value in sorted(environment.items()):
        if value and value in public and is_secret_key(key):
            return f"{key} is the password that Dify ships for everyone"
        if (key in keys.OPEN_STORES and value.lower() == "true") or (key, value) in _CLOSED:
            return f"{key} lets everyone in"
    return ""


def _close(service: str, port: Published) -> str:
    line = f'services: {{{service}: {{ports: !override ["127.0.0.1:{port.port}:{port.inner}"]}}}}'
    return f"in the compose.yaml of your last overlay: {line} (or ports: !reset []), then: invoke deploy"
