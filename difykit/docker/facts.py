"""What is to be known of docker and its engine before they are used: asked with little patience, never raised."""

from __future__ import annotations

import ipaddress
import json
import os
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from difykit.core import process
from difykit.core.errors import CommandFailed
from difykit.docker import program
from difykit.docker.tools import _BUILDX, _COMPOSE, _ENGINE, Version, _older, podman

_MACHINES = {"x86_64": "amd64", "aarch64": "arm64", "armv7l": "arm/v7", "armv6l": "arm/v6"}
PATIENCE = 5
"""Seconds; a healthy engine needs a fifth of one."""


@dataclass(frozen=True)
class ToolFacts:
    """A program: its version, the least that difykit needs, and why it cannot be used, "" when it can."""

    version: str
    least: str = ""
    old: bool = False
    problem: str = ""


@dataclass(frozen=True)
class EngineFacts:
    """What the engine says of itself; only `problem` and `remote` mean something where none answers."""

    problem: str = ""
    remote: str = ""
    """The host it is on, "" when that is this machine."""
    virtual: bool = False
    """Whether it runs in a virtual machine on this one, which has memory and a disk of its own."""
    version: str = ""
    old: bool = False
    runs_on: str = ""
    platform: str = ""
    """Of the containers that it runs as they are, such as linux/arm64."""
    windows: bool = False
    store: str = "classic"
    """`classic` gives an image a repository digest by a pull or a push alone; `containerd` gives one to every image."""
    rootless: bool = False
    remapped: bool = False
    """Whether the engine maps the users of all containers to others of this machine (userns-remap)."""
    memory: int = 0
    root: str = ""
    """Where it keeps images."""
    proxy: bool = False
    no_proxy: str = ""
    mirrors: tuple[str, ...] = ()

    @property
    def local(self) -> bool:
        """Whether it answers, and sees the disk and the users of this machine as they are."""
        return not (self.problem or self.remote or self.virtual)


@dataclass(frozen=True)
class BuildxBuilder:
    """What buildx builds with: its driver, `docker` for the engine itself, and for which platforms it runs programs."""

    driver: str
    platforms: frozenset[str]


@dataclass(frozen=True)
class Container:
    """A container: its Compose project and the folder that was started from, "" without; its ports of this host."""

    name: str
    project: str
    folder: str
    ports: frozenset[int]


def docker_facts() -> ToolFacts:
    """The docker program itself; no engine is needed."""
    return _tool(["docker", "--version"], None)


def buildx_facts() -> ToolFacts:
    """The plugin buildx."""
    return _tool(["docker", "buildx", "version"], _BUILDX)


def compose_facts() -> ToolFacts:
    """The plugin Compose."""
    return _tool(["docker", "compose", "version", "--short"], _COMPOSE)


def builder() -> BuildxBuilder:
    """The builder that buildx takes; what it does not say is empty."""
    output, _ = _ask(["docker", "buildx", "inspect"])
    driver = re.search(r"^Driver:\s*(\S+)", output, re.MULTILINE)
    platforms = re.findall(r"^\s*Platforms:\s*(.+)", output, re.MULTILINE)
    named = frozenset(platform.strip().rstrip("*") for line in platforms for platform in line.split(","))
    return BuildxBuilder(driver[1] if driver else "", named)


def engine_facts() -> EngineFacts:
    """The engine that docker talks to: DOCKER_HOST first, then the context."""
    endpoint = os.environ.get("DOCKER_HOST", "")
    if not endpoint:
        endpoint, problem = _ask(["docker", "context", "inspect", "--format", "{{.Endpoints.docker.Host}}"])
        if problem:
            return EngineFacts(problem=problem)
    if problem := podman():
        return EngineFacts(problem=problem, remote=_host_of(endpoint))
    output, problem = _ask(["docker", "info", "--format", "{{json .}}"])
    try:
        info = json.loads(output) if output else {}
    except ValueError:
        info = {}
    return read_info(info, endpoint, problem)


