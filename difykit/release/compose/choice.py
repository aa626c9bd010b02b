"""The images that overlays' Compose files give to services, and what takes their place.

Overlays' files stay as they are written, so the switch is a file of its own, joined after them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from difykit.core.errors import Problem
from difykit.release.compose.images import STOCK, Replacement, repository
from difykit.release.compose.overlay import OverlayFile, Resolve

_CUSTOM = re.compile(r"dify-(?P<name>[a-z0-9-]+)-custom")


@dataclass(frozen=True)
class ServiceImage:
    """The image of a service by the last overlay that says one."""

    image: str
    label: str
    line: int
    pulled: bool
    """Whether an overlay says when to pull it."""


def choices(files: Iterable[OverlayFile], resolve: Resolve) -> dict[str, ServiceImage]:
    """The image of each service that overlays give one, as Compose merges their files: the last one wins."""
    winners: dict[str, ServiceImage] = {}
    policies: set[str] = set()
    for file in files:
        for name in file.dropped:
            winners.pop(name, None)
        for name, body in file.services.items():
            if "pull_policy" in body:
                policies.add(name)
            if "image" not in body:
                continue
            image = body["image"]
            winners.pop(name, None)
            if image is not None:  # `!reset` reads as nothing, and it is built then
                line = getattr(image, "line", 0)
                winners[name] = ServiceImage(resolve(str(image)), file.label, line, pulled=False)
    return {
        name: ServiceImage(entry.image, entry.label, entry.line, name in policies) for name, entry in winners.items()
    }


def switches(
    chosen: Mapping[str, ServiceImage],
    services: Mapping[str, Mapping[str, Any]],
    images: Mapping[str, Replacement],
    named: Mapping[str, Replacement],
) -> tuple[dict[str, dict[str, Any]], list[Problem]]:
    """What the services must say instead of what overlays say of them, and the images that nothing takes the place of.

    `services` are the rewritten ones of Dify, `images` what replaces Dify's, `named` every custom image by the name
    that an overlay uses: dify-<name>-custom.
    """
    changes: dict[str, dict[str, Any]] = {}
    problems: list[Problem] = []
    for name, choice in chosen.items():
        image = repository(choice.image)
        replacement = images.get(image) or named.get(image)
        if replacement:
            changes[name] = {"image": replacement.written, **({"pull_policy": "never"} if replacement.local else {})}
        elif why := _fault(image):
            problems.append(Problem(choice.label, choice.line, f"services.{name}.image: {why}"))
        elif services.get(name, {}).get("pull_policy") == "never" and not choice.pulled:
            changes[name] = {"pull_policy": "missing"}  # Dify's own service had a local image; this one has a registry
    return changes, problems


def _fault(image: str) -> str:
    if custom := _CUSTOM.fullmatch(image):
        name = custom["name"]
        return (
            f"there is no image {image}; define images/{name}/image.yaml, name it in `images` of the overlay's"
            " overlay.yaml, and build"
        )
    if STOCK.search(image):
        return f"{image} is Dify's own, without what the workspace changes; write the name that Dify uses"
    return ""
