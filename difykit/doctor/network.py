"""The way out: the upstream repository, proxies and mirrors. No URL is shown: it may hold a password."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from difykit import files, git
from difykit.dify import services
from difykit.doctor.finding import Said, fail, ok, skip, warn
from difykit.doctor.space import Space
from difykit.engine import EngineFacts

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
class Upstream:
    """Whether the pinned release can be fetched, and whether it was before."""

    ref: str
    problem: str = ""
    reached: bool = True
    here: bool = False


def look_at_upstream(space: Space, version: str) -> Upstream | None:
    """Ask the upstream for the pin, with the user's own network settings; None without git."""
    if not version:
        return None
    settings = space.settings.upstream
    ref = settings.ref if space.workspace else ""
    problem, reached = git.upstream_problem(settings.url, ref)
    here = bool(space.workspace and git.Store(space.workspace.store).release(ref))
    return Upstream(ref, problem, reached, here)


def upstream_said(upstream: Upstream | None) -> list[Said]:
    """The pinned release can be fetched, or is here already."""
    if upstream is None:
        return [skip("needs git")]
    if not upstream.problem:
        return [ok(f"it has {upstream.ref}" if upstream.ref else "it answers")]
    mend = "check the network and your proxy for git (git config http.proxy)"
    mend += "; or set another upstream.url in difykit.yaml" if upstream.ref else ""
    if upstream.reached:
        if upstream.here:
            return [
                warn(f"{upstream.problem} any more; {upstream.ref} is here already", "keep .difykit, or move the pin")
            ]
        return [fail(upstream.problem, "set upstream.ref in difykit.yaml to an existing release")]
    if upstream.here:
        text = f"{upstream.problem}; {upstream.ref} is here already, so sync works, but no other release can be fetched"
        return [warn(text, mend)]
    return [warn(f"{upstream.problem}; the first sync cannot fetch Dify", mend)]


@dataclass(frozen=True)
class Network:
    """Which proxies and mirrors are set in the shell and in Docker's configuration."""

    proxies: tuple[str, ...] = ()
    no_proxy: tuple[str, ...] = ()
    config: str = "~/.docker/config.json"
    config_proxy: bool = False
    config_no_proxy: tuple[str, ...] = ()
    mirrors: tuple[str, ...] = ()
    registry: str = ""
    """The registry that the custom images are named after, "" for none."""


def look_at_network(space: Space, environ: Mapping[str, str]) -> Network:
    """Read the environment and Docker's configuration."""
    folder = Path(environ.get("DOCKER_CONFIG") or Path("~/.docker").expanduser())
    proxies = _config_proxies(folder / "config.json")
    here = {key.upper(): value for key, value in sorted(environ.items(), reverse=True) if value}
    return Network(
        proxies=tuple(name for name in _PROXIES if name in here),
        no_proxy=_hosts(here.get("NO_PROXY", "")),
        config=str(folder / "config.json"),
        config_proxy=any(each.get("httpProxy") or each.get("httpsProxy") for each in proxies),
        config_no_proxy=tuple(host for each in proxies for host in _hosts(str(each.get("noProxy") or ""))),
        mirrors=tuple(name for name in _MIRRORS if name in here),
        registry=space.settings.images.prefix.partition("/")[0],
    )


def _config_proxies(place: Path) -> list[Mapping[str, object]]:
    try:
        found = files.read_json(place).get("proxies", {}).values()
        return [each for each in found if isinstance(each, dict)]
    except (OSError, ValueError, AttributeError):
        return []


def _hosts(text: str) -> tuple[str, ...]:
    return tuple(host.strip() for host in text.split(",") if host.strip())


def proxy_said(engine: EngineFacts, network: Network) -> list[Said]:
    """A proxy of the shell is also the engine's and the builds', and what is near is reached without it."""
    said = []
    names = ", ".join(network.proxies)
    if network.proxies and not _without_proxy(_LOOPBACK, network.no_proxy):
        text = f"{names} without localhost in NO_PROXY: what answers on this machine is asked for through the proxy"
        said.append(warn(text, f"export NO_PROXY={','.join(dict.fromkeys([*network.no_proxy, *_LOOPBACK]))}"))
    if network.proxies and not engine.problem and not engine.proxy:
        text = f"{names} in your shell, and none in the Docker engine: it pulls images without it"
        said.append(warn(text, "tell the engine: https://docs.docker.com/engine/daemon/proxy/"))
    if network.proxies and not network.config_proxy:
        text = f"{names} in your shell, and none in {network.config}: builds and containers do not get it"
        said.append(warn(text, "set `proxies` there: https://docs.docker.com/engine/cli/proxy/"))
    if network.config_proxy and not _without_proxy(services.NEIGHBOURS, network.config_no_proxy):
        text = (
            f"Docker hands the proxy in {network.config} to every container: Dify's services call each other through it"
        )
        hosts = ",".join(dict.fromkeys([*network.config_no_proxy, *_LOOPBACK, *services.NEIGHBOURS]))
        said.append(warn(text, f'set noProxy there to "{hosts}"'))
    if engine.proxy and _is_near(network.registry) and not _without_proxy([network.registry], _hosts(engine.no_proxy)):
        text = f"the Docker engine would reach {network.registry} (images.prefix) through its proxy"
        said.append(
            warn(
                text,
                f"add {network.registry} to the engine's no-proxy list: https://docs.docker.com/engine/daemon/proxy/",
            )
        )
    used = [*(["the shell's"] if network.proxies else []), *(["the engine's"] if engine.proxy else [])]
    return said or [ok(" and ".join(used) + " proxy fit together" if used else "none is set")]


def _without_proxy(hosts: Sequence[str], listed: Sequence[str]) -> bool:
    """Whether all hosts are on a no-proxy list, by name or by the end of it."""
    names = {each.lstrip("*").lstrip(".") for each in listed}
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


def mirrors_said(engine: EngineFacts, network: Network) -> list[Said]:
    """Mirrors of the shell do not reach builds: corepack and uv.lock go where they want (facts §3)."""
    said = []
    if network.mirrors:
        text = f"{', '.join(network.mirrors)} in your shell: builds do not see it, Dify's Dockerfiles take no mirror"
        mend = "a layer downloads nothing (invoke build --check says which image is one); a source build needs a proxy"
        said.append(warn(text, mend))
    return said or [ok(f"the engine's: {', '.join(engine.mirrors)}" if engine.mirrors else "none is set")]
