"""Hand edits of a Compose file as an overlay's Compose file: only what differs, in Compose's own words. Pure."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from difykit.release import compose
from difykit.release.compose import API, DATA, WEB, is_data, is_within

_PLACES = ("networks", "volumes", "configs", "secrets")


@dataclass
class Edits:
    """What an overlay has to say, and what it cannot."""

    services: dict[str, list[str]] = field(default_factory=dict)
    """The lines of each service."""
    top: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    outside_mounts: list[str] = field(default_factory=list)
    """Files that stay where they are, mounted from there."""

    @property
    def text(self) -> str:
        """The overlay's Compose file, "" where there is nothing to say."""
        if not self.services and not self.top:
            return ""
        lines = ["# What the adopted deployment changed in Dify's own Compose file."]
        if self.services:
            lines.append("services:")
            for name, body in sorted(self.services.items()):
                lines += [f"  {name}:", *(f"    {line}" for line in body)]
        return "\n".join([*lines, *self.top]) + "\n"


@dataclass(frozen=True)
class PathRoots:
    """Where paths lead: the old folder, and the release's files below docker/."""

    folder: Path
    tracked: Collection[str]


def edits_of(model: Mapping[str, Any], upstream: Mapping[str, Any], ground: PathRoots) -> Edits:
    """What makes of the release's file the deployment's."""
    edits = Edits()
    upstream_services, deployed_services = upstream["services"], model["services"]
    edits.removed = sorted(set(upstream_services) - set(deployed_services))
    for name, service in sorted(deployed_services.items()):
        lines = list(_service(name, service, upstream_services.get(name), ground, edits))
        if lines:
            edits.services[name] = lines
    for key in _PLACES:
        before, after = upstream.get(key) or {}, model.get(key) or {}
        fresh = {name: value or {} for name, value in after.items() if before.get(name, 0) != value}
        if fresh:
            edits.top += [f"{key}:", *(f"  {name}: {_json(value)}" for name, value in sorted(fresh.items()))]
    return edits


def _service(
    name: str, service: Mapping[str, Any], before: Mapping[str, Any] | None, ground: PathRoots, edits: Edits
) -> Iterator[str]:
    for key in sorted({*service, *(before or {})}):
        old, new = (before or {}).get(key), service.get(key)
        if old == new:
            continue
        if key == "image" and before is not None and compose.repository(str(old)) in {API, WEB}:
            edits.lost.append(f"services.{name}.image: {new}: put what it adds into images/, or a patch")
        elif key == "build":
            edits.lost.append(f"services.{name}.build: make it an image of images/, which build makes")
        elif new is None:
            yield f"{key}: !reset null"
        elif key == "environment" and before is not None:
            yield from _environment(old or {}, new)
        elif key == "volumes":
            yield from _volumes(old or [], new, ground, edits)
        elif isinstance(new, list) and isinstance(old, list) and all(item in new for item in old) and key == "ports":
            yield f"{key}: {_json([item for item in new if item not in old])}"
        elif before is not None and isinstance(new, list | dict) and key not in {"command", "entrypoint"}:
            yield f"{key}: !override {_json(new)}"
        else:
            yield f"{key}: {_json(new)}"


def _environment(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    lines = [f"  {_json(key)}: {_json(value)}" for key, value in sorted(new.items()) if old.get(key, 0) != value]
    lines += [f"  {_json(key)}: !reset null" for key in sorted(set(old) - set(new))]
    if lines:
        yield "environment:"
        yield from lines


def _volumes(old: list[Any], new: list[Any], ground: PathRoots, edits: Edits) -> Iterator[str]:
    gone = [volume for volume in old if volume not in new]
    shown = [
        _mount(volume, ground, edits) for volume in (new if gone else [volume for volume in new if volume not in old])
    ]
    if shown:
        yield f"volumes: {'!override ' if gone else ''}{_json(shown)}"
    elif gone:
        yield "volumes: !reset []"


def _mount(mount: Any, ground: PathRoots, edits: Edits) -> Any:
    """A mount with its source where it will be: in the data folder, in the release folder, or where it stays."""
    if not isinstance(mount, dict) or mount.get("type") != "bind":
        return mount
    source = str(mount.get("source", ""))
    path = source.removeprefix("./").rstrip("/")
    if source.startswith(("/", "~", "$")) or not source.startswith("."):
        return mount
    if path.startswith("volumes/") or (is_data(path, ground.tracked) and _is_of(path, ground)):
        return {**mount, "source": f"${{{DATA}:?}}/{path.removeprefix('volumes/')}"}
    if _is_of(path, ground):
        return {**mount, "source": source}
    source_path = (ground.folder / path).resolve()
    edits.outside_mounts.append(str(source_path))
    return {**mount, "source": str(source_path)}


def _is_of(path: str, ground: PathRoots) -> bool:
    """Whether the release itself mounts the place, such as nginx/ssl, so that it moves into the data folder."""
    return any(is_within(name, path) for name in ground.tracked)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
