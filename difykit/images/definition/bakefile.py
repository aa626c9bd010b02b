"""The generated bake file: all images of a build in one run."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from difykit.images.definition.template import BASE


@dataclass(frozen=True)
class BakeTarget:
    """One image to build; paths are relative to `.difykit/`."""

    name: str
    context: str
    dockerfile: str  # relative to the context, as BuildKit wants it
    tag: str = ""  # "" for a step that another target stands on
    base: str = ""  # what `FROM official` means: docker-image://… or target:…
    args: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    platforms: tuple[str, ...] = ()  # () for the engine's own
    cache_from: tuple[str, ...] = ()
    cache_to: tuple[str, ...] = ()
    contexts: Mapping[str, str] = field(default_factory=dict)  # what other names of images mean, and folders to mount


def bake_json(targets: Iterable[BakeTarget]) -> str:
    """The bake file as text. Bake reads `${…}` in it as its own, so a dollar is doubled."""
    described = {target.name: _target(target) for target in targets}
    return json.dumps({"target": described}, indent=1, sort_keys=True).replace("${", "$${").replace("%{", "%%{") + "\n"


def tags_in(text: str) -> tuple[str, ...]:
    """The names that a bake file gives its images; () where it is none, or one of an older difykit."""
    try:
        targets = json.loads(text)["target"].values()
        return tuple(str(tag) for target in targets for tag in target.get("tags", ()))
    except (ValueError, KeyError, AttributeError, TypeError):
        return ()


def _target(target: BakeTarget) -> dict[str, Any]:
    description: dict[str, Any] = {"context": target.context, "dockerfile": target.dockerfile}
    if contexts := {**target.contexts, **({BASE: target.base} if target.base else {})}:
        description["contexts"] = contexts
    if target.args:
        description["args"] = dict(target.args)
    if target.labels:
        description["labels"] = dict(target.labels)
    if target.platforms:
        description["platforms"] = list(target.platforms)
    if target.cache_from:
        description["cache-from"] = list(target.cache_from)
    if target.cache_to:
        description["cache-to"] = list(target.cache_to)
    if target.tag:
        description |= {"tags": [target.tag], "output": ["type=docker"]}
    return description
