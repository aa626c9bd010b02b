"""What overlays' Compose files bring into the release folder, and whether they say what can be done."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from difykit.core import redact
from difykit.core.errors import Problem
from difykit.dify import default_secrets
from difykit.git import Blob
from difykit.release import compose
from difykit.release.render.environment import Environment
from difykit.release.render.inputs import File, OverlayPart, RenderInputs
from difykit.release.render.layers import OverlaySecret
from difykit.workspace import dotenv
from difykit.workspace.manifest import EnvChoice

_PROJECT = "COMPOSE_PROJECT_NAME"
"""Compose sets it itself."""
_ENV = re.compile(r"(?:envs/.*)?\.env")


@dataclass(frozen=True)
class Joined:
    """Overlays' part of the release folder, and what is wrong with it."""

    files: tuple[compose.OverlayFile, ...]
    """Their Compose files, in the order in which Compose joins them."""
    texts: Mapping[str, str]
    """Where each of them goes in the folder, and its text there."""
    companions: Mapping[str, File]
    """The files beside them that they use."""
    tracked: frozenset[str]
    """The files below docker/ that they use."""
    labels: Mapping[str, str]
    """For services that mount any of those files a digest of them."""
    problems: tuple[Problem, ...]
    warnings: tuple[str, ...]


@dataclass
class _Found:
    """What reading file after file adds up to."""

    texts: dict[str, str] = field(default_factory=dict)
    companions: dict[str, File] = field(default_factory=dict)
    tracked: set[str] = field(default_factory=set)
    mounted: dict[str, dict[str, bytes]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def plan_overlays(inputs: RenderInputs, environment: Environment, services: Mapping[str, Any]) -> Joined:
    """Read all of them, against Dify's `services` as they are rewritten.

    Raises ConfigError for one that is not YAML; everything else that is wrong is in the result.
    """
    collected = _Found()
    files: list[compose.OverlayFile] = []
    for part in inputs.overlays:
        for file in part.compose_files:
            files.append(file)
            _collect(inputs, environment, part, file, collected)
    alive = _alive(services, files)
    for file in files:
        collected.problems += _services(file, services, files, inputs)
        collected.problems += _secrets(file, environment.secrets)
    for part in inputs.overlays:
        collected.problems += _recipients(part, alive)
        collected.problems += _needs(part, alive, environment)
    return Joined(
        files=tuple(files),
        texts=collected.texts,
        companions=collected.companions,
        tracked=frozenset(collected.tracked),
        labels={name: compose.digest(used) for name, used in collected.mounted.items() if used and name in alive},
        problems=tuple(collected.problems),
        warnings=tuple(warning for file in files for warning in (*_empty(file, environment), *_credentials(file))),
    )


def _collect(
    inputs: RenderInputs, environment: Environment, part: OverlayPart, file: compose.OverlayFile, collected: _Found
) -> None:
    """Find each file that the Compose file uses, and put the overlay's folder before the paths of those beside it."""
    name = file.label.removeprefix(f"overlays/{part.name}/")
    places: dict[compose.Local, str] = {}
    for local in compose.local_paths(file, partial(compose.interpolate, values=environment.values)):
        own_path = compose.resolved_path(name, local.path)
        own = {path: own_file for path, own_file in part.files.items() if own_path and _below(path, own_path)}
        docker_path = compose.resolved_path("", local.path)
        tracked = _configuration(inputs, docker_path)
        if why := _fault(local, own_path, docker_path, travels=bool(own or tracked)):
            collected.problems.append(Problem(file.label, local.line, f"{local.path} {why}"))
            continue
        if own:
            places[local] = f"./overlays/{part.name}" + ("" if own_path == "." else f"/{own_path}")
            collected.companions |= {f"overlays/{part.name}/{path}": own_file for path, own_file in own.items()}
            if not local.mounted:
                collected.problems += _in_env_files(part, own, environment.secrets)
        else:
            collected.tracked |= tracked.keys()
        if local.mounted:
            contents = {path: entry[1] for path, entry in (own or tracked).items()}
            for service in local.services:
                collected.mounted.setdefault(service, {}).update(contents)
    collected.texts[file.label] = compose.moved(file.text, places)


def _below(path: str, folder: str) -> bool:
    return folder == "." or compose.is_within(path, folder)


def _configuration(inputs: RenderInputs, docker_path: str | None) -> dict[str, Blob]:
    """The files of docker/ at a path of the release folder; data has another place."""
    if docker_path is None or compose.is_data(docker_path, inputs.docker):
        return {}
    return {path: blob for path, blob in inputs.docker.items() if compose.is_within(path, docker_path)}


def _fault(local: compose.Local, own_path: str | None, docker_path: str | None, *, travels: bool) -> str:
    """Why a path cannot travel in the release folder, or "" when it can."""
    if local.offset < 0:
        return "must be written as it is, without variables and escapes, or its file cannot travel with the overlay"
    if own_path is None:
        return "leaves the overlay; the release folder has to run on another machine, so put the file into the overlay"
    if travels or not local.required or (docker_path and _ENV.fullmatch(docker_path)):
        return ""
    if docker_path == "volumes" or (docker_path or "").startswith("volumes/"):
        return "is inside the release folder, which is made anew; write ${DIFY_DATA:?}/..."
    return "is not beside the Compose file, or is empty; for data of a service write ${DIFY_DATA:?}/..."


def _in_env_files(
    part: OverlayPart, own: Mapping[str, File], secrets: Mapping[str, OverlaySecret]
) -> Iterator[Problem]:
    for path, (_, content) in own.items():
        for line in dotenv.assignments(content.decode("utf-8", "replace")) if path.endswith(".env") else ():
            for key in sorted(compose.interpolated(dotenv.template(line.raw)) & secrets.keys()):
                why = f"{line.key} reads the secret {key}, which Compose does not put into env files; {_instead(key)}"
                yield Problem(f"overlays/{part.name}/{path}", line.start + 1, why)


def _instead(key: str) -> str:
    return f"secrets.{key}.to gives it to services under its own name, ${{{key}}} in their environment under another"


def _alive(services: Mapping[str, Any], files: Collection[compose.OverlayFile]) -> set[str]:
    """The services that are there once Compose has merged all files."""
    alive = set(services)
    for file in files:
        alive = (alive | file.services.keys()) - file.dropped
    return alive


def _services(
    file: compose.OverlayFile, services: Mapping[str, Any], files: Collection[compose.OverlayFile], inputs: RenderInputs
) -> Iterator[Problem]:
    """Services that Compose would refuse: they run nothing, or wait for one that is not there."""
    removed = {name: part.name for part in inputs.overlays for name in part.removed}
    runnable = {
        name
        for overlay_file in files
        for name, body in overlay_file.services.items()
        if body.keys() & {"image", "build"}
    }
    known_services = {*services, *runnable}
    for name, body in file.services.items():
        if name not in known_services and name not in file.dropped and "extends" not in body:
            why = _absent(name, removed, inputs, known_services)
            yield Problem(file.label, file.line(("services", name)), f"services.{name}: {why}")
        waits = body.get("depends_on")
        for required in map(str, waits if isinstance(waits, list | dict) else ()):
            if required not in known_services:
                line = file.line(("services", name, "depends_on", required))
                why = _absent(required, removed, inputs, known_services)
                yield Problem(file.label, line, f"services.{name}.depends_on: {required}: {why}")


def _absent(name: str, removed: Mapping[str, str], inputs: RenderInputs, known_services: Collection[str]) -> str:
    if name in removed:
        return f"the overlay {removed[name]} removes this service"
    similar = difflib.get_close_matches(name, sorted(known_services), n=1)
    hint = f"; did you mean {similar[0]}?" if similar else "; a service of your own has `image` or `build`"
    return f"Dify {inputs.source.release} has no such service" + hint


def _recipients(part: OverlayPart, alive: Collection[str]) -> Iterator[Problem]:
    """Secrets whose services are not there, or that are Dify's own."""
    label = f"overlays/{part.name}/overlay.yaml"
    for key, secret in part.manifest.secrets.items():
        if default_secrets.is_default(key):
            why = f"secrets.{key}: Dify has this secret itself, and difykit makes it; to choose it, set it in .env"
            yield Problem(label, part.line(("secrets", key)), why)
        for name in secret.to:
            if name not in alive:
                why = f"secrets.{key}.to: there is no service {name}"
                yield Problem(label, part.line(("secrets", key, "to")), why)


def _needs(part: OverlayPart, alive: Collection[str], environment: Environment) -> Iterator[Problem]:
    """What the overlay cannot do without: settings that nobody made, services in the place of those it leaves out."""
    label = f"overlays/{part.name}/overlay.yaml"
    for key in (setting.key for setting in part.manifest.requires.settings):
        if key not in environment.own_keys or not environment.values.get(key):
            command = f"difykit env.set {key}=VALUE, or {key}=- for a secret from standard input"
            yield Problem(label, part.line(("requires", "env")), f"requires.env: {key} is not set; {command}")
    for key, entry in part.manifest.env.items():
        for name in sorted(entry.names & environment.secrets.keys()) if isinstance(entry, EnvChoice) else ():
            why = f"env.{key}: names the secret {name}, which would then be in .env, for every service"
            yield Problem(label, part.line(("env", key)), why)
    for name, instead in part.removed.items():
        if instead and instead not in alive:
            text = f"compose.remove: {instead} is to take the place of {name}, but there is no such service"
            yield Problem(label, part.line(("compose", "remove")), text)


def _secrets(file: compose.OverlayFile, secrets: Mapping[str, OverlaySecret]) -> Iterator[Problem]:
    """Places where a secret reaches a service that it is not for, or where Compose would not find it."""
    for name, body in file.services.items():
        for text in compose.strings(body):
            for key in sorted(compose.interpolated(text) & secrets.keys()):
                if name not in secrets[key].services:
                    why = f"services.{name} reads the secret {key}, but secrets.{key}.to does not name {name}"
                    yield Problem(file.label, text.line, why)
        for variable, value in compose.environment(body).items():
            if value is None and variable in secrets and name not in secrets[variable].services:
                line = file.line(("services", name, "environment", variable))
                why = f"services.{name} reads the secret {variable}, but secrets.{variable}.to does not name {name}"
                yield Problem(file.label, line, why)
    listed = file.value.get("secrets")
    for name, entry in listed.items() if isinstance(listed, dict) else ():
        source = str(entry.get("environment")) if isinstance(entry, dict) else ""
        if source in secrets:
            line = file.line(("secrets", name, "environment"))
            why = f"secrets.{name}.environment: Compose looks for {source} in .env, where no secret is"
            yield Problem(file.label, line, f"{why}; {_instead(source)}")


def _empty(file: compose.OverlayFile, environment: Environment) -> Iterator[str]:
    """What Compose would leave empty: variables that nobody sets."""
    variables = {*environment.values, *environment.secrets, _PROJECT}
    for text in compose.strings(file.value):
        for name in compose.unset(text, variables):
            yield f"{file.label}:{text.line}: nobody sets {name}, so it is empty there; a dollar sign is written $$"


def _credentials(file: compose.OverlayFile) -> Iterator[str]:
    """Passwords in URLs that stand in a file which is committed and reviewed; the file itself is taken as it is."""
    for text in compose.strings(file.value):
        if fault := redact.fault(text, passed={"bare"}):
            yield f"{file.label}:{text.line}: {fault}, and everybody can read this file; write ${{NAME}}, set in .env"
