"""An overlay's Compose file, read as a value; what is joined stays the file as it is written.

Compose resolves the relative paths of all joined files against the folder of the first one, whichever file they stand
in (`include` with a list of paths, as with `-f`; tried with 2.26). A path of a file beside an overlay's Compose file
therefore gets the overlay's folder put before it, and nothing else in the file is touched.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from difykit.core import yaml
from difykit.core.errors import ConfigError, Problem
from difykit.core.yaml_loaders import YamlText
from difykit.release.compose.mounts import split
from difykit.release.compose.variables import texts

Resolve = Callable[[str], str]
"""Puts the values of variables in, as Compose will."""

# What may stand before a string in YAML: an anchor or a tag, and a quote.
_BEFORE = re.compile(r"(?:[&!]\S*\s+)*[\"']?")
_RESTART = re.compile(r"(?:no|always|unless-stopped|on-failure(?::\d+)?)?")
_ELSEWHERE = ("/", "~", "git@", "github.com/", "http://", "https://", "ssh://", "git://", "docker-image://")


@dataclass(frozen=True)
class Local:
    """A path, relative to the Compose file, of something that services use."""

    path: str
    line: int
    offset: int
    """Where it stands in the text of its file; -1 when it does not stand there letter by letter."""
    services: tuple[str, ...]
    mounted: bool
    """Whether containers see the file itself, so that they have to be made anew when it changes."""
    required: bool


@dataclass(frozen=True)
class OverlayFile:
    """One Compose file of an overlay."""

    label: str
    text: str
    value: Mapping[str, Any]
    dropped: frozenset[str]
    """Services that it takes out by `!reset`."""
    lines: Mapping[yaml.Path, int]

    @property
    def services(self) -> dict[str, dict[str, Any]]:
        """What it says of each service."""
        return {str(name): body or {} for name, body in _mapping(self.value.get("services")).items()}

    def line(self, path: yaml.Path) -> int:
        """The line of `path`, or of what is nearest around it."""
        return yaml.Document(self.label, None, dict(self.lines)).line(path)


def read_overlay_file(label: str, text: str) -> OverlayFile:
    """Read an overlay's Compose file; `label` is how messages call it.

    Raises ConfigError for broken YAML, for what is no Compose file, and for one that draws in further files.
    """
    document = yaml.load(label, text, local_tags=True)
    value = document.value
    if not isinstance(value, dict) or not isinstance(value.get("services") or {}, dict):
        raise ConfigError([Problem(label, 1, "is not a Compose file: it must be a mapping with `services`")])
    if nul := [text for text in strings(value) if "\0" in text]:
        why = "holds a NUL character, which nothing can pass on"
        raise ConfigError([Problem(label, text.line, why) for text in nul])
    problems: list[tuple[yaml.Path, str]] = []
    if "include" in value:
        problems.append((("include",), "include: name the file in compose.files of overlay.yaml, which joins it"))
    for name, body in _mapping(value.get("services")).items():
        if body is not None and not isinstance(body, dict):
            problems.append((("services", name), f"services.{name}: must be a mapping of keys and values"))
        elif "file" in _mapping(_mapping(body).get("extends")):
            why = f"services.{name}.extends.file: write the keys out here, only files of compose.files are read"
            problems.append((("services", name, "extends", "file"), why))
        elif not _restarts(_mapping(body).get("restart")):
            why = f"services.{name}.restart: the engine takes no, always, unless-stopped, on-failure or on-failure:N"
            problems.append((("services", name, "restart"), why))
    if problems:
        raise ConfigError([Problem(label, document.line(path), why) for path, why in problems])
    reset = {path[1] for path, tag in document.tags.items() if tag == "!reset" and len(path) == 2}
    dropped = frozenset(map(str, reset & _mapping(value.get("services")).keys()))
    return OverlayFile(label, text, value, dropped, document.lines)


def _restarts(policy: object) -> bool:
    """Whether the engine takes a restart policy; Compose hands it on as it is, and fails when it starts the service."""
    return not isinstance(policy, str) or "$" in policy or bool(_RESTART.fullmatch(policy))


def _mapping(value: object) -> dict[Any, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def local_paths(file: OverlayFile, resolve: Resolve) -> list[Local]:
    """The relative paths of files that its services mount, are built from, or take settings from."""
    paths: list[Local] = []
    for name, body in file.services.items():
        sources = [_source(mount, resolve) for mount in _list(body.get("volumes"))]
        paths += _locals(file, sources, (name,), resolve, mounted=True)
        for entry in _list(body.get("env_file")):
            required = _mapping(entry).get("required") is not False
            path = entry.get("path") if isinstance(entry, dict) else entry
            paths += _locals(file, [(path, path)], (name,), resolve, required=required)
        build = body.get("build")
        context = build.get("context") if isinstance(build, dict) else build
        paths += _locals(file, [(context, context)], (name,), resolve)
    for kind in ("configs", "secrets"):
        for key, entry in _mapping(file.value.get(kind)).items():
            users = tuple(name for name, body in file.services.items() if key in _used(body.get(kind)))
            path = _mapping(entry).get("file")
            paths += _locals(file, [(path, path)], users, resolve, mounted=True)
    return paths


def _source(mount: object, resolve: Resolve) -> tuple[object, str | None]:
    """A bind mount as what is written and the source in it; None for a volume, which has a name and no path."""
    if isinstance(mount, dict):
        return mount.get("source"), mount.get("source") if mount.get("type") == "bind" else None
    source, tail = split(str(mount))
    return mount, source if tail and resolve(source).startswith(".") else None


def _locals(
    file: OverlayFile,
    written: Iterable[tuple[object, object]],
    services: tuple[str, ...],
    resolve: Resolve,
    *,
    mounted: bool = False,
    required: bool = True,
) -> Iterator[Local]:
    for text, path in written:
        if not isinstance(text, YamlText) or not isinstance(path, str) or not path:
            continue
        if (resolved := resolve(path)) and not resolved.startswith(_ELSEWHERE):
            match = _BEFORE.match(file.text, text.start)
            offset = match.end() if match else text.start
            plain = file.text.startswith(path, offset) and "$" not in path
            yield Local(str(path), text.line, offset if plain else -1, services, mounted, required)


def _used(entries: object) -> set[str]:
    """The names of the configs or secrets that a service lists."""
    return {str(entry.get("source") if isinstance(entry, dict) else entry) for entry in _list(entries)}


def resolved_path(name: str, path: str) -> str | None:
    """Where a path in the Compose file `name` leads in its overlay; None when it leads out of it."""
    target = posixpath.normpath(posixpath.join(posixpath.dirname(name), path))
    return None if target == ".." or target.startswith("../") else target


def moved(text: str, places: Mapping[Local, str]) -> str:
    """The text of an overlay's Compose file with other paths in the place of some of its own."""
    new = {local.offset: (len(local.path), replacement) for local, replacement in places.items()}
    for offset in sorted(new, reverse=True):
        length, replacement = new[offset]
        text = text[:offset] + replacement + text[offset + length :]
    return text


def strings(value: object) -> Iterator[YamlText]:
    """Every string in a part of the file, keys left out."""
    return (text for text in texts(value) if isinstance(text, YamlText))
