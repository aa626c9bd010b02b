"""The services that run, as Compose will make them: what each gets in its environment, and whom it reaches by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from difykit.checks.settings.configured import Look
from difykit.core import yaml
from difykit.dify import containers, keys, roles, services
from difykit.git import text_of
from difykit.release import compose
from difykit.release.render import replacements
from difykit.workspace import dotenv

_DEFAULT = "default"
_APPENDED = ("env_file", "profiles", "links", "external_links", "ports")
_MERGED = ("environment", "extra_hosts", "networks")


@dataclass(frozen=True)
class StackService:
    """A service, as far as names and settings go."""

    name: str
    role: str
    environment: Mapping[str, str]
    sources: Mapping[str, frozenset[str]]
    """A variable of its environment → the settings that its value is made from."""
    own: frozenset[str]
    """The variables that are written for it, not for several."""
    networks: frozenset[str]
    names: frozenset[str]
    """What others on its networks call it."""
    hosts: frozenset[str]
    """The names that it alone knows: `extra_hosts`, `links`, itself."""
    ports: tuple[str, ...] = ()
    """The ports that it gives to the machine, in Compose's short form, as the Compose files write them."""
    unruly: str = ""
    """Why its names are not Compose's alone: the network of the host, or of another project."""


@dataclass(frozen=True)
class RenderedStack:
    """The services that run, and why the others do not."""

    running: Mapping[str, StackService]
    stopped: Mapping[str, str]
    """A service that does not run → why, in words."""
    profiles: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """A service → the profiles that start it."""

    def reachable(self, reader: StackService, host: str) -> tuple[str, ...]:
        """The running services that a name leads to, of those that share a network with the reader."""
        return tuple(
            other.name
            for other in self.running.values()
            if host in other.names and (reader.networks & other.networks or other.name == reader.name)
        )


def left_out_by(overlay: str) -> str:
    """Why a service does not run that an overlay leaves out."""
    return f"the overlay {overlay} leaves it out"


def read_stack(look: Look) -> RenderedStack:
    """The services of the release folder that `look` comes to. Raises ConfigError for a Compose file of no form."""
    bodies, removed = _bodies(look)
    values = look.environment.values
    on = compose.profiles(values)
    active = compose.active(bodies, on)
    stopped = {name: left_out_by(overlay) for name, overlay in removed.items() if name not in bodies}
    external = _external(look)
    running: dict[str, StackService] = {}
    for name, body in bodies.items():
        if name not in active:
            names = " or ".join(map(str, body.get("profiles") or ()))
            stopped[name] = f"it runs with the profile {names}, which COMPOSE_PROFILES does not name"
        elif _none_of_it(body, values):
            stopped[name] = "its overlay runs none of it"
        else:
            running[name] = _service(name, body, bodies, look, external)
    profiles = {name: tuple(map(str, body.get("profiles") or ())) for name, body in bodies.items()}
    return RenderedStack(running, stopped, profiles)


def _bodies(look: Look) -> tuple[dict[str, dict[str, Any]], dict[str, str]]:
    upstream = {**look.release.compose, "services": dict(look.release.services)}
    changes = replacements(look.inputs, look.environment, {})
    bodies: dict[str, dict[str, Any]] = compose.rewrite(upstream, changes)["services"]
    for part in look.inputs.overlays:
        for name, text in part.compose.items():
            label = f"overlays/{part.name}/{name}"
            file = compose.read_overlay_file(label, text)
            tags = yaml.load(label, text, local_tags=True).tags if "!" in text else {}
            for service in file.dropped:
                bodies.pop(service, None)
            for service, body in file.services.items():
                if service not in file.dropped:
                    inside = {path: tag for path, tag in tags.items() if path[:2] == ("services", service)}
                    marks = {path[2]: tag for path, tag in inside.items() if len(path) == 3}
                    bodies[service] = _merged(bodies.get(service, {}), body, marks)
                    _unset(bodies[service], inside)
    removed = {name: part.name for part in look.inputs.overlays for name in part.removed}
    return bodies, removed


def _merged(base: Mapping[str, Any], over: Mapping[str, Any], tags: Mapping[Any, str]) -> dict[str, Any]:
    """A service of two files, as Compose merges the parts that are looked at."""
    merged = dict(base)
    for key, value in over.items():
        if tags.get(key) == "!reset":
            merged.pop(key, None)
        elif tags.get(key) == "!override" or key not in base:
            merged[key] = value
        elif key in _APPENDED:
            merged[key] = [*_list(base[key]), *_list(value)]
        elif key == "environment":
            merged[key] = {**compose.environment(dict(base)), **compose.environment(dict(over))}
        elif key in _MERGED:
            merged[key] = {**_mapping(base[key]), **_mapping(value)}
        else:
            merged[key] = value
    return merged


