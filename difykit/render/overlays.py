"""What overlays' Compose files bring into the release folder, and whether they say what can be done."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from difykit import compose, env, redact
from difykit.dify import default_secrets
from difykit.errors import Problem
from difykit.git import Blob
from difykit.manifest import EnvChoice
from difykit.render.environment import Environment, Secret
from difykit.render.inputs import File, Inputs, Part

_ENV = re.compile(r"(?:envs/.*)?\.env")


@dataclass(frozen=True)
class Joined:
    """Overlays' part of the release folder, and what is wrong with it."""

    files: tuple[compose.OverlayFile, ...]
    """Their Compose files, in the order in which Compose joins them."""
    texts: Mapping[str, str]
    """Where each of them goes in the folder, and its text there."""
    beside: Mapping[str, File]
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
    beside: dict[str, File] = field(default_factory=dict)
    tracked: set[str] = field(default_factory=set)
    mounted: dict[str, dict[str, bytes]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def plan_overlays(inputs: Inputs, environment: Environment, services: Mapping[str, Any]) -> Joined:
    """Read all of them, against Dify's `services` as they are rewritten.

    Raises ConfigError for one that is not YAML; everything else that is wrong is in the result.
    """
    found = _Found()
    files: list[compose.OverlayFile] = []
    for part in inputs.overlays:
        for name, text in part.compose.items():
            file = compose.read_overlay_file(f"overlays/{part.name}/{name}", text)
            files.append(file)
            _place(inputs, environment, part, file, found)
    alive = _alive(services, files)
    for file in files:
        found.problems += _services(file, services, files, inputs)
        found.problems += _secrets(file, environment.secrets)
    for part in inputs.overlays:
        found.problems += _recipients(part, alive)
        found.problems += _needs(part, alive, environment)
    return Joined(
        files=tuple(files),
        texts=found.texts,
        beside=found.beside,
        tracked=frozenset(found.tracked),
        labels={name: compose.digest(used) for name, used in found.mounted.items() if used and name in alive},
        problems=tuple(found.problems),
        warnings=tuple(warning for file in files for warning in (*_empty(file, environment), *_credentials(file))),
    )


def _place(inputs: Inputs, environment: Environment, part: Part, file: compose.OverlayFile, found: _Found) -> None:
    """Find each file that the Compose file uses, and put the overlay's folder before the paths of those beside it."""
    name = file.label.removeprefix(f"overlays/{part.name}/")
    places: dict[compose.Local, str] = {}
    for local in compose.local_paths(file, partial(compose.interpolate, values=environment.values)):
        place = compose.beside(name, local.path)
        own = {path: each for path, each in part.files.items() if place and _below(path, place)}
        here = compose.beside("", local.path)
        tracked = _configuration(inputs, here)
        if why := _fault(local, place, here, found=bool(own or tracked)):
            found.problems.append(Problem(file.label, local.line, f"{local.path} {why}"))
            continue
        if own:
            places[local] = f"./overlays/{part.name}" + ("" if place == "." else f"/{place}")
            found.beside |= {f"overlays/{part.name}/{path}": each for path, each in own.items()}
            if not local.mounted:
                found.problems += _in_env_files(part, own, environment.secrets)
        else:
            found.tracked |= tracked.keys()
        if local.mounted:
            contents = {path: each[1] for path, each in (own or tracked).items()}
            for service in local.services:
                found.mounted.setdefault(service, {}).update(contents)
    found.texts[file.label] = compose.moved(file.text, places)


def _below(path: str, place: str) -> bool:
    return place == "." or compose.is_within(path, place)


def _configuration(inputs: Inputs, here: str | None) -> dict[str, Blob]:
    """The files of docker/ at a path of the release folder; data has another place."""
    if here is None or compose.is_data(here, inputs.docker):
        return {}
    return {path: blob for path, blob in inputs.docker.items() if compose.is_within(path, here)}


def _fault(local: compose.Local, place: str | None, here: str | None, *, found: bool) -> str:
    """Why a path cannot travel in the release folder, or "" when it can."""
    if local.at < 0:
        return "must be written as it is, without variables and escapes, or its file cannot travel with the overlay"
    if place is None:
        return "leaves the overlay; the release folder has to run on another machine, so put the file into the overlay"
    if found or not local.required or (here and _ENV.fullmatch(here)):
        return ""
    if here == "volumes" or (here or "").startswith("volumes/"):
        return "is inside the release folder, which is made anew; write ${DIFY_DATA:?}/..."
    return "is not beside the Compose file, or is empty; for data of a service write ${DIFY_DATA:?}/..."


def _in_env_files(part: Part, own: Mapping[str, File], secrets: Mapping[str, Secret]) -> Iterator[Problem]:
    for path, (_, content) in own.items():
        for line in env.assignments(content.decode("utf-8", "replace")) if path.endswith(".env") else ():
            for key in sorted(compose.interpolated(env.template(line.raw)) & secrets.keys()):
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
    file: compose.OverlayFile, services: Mapping[str, Any], files: Collection[compose.OverlayFile], inputs: Inputs
) -> Iterator[Problem]:
    """Services that Compose would refuse: they run nothing, or wait for one that is not there."""
    removed = {name: part.name for part in inputs.overlays for name in part.removed}
    whole = {name for each in files for name, body in each.services.items() if body.keys() & {"image", "build"}}
    known = {*services, *whole}
    for name, body in file.services.items():
        if name not in known and name not in file.dropped and "extends" not in body:
            why = _absent(name, removed, inputs, known)
            yield Problem(file.label, file.line(("services", name)), f"services.{name}: {why}")
        waits = body.get("depends_on")
        for other in map(str, waits if isinstance(waits, list | dict) else ()):
            if other not in known:
                line = file.line(("services", name, "depends_on", other))
                why = _absent(other, removed, inputs, known)
                yield Problem(file.label, line, f"services.{name}.depends_on: {other}: {why}")