def read_info(info: Mapping[str, Any], endpoint: str, problem: str) -> EngineFacts:
    """What `docker info` says as facts; an engine that does not answer leaves its version empty."""
    remote = _host_of(endpoint)
    if not info.get("ServerVersion"):
        errors = info.get("ServerErrors") or []
        return EngineFacts(problem=problem or "; ".join(map(str, errors)) or "no engine answers", remote=remote)
    security = {option.split(",")[0] for option in info.get("SecurityOptions") or []}
    system = str(info.get("OperatingSystem", ""))
    status = dict(pair for pair in info.get("DriverStatus") or [] if len(pair) == 2)
    return EngineFacts(
        remote=remote,
        virtual=not remote and ("Docker Desktop" in system or sys.platform == "darwin"),
        version=str(info["ServerVersion"]),
        old=_older(str(info["ServerVersion"]), _ENGINE),
        runs_on=system,
        platform=_platform(str(info.get("OSType") or ""), str(info.get("Architecture") or "")),
        windows=info.get("OSType") == "windows",
        store="containerd" if "containerd" in status.get("driver-type", "") else "classic",
        rootless="name=rootless" in security,
        remapped="name=userns" in security,
        memory=int(info.get("MemTotal") or 0),
        root=str(info.get("DockerRootDir") or ""),
        proxy=bool(info.get("HttpProxy") or info.get("HttpsProxy")),
        no_proxy=str(info.get("NoProxy") or ""),
        mirrors=tuple(map(_without_login, (info.get("RegistryConfig") or {}).get("Mirrors") or ())),
    )


def containers() -> tuple[Container, ...]:
    """All containers, stopped ones too. Raises CommandFailed when no engine answers, MissingTool without docker."""
    labels = ("com.docker.compose.project", "com.docker.compose.project.working_dir")
    shown = "\t".join(["{{.Names}}", *(f'{{{{.Label "{label}"}}}}' for label in labels), "{{.Ports}}"])
    argv = ["ps", "--all", "--no-trunc", "--format", shown]
    rows = (line.split("\t") for line in program.run(argv, timeout=PATIENCE).text.splitlines())
    return tuple(Container(name, project, folder, published([ports])) for name, project, folder, ports in rows)


def published(texts: Iterable[str]) -> frozenset[int]:
    """The TCP ports of the host in what `docker ps` shows, such as `0.0.0.0:8000-8001->80-81/tcp`."""
    ports: set[int] = set()
    for first, last in re.findall(r":(\d+)(?:-(\d+))?->[\d-]+/tcp", " ".join(texts)):
        ports |= set(range(int(first), int(last or first) + 1))
    return frozenset(ports)


def _platform(system: str, machine: str) -> str:
    """The kernel's name of a processor, as images call it."""
    return f"{system}/{_MACHINES.get(machine, machine)}" if system and machine else ""


def _tool(argv: list[str], least: Version | None) -> ToolFacts:
    output, problem = _ask(argv)
    version = re.search(r"\d+\.\d+(?:\.\d+)?", output)
    least_text = ".".join(map(str, least or ()))
    old = least is not None and _older(output, least)
    return ToolFacts(version[0] if version else output.strip(), least_text, old, problem)


def _ask(argv: list[str]) -> tuple[str, str]:
    """What a command says, and why it does not."""
    if not process.is_installed(argv[0]):
        return "", f"{argv[0]} is not installed"
    try:
        completed = process.run(argv, check=False, timeout=PATIENCE)
    except CommandFailed:
        return "", f"`{' '.join(argv[:2])}` does not answer within {PATIENCE} s"
    except OSError as error:
        return "", f"`{argv[0]}` cannot be started: {error.strerror}"
    error_lines = completed.stderr.decode("utf-8", "replace").strip().splitlines()
    return completed.text, "" if completed.code == 0 else (
        error_lines[-1] if error_lines else f"exit code {completed.code}"
    )


def _host_of(endpoint: str) -> str:
    """The other machine that an endpoint names; "" for a socket, or a port of loopback."""
    try:
        host = urlsplit(endpoint).hostname or ""
    except ValueError:
        return ""  # docker says itself that it cannot use this
    try:
        return "" if ipaddress.ip_address(host).is_loopback else host
    except ValueError:
        return "" if host == "localhost" else host


def _without_login(url: str) -> str:
    return re.sub(r"//[^/@]*@", "//", url)
