"""What services name that has to be defined: networks, volumes, secrets, configs, and other services."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from difykit.core import yaml
from difykit.core.errors import Problem
from difykit.core.yaml_loaders import YamlText
from difykit.release.compose.mounts import split
from difykit.release.compose.overlay import OverlayFile, Resolve
from difykit.release.compose.services import active

_KINDS = ("networks", "volumes", "secrets", "configs")


def reference_faults(
    overlay_files: Collection[OverlayFile], rewritten: Mapping[str, Any], resolve: Resolve, profiles: Collection[str]
) -> list[Problem]:
    """Every name in overlays' files that stands for nothing: Compose refuses a project with one that runs.

    `rewritten` is Dify's own file as it is joined with them.
    """
    defined = {kind: _names(rewritten, overlay_files, kind) for kind in _KINDS}
    defined["networks"] |= {"default"}
    bodies = [rewritten["services"], *(file.services for file in overlay_files)]
    services = {name for part in bodies for name in part}
    running = active({name: {"profiles": [*_profiles(name, bodies)]} for name in services}, profiles)
    definitions = _Definitions(defined, services, resolve)
    return [
        Problem(file.label, line or file.line(path), f"{'.'.join(map(str, path[:3]))}: {text}")
        for file in overlay_files
        for name, body in file.services.items()
        if name in running
        for path, line, text in definitions.faults(file, name, body)
    ]


@dataclass(frozen=True)
class _Definitions:
    """What all files together define."""

    defined: Mapping[str, Collection[str]]
    services: Collection[str]
    resolve: Resolve

    def faults(self, file: OverlayFile, name: str, body: Mapping[str, Any]) -> Iterator[tuple[yaml.Path, int, str]]:
        """(path, line or 0, why) for each name of a service that stands for nothing."""
        for kind in _KINDS:
            for text in _used(kind, body.get(kind), self.resolve):
                if text not in self.defined[kind]:
                    line = getattr(text, "line", 0) or file.line(("services", name, kind, text))
                    yield ("services", name, kind), line, _undefined(kind, text, self.defined[kind])
        for key, other in _others(body):
            if other not in self.services:
                yield ("services", name, key), 0, f"there is no service {other}"
        extended = body.get("extends")
        base = extended.get("service") if isinstance(extended, dict) else extended
        if base is not None and (str(base) not in file.services or str(base) == name):
            why = "Compose looks for it in this file alone" if str(base) != name else "a service does not extend itself"
            yield ("services", name, "extends"), 0, f"{base}: {why}; write out here what is to be as there"


def _names(rewritten: Mapping[str, Any], overlay_files: Iterable[OverlayFile], kind: str) -> set[str]:
    values = [rewritten.get(kind), *(file.value.get(kind) for file in overlay_files)]
    return {str(name) for value in values if isinstance(value, dict) for name in value}


def _profiles(name: str, bodies: Iterable[Mapping[str, Any]]) -> set[str]:
    return {
        str(profile) for part in bodies for profile in (part.get(name) or {}).get("profiles") or () if part.get(name)
    }


def _used(kind: str, entries: Any, resolve: Resolve) -> Iterator[str]:
    """The names of one kind that a service uses."""
    listed = entries if isinstance(entries, list | dict) else ()
    for entry in listed:
        source = entry.get("source") if isinstance(entry, dict) else entry
        if kind != "volumes":
            if isinstance(source, str):
                yield source
        elif isinstance(entry, dict):
            if entry.get("type") == "volume" and isinstance(source, str):
                yield source
        elif isinstance(entry, str):
            head, tail = split(entry)
            text = resolve(head)
            if tail and text and not text.startswith((".", "/", "~", "\\")) and text[1:2] != ":":
                yield _at(text, entry)


def _at(text: str, entry: str) -> str:
    """A part of an entry that knows the entry's line."""
    part = YamlText(text)
    part.line, part.start = getattr(entry, "line", 0), getattr(entry, "start", 0)
    return part


def _others(body: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The services that a service names for something other than its start."""
    for key in ("network_mode", "pid", "ipc"):
        value = body.get(key)
        if isinstance(value, str) and value.startswith("service:") and "$" not in value:
            yield key, value.removeprefix("service:")
    for key in ("links", "volumes_from"):
        for entry in body.get(key) or () if isinstance(body.get(key), list) else ():
            if isinstance(entry, str) and not entry.startswith("container:") and "$" not in entry:
                yield key, entry.partition(":")[0]


def _undefined(kind: str, name: str, defined: Collection[str]) -> str:
    close = difflib.get_close_matches(name, sorted(defined), n=1)
    hint = f"did you mean {close[0]}?" if close else f"define it under `{kind}`"
    return f"there is no {kind.removesuffix('s')} {name}; {hint}"