def _absent(name: str, removed: Mapping[str, str], inputs: Inputs, known: Collection[str]) -> str:
    if name in removed:
        return f"the overlay {removed[name]} removes this service"
    near = difflib.get_close_matches(name, sorted(known), n=1)
    hint = f"; did you mean {near[0]}?" if near else "; a service of your own has `image` or `build`"
    return f"Dify {inputs.source.release} has no such service" + hint


def _recipients(part: Part, alive: Collection[str]) -> Iterator[Problem]:
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


def _needs(part: Part, alive: Collection[str], environment: Environment) -> Iterator[Problem]:
    """What the overlay cannot do without: settings that nobody made, services in the place of those it leaves out."""
    label = f"overlays/{part.name}/overlay.yaml"
    for key in (each.key for each in part.manifest.requires.settings):
        if key not in environment.ours or not environment.values.get(key):
            how = f"difykit env.set {key}=VALUE, or {key}=- for a secret from standard input"
            yield Problem(label, part.line(("requires", "env")), f"requires.env: {key} is not set; {how}")
    for key, entry in part.manifest.env.items():
        for name in sorted(entry.names & environment.secrets.keys()) if isinstance(entry, EnvChoice) else ():
            why = f"env.{key}: names the secret {name}, which would then be in .env, for every service"
            yield Problem(label, part.line(("env", key)), why)
    for name, instead in part.removed.items():
        if instead and instead not in alive:
            text = f"compose.remove: {instead} is to take the place of {name}, but there is no such service"
            yield Problem(label, part.line(("compose", "remove")), text)


def _secrets(file: compose.OverlayFile, secrets: Mapping[str, Secret]) -> Iterator[Problem]:
    """Places where a secret reaches a service that it is not for, or where Compose would not find it."""
    for name, body in file.services.items():
        for text in compose.strings(body):
            for key in sorted(compose.interpolated(text) & secrets.keys()):
                if name not in secrets[key].services:
                    why = f"services.{name} reads the secret {key}, but secrets.{key}.to does not name {name}"
                    yield Problem(file.label, text.line, why)
        for wanted, value in compose.environment(body).items():
            if value is None and wanted in secrets and name not in secrets[wanted].services:
                line = file.line(("services", name, "environment", wanted))
                why = f"services.{name} reads the secret {wanted}, but secrets.{wanted}.to does not name {name}"
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
    known = {*environment.values, *environment.secrets}
    for text in compose.strings(file.value):
        for name in compose.unset(text, known):
            yield f"{file.label}:{text.line}: nobody sets {name}, so it is empty there; a dollar sign is written $$"


def _credentials(file: compose.OverlayFile) -> Iterator[str]:
    """Passwords in URLs that stand in a file which is committed and reviewed; the file itself is taken as it is."""
    for text in compose.strings(file.value):
        if fault := redact.fault(text, passed={"bare"}):
            yield f"{file.label}:{text.line}: {fault}, and everybody can read this file; write ${{NAME}}, set in .env"
