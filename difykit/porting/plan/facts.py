"""What a release brings beside code: settings, services, migrations; frozen values, and the reading of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from difykit.core import yaml
from difykit.core.errors import ConfigError
from difykit.dify import layout
from difykit.git import Tree
from difykit.release.render import list_defaults
from difykit.workspace import dotenv


@dataclass(frozen=True)
class EnvChanges:
    """Keys of Dify's example settings; `renamed` is a guess from the same default and similar names."""

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    renamed: Mapping[str, str] = field(default_factory=dict)
    defaults: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    yours: tuple[str, ...] = ()
    """Keys that the workspace sets and the release no longer knows under this name."""
    lists: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Keys whose value takes the place of a list of Dify's, each with the words of that list which it lacks."""


@dataclass(frozen=True)
class ServiceChanges:
    """Services of Dify's Compose file; images and ports are those of services that stay, or were renamed."""

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    renamed: Mapping[str, str] = field(default_factory=dict)
    images: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    ports: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = field(default_factory=dict)


@dataclass(frozen=True)
class ReleaseFacts:
    """What a release brings, compared with the pin."""

    env: EnvChanges = EnvChanges()
    services: ServiceChanges = ServiceChanges()
    migrations: tuple[str, ...] = ()
    migrations_removed: tuple[str, ...] = ()
    compose_needs: str = ""
    compose_why: str = ""
    problems: tuple[str, ...] = ()
    """What could not be read."""


@dataclass(frozen=True)
class ServiceFacts:
    """What a forecast compares of a service."""

    image: str
    ports: tuple[str, ...]


@dataclass(frozen=True)
class ReleaseDeployment:
    """What a release says of its deployment."""

    env: Mapping[str, str]
    services: Mapping[str, ServiceFacts]
    migrations: frozenset[str]
    compose_needs: str
    compose_why: str
    problems: tuple[str, ...]
    lists: Mapping[str, str] = field(default_factory=dict)
    """The settings that stand for a list, each with the release's own."""


def read_deployment(tree: Tree) -> ReleaseDeployment:
    """Read a release's example settings, its Compose file and the names of its migrations."""
    problems: list[str] = []
    value = _compose(tree, problems)
    listed = value.get("services")
    bodies: dict[str, Any] = listed if isinstance(listed, dict) else {}
    services = {name: _service(body) for name, body in bodies.items() if isinstance(body, dict)}
    needs, why = _needs(bodies)
    chain = (path for path in tree.entries if path.startswith(layout.CHAIN) and path.endswith(".py"))
    migrations = frozenset(path.removeprefix(layout.CHAIN) for path in chain)
    return ReleaseDeployment(read_env(tree), services, migrations, needs, why, tuple(problems), list_defaults(tree))


def read_env(tree: Tree) -> dict[str, str]:
    """The keys of the example settings with their defaults; `.env.example` wins over `envs/**`, as for Compose."""
    settings: dict[str, str] = {}
    examples = [path for path in tree.entries if path.startswith(f"{layout.ENVS}/") and path.endswith(".example")]
    for path in (*sorted(examples), layout.ENV_EXAMPLE):
        blob = tree.read(path) if path in tree.entries else None
        text = blob[1].decode("utf-8", "replace") if blob else ""
        settings |= {assignment.key: dotenv.template(assignment.raw) for assignment in dotenv.assignments(text)}
    return settings


def _compose(tree: Tree, problems: list[str]) -> dict[str, Any]:
    blob = tree.read(layout.COMPOSE_FILE)
    if blob is None:
        problems.append(f"it has no {layout.COMPOSE_FILE}")
        return {}
    try:
        value = yaml.load(layout.COMPOSE_FILE, blob[1].decode("utf-8", "replace")).value
    except ConfigError as error:
        problems.append(error.message)
        return {}
    return value if isinstance(value, dict) else {}


def _service(body: Mapping[str, Any]) -> ServiceFacts:
    ports = body.get("ports")
    return ServiceFacts(str(body.get("image", "")), tuple(map(_port, ports)) if isinstance(ports, list) else ())


def _port(port: Any) -> str:
    if not isinstance(port, dict):
        return str(port)
    tail = f"/{port['protocol']}" if "protocol" in port else ""
    return f"{port.get('published', '')}:{port.get('target', '')}{tail}"


def _needs(services: Mapping[str, Any]) -> tuple[str, str]:
    """The oldest Compose that reads the file, and what of the file asks for it."""
    for name, body in services.items():
        files = body.get("env_file") if isinstance(body, dict) else None
        if isinstance(files, list) and any(isinstance(item, dict) for item in files):
            return "2.24.0", f"service {name} has env_file with path and required"
    for name, body in services.items():
        waits = body.get("depends_on") if isinstance(body, dict) else None
        if isinstance(waits, dict) and any(isinstance(how, dict) and "required" in how for how in waits.values()):
            return "2.20.0", f"service {name} has depends_on with required"
    return "2.0.0", "nothing in it is newer"