def _unset(body: dict[str, Any], tags: Mapping[Any, str]) -> None:
    """Take single variables out that a file takes out of a service by `!reset`."""
    dropped = {path[3] for path, tag in tags.items() if tag == "!reset" and path[2:3] == ("environment",) and path[3:]}
    if dropped:
        body["environment"] = {key: text for key, text in compose.environment(body).items() if key not in dropped}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _mapping(value: Any) -> dict[str, Any]:
    """A list such as `- name` or `- name:value` as a mapping."""
    if isinstance(value, dict):
        return {str(key): item for key, item in value.items()}
    return {str(item).replace("=", ":").partition(":")[0]: str(item) for item in _list(value)}


def _none_of_it(body: Mapping[str, Any], values: Mapping[str, str]) -> bool:
    deploy = body.get("deploy")
    counts = (body.get("scale"), deploy.get("replicas") if isinstance(deploy, dict) else None)
    return any(compose.interpolate(str(count), values) == "0" for count in counts if count is not None)


def _external(look: Look) -> frozenset[str]:
    """The networks that another project has made, where its containers answer too."""
    files = [file.value for part in look.inputs.overlays for file in part.compose_files]
    return frozenset(
        str(name)
        for value in (look.release.compose, *files)
        for name, network in _mapping(value.get("networks")).items()
        if isinstance(network, dict) and network.get("external")
    )


def _service(
    name: str, body: Mapping[str, Any], bodies: Mapping[str, Mapping[str, Any]], look: Look, external: frozenset[str]
) -> StackService:
    values = look.environment.values
    networks = _networks(body, bodies)
    own = compose.environment(dict(body))
    environment, sources = _environment(name, body, look)
    image = compose.repository(compose.interpolate(str(body.get("image", "")), values))
    mode = str(body.get("network_mode", ""))
    unruly = "it is on the network of the host" if mode == "host" else ""
    if elsewhere := sorted(networks & external):
        unruly = f"it is on the network {elsewhere[0]}, where containers of other projects answer too"
    shared = look.release.compose.get(containers.SHARED_SETTINGS)
    return StackService(
        name=name,
        role=roles.role_of(name, image, environment.get(keys.MODE, "")),
        environment=environment,
        sources=sources,
        own=frozenset(own) - frozenset(shared if isinstance(shared, dict) else ()),
        networks=networks,
        names=frozenset(_answers(name, body)),
        hosts=frozenset(_knows(body)),
        ports=tuple(str(port) for port in _list(body.get("ports")) if not isinstance(port, dict)),
        unruly=unruly,
    )


def _networks(body: Mapping[str, Any], bodies: Mapping[str, Mapping[str, Any]]) -> frozenset[str]:
    mode = str(body.get("network_mode", ""))
    if mode.startswith("service:"):
        other = bodies.get(mode.removeprefix("service:"))
        return _networks(other, {}) if other else frozenset()
    if mode:
        return frozenset()
    return frozenset(_mapping(body.get("networks"))) or frozenset({_DEFAULT})


def _answers(name: str, body: Mapping[str, Any]) -> Iterator[str]:
    yield name
    if container := body.get("container_name"):
        yield str(container)
    networks = body.get("networks")
    for network in networks.values() if isinstance(networks, dict) else ():
        yield from map(str, _list(network.get("aliases")) if isinstance(network, dict) else ())


def _knows(body: Mapping[str, Any]) -> Iterator[str]:
    yield from _mapping(body.get("extra_hosts"))
    for link in (*_list(body.get("links")), *_list(body.get("external_links"))):
        yield str(link).rpartition(":")[2]
    if hostname := body.get("hostname"):
        yield str(hostname)


def _environment(name: str, body: Mapping[str, Any], look: Look) -> tuple[dict[str, str], dict[str, frozenset[str]]]:
    values = look.environment.values
    environment: dict[str, str] = {}
    sources: dict[str, frozenset[str]] = {}
    for entry in _list(body.get("env_file")):
        path = str(entry.get("path") if isinstance(entry, dict) else entry).removeprefix("./")
        given = values if path == ".env" else _env_file(path, look)
        environment |= given
        sources |= {key: frozenset({key}) for key in given}
    for key, secret in look.environment.secrets.items():
        if name in secret.services:
            environment[key] = (dotenv.decode(secret.raw) if secret.raw is not None else None) or "(made by render)"
            sources[key] = frozenset({key})
    for key, text in compose.environment(dict(body)).items():
        if text is None:
            if key in values:
                environment[key], sources[key] = values[key], frozenset({key})
            else:  # Compose takes it out, be it in an env file
                environment.pop(key, None)
                sources.pop(key, None)
        else:
            environment[key] = compose.interpolate(str(text), values)
            sources[key] = compose.interpolated([str(text)])
    return environment, sources


def _env_file(path: str, look: Look) -> Mapping[str, str]:
    if content := text_of(look.inputs.docker.get(f"{path}.example")):
        return _read(content)
    own = (part.files[path][1] for part in look.inputs.overlays if path in part.files)
    return _read(next((content.decode("utf-8", "replace") for content in own), ""))


@lru_cache(maxsize=256)
def _read(text: str) -> Mapping[str, str]:
    return dotenv.values(text)


def is_api(service: StackService) -> bool:
    """Whether it runs the image of api, so that the release's code says what it uses."""
    return service.role in {roles.API, roles.BEAT, roles.MIGRATE} or service.name == services.API
