"""Ports that the world can reach: the gateway's are meant to be, the others' are not."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from difykit.dify import keys, services
from difykit.doctor import Said, fail, ok, skip, warn
from difykit.engine import Placed, Published
from difykit.stack.live import Live

# What is there for browsers and for other machines.
# Debugging of plugins; Dify publishes its port everywhere.
_DEBUGGING = services.PLUGIN_DAEMON
_CLOSED = {("xpack.security.enabled", "false"), ("POSTGRES_HOST_AUTH_METHOD", "trust")}


def published_said(live: Live) -> list[Said]:
    """Nothing but the gateway is published to the world."""
    if not live.placed:
        return [skip("nothing runs")]
    said = [each for one in live.placed if one.service not in services.GATEWAY for each in _open(one, live.public)]
    ports = sorted({port.port for one in live.placed for port in one.published if port.everywhere})
    return said or [ok(f"the gateway alone: {', '.join(map(str, ports))}" if ports else "nothing")]


def _open(one: Placed, public: Collection[str]) -> Iterable[Said]:
    ports = {(each.port, each.inner): each for each in one.published if each.everywhere}.values()
    for port in ports:
        if one.service == _DEBUGGING:
            text = f"{port.port} of {one.service} is open to the world: it is for debugging plugins"
            yield warn(text, f"set EXPOSE_PLUGIN_DEBUGGING_PORT=127.0.0.1:{port.port} in .env, then: invoke deploy")
            continue
        text = f"{port.port} of {one.service} is open to the world"
        if why := _weak(one.environment, public):
            yield fail(f"{text}, and {why}", _close(one.service, port))
        else:
            yield warn(f"{text}; none but Dify needs it", _close(one.service, port))


def _weak(environment: Mapping[str, str], public: Collection[str]) -> str:
    """Why everyone who reaches the service gets in, "" when a secret of its own protects it; no value is told."""
    for key, value in sorted(environment.items()):
        if value and value in public:
            return f"{key} is the password that Dify ships for everyone"
        if (key in keys.OPEN_STORES and value.lower() == "true") or (key, value) in _CLOSED:
            return f"{key} lets everyone in"
    return ""


def _close(service: str, port: Published) -> str:
    line = f'services: {{{service}: {{ports: !override ["127.0.0.1:{port.port}:{port.inner}"]}}}}'
    return f"in the compose.yaml of your last overlay: {line} (or ports: !reset []), then: invoke deploy"
