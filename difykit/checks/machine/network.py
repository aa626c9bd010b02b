"""The way out: proxies and mirrors. No URL is shown: it may hold a password."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from difykit.checks.finding import Finding, NotJudged, ok, warning
from difykit.checks.workspace.space import Space
from difykit.core import files
from difykit.dify import services
from difykit.docker import EngineFacts

_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
_MIRRORS = (
    "PIP_INDEX_URL",
    "UV_INDEX_URL",
    "UV_DEFAULT_INDEX",
    "NPM_CONFIG_REGISTRY",
    "COREPACK_NPM_REGISTRY",
)
_LOOPBACK = ("localhost", "127.0.0.1")


@dataclass(frozen=True)
class ProxySettings:
    """Which proxies and mirrors are set in the shell and in Docker's configuration."""

    proxies: tuple[str, ...] = ()
    no_proxy: tuple[str, ...] = ()
    config: str = "~/.docker/config.json"
    config_proxy: bool = False
    config_no_proxy: tuple[str, ...] = ()
    mirrors: tuple[str, ...] = ()
    registry: str = ""
    """The registry that the custom images are named after, "" for none."""


def look_at_network(space: Space, environ: Mapping[str, str]) -> ProxySettings:
    """Read the environment and Docker's configuration."""
    folder = Path(environ.get("DOCKER_CONFIG") or Path("~/.docker").expanduser())
    proxies = _config_proxies(folder / "config.json")
    variables = {key.upper(): value for key, value in sorted(environ.items(), reverse=True) if value}
    return ProxySettings(
        proxies=tuple(name for name in _PROXIES if name in variables),
        no_proxy=_hosts(variables.get("NO_PROXY", "")),
        config=str(folder / "config.json"),
        config_proxy=any(proxy.get("httpProxy") or proxy.get("httpsProxy") for proxy in proxies),
        config_no_proxy=tuple(host for proxy in proxies for host in _hosts(str(proxy.get("noProxy") or ""))),
        mirrors=tuple(name for name in _MIRRORS if name in variables),
        registry=space.settings.images.prefix.partition("/")[0],
    )


def _config_proxies(path: Path) -> list[Mapping[str, object]]:
    try:
        proxies = files.read_json(path).get("proxies", {}).values()
        return [proxy for proxy in proxies if isinstance(proxy, dict)]
    except (OSError, ValueError, AttributeError):
        return []


def _hosts(text: str) -> tuple[str, ...]:
    return tuple(host.strip() for host in text.split(",") if host.strip())


def judge_proxy(engine: EngineFacts, network: ProxySettings) -> list[Finding]:
    """A proxy of the shell is also the engine's and the builds', and what is near is reached without it."""
    findings = []
    names = ", ".join(network.proxies)
    if network.proxies and not _without_proxy(_LOOPBACK, network.no_proxy):
        text = f"{names} without localhost in NO_PROXY: what answers on this machine is asked for through the proxy"
        findings.append(warning(text, f"export NO_PROXY={','.join(dict.fromkeys([*network.no_proxy, *_LOOPBACK]))}"))
    if network.proxies and not engine.problem and not engine.proxy:
        text = f"{names} in your shell, and none in the Docker engine: it pulls images without it"
        findings.append(warning(text, "tell the engine: https://docs.docker.com/engine/daemon/proxy/"))
    if network.proxies and not network.config_proxy:
        text = f"{names} in your shell, and none in {network.config}: builds and containers do not get it"
        findings.append(warning(text, "set `proxies` there: https://docs.docker.com/engine/cli/proxy/"))
    if network.config_proxy and not _without_proxy(services.NEIGHBOURS, network.config_no_proxy):
        text = (
            f"Docker hands the proxy in {network.config} to every container: Dify's services call each other through it"
        )
        hosts = ",".join(dict.fromkeys([*network.config_no_proxy, *_LOOPBACK, *services.NEIGHBOURS]))
        findings.append(warning(text, f'set noProxy there to "{hosts}"'))
    if engine.proxy and _is_near(network.registry) and not _without_proxy([network.registry], _hosts(engine.no_proxy)):
        text = f"the Docker engine would reach {network.registry} (images.prefix) through its proxy"
        findings.append(
            warning(
                text,
                f"add {network.registry} to the engine's no-proxy list: https://docs.docker.com/engine/daemon/proxy/",
            )
        )
    if not findings and engine.problem:
        shell = "your shell's fits" if network.proxies else "none is set in your shell"
        raise NotJudged(f"{shell}; for the rest it needs an engine")
    used = [*(["the shell's"] if network.proxies else []), *(["the engine's"] if engine.proxy else [])]
    return findings or [ok(" and ".join(used) + " proxy fit together" if used else "none is set")]


def _without_proxy(hosts: Sequence[str], listed: Sequence[str]) -> bool:
    """Whether all hosts are on a no-proxy list, by name or by the end of it."""
    names = {entry.lstrip("*").lstrip(".") for entry in listed}
    return "*" in listed or all(
        any(bare == name or bare.endswith(f".{name}") for name in names if name)
        for bare in (host.rpartition(":")[0] or host for host in hosts)
    )


def _is_near(registry: str) -> bool:
    """Whether a registry is on this machine or in its own network; Docker Hub's user names are none."""
    host = registry.rpartition(":")[0] or registry
    if not registry or (host == registry and "." not in host and host != "localhost"):
        return False
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return "." not in host


def judge_mirrors(engine: EngineFacts, network: ProxySettings) -> list[Finding]:
    """Mirrors of the shell do not reach builds: corepack and uv.lock go where they want (facts §3)."""
    findings = []
    if network.mirrors:
        text = f"{', '.join(network.mirrors)} in your shell: builds do not see it, Dify's Dockerfiles take no mirror"
        hint = "a layer downloads nothing (invoke build --check says which image is one); a source build needs a proxy"
        findings.append(warning(text, hint))
    if not findings and engine.problem:
        raise NotJudged("none is set in your shell; for the rest it needs an engine")
    return findings or [ok(f"the engine's: {', '.join(engine.mirrors)}" if engine.mirrors else "none is set")]
