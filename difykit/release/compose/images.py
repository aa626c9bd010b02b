"""Which service runs which image, and that none of Dify's own is left on stock.

Dify's two images serve 3 services up to 1.6.0, 4 from 1.7.0 (worker_beat), 5 from 1.14.1 (api_websocket, in a profile).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from difykit.core.interpolation import literal
from difykit.dify import services

API, WEB = services.API_IMAGE, services.WEB_IMAGE
STOCK = re.compile(rf"(?:{API}|{WEB})(?![\w.-])")
"""Dify's images, from wherever they are pulled."""


@dataclass(frozen=True)
class Replacement:
    """What takes the place of an image; `local` when no registry has it, so that Compose must not look for one."""

    reference: str
    local: bool

    @property
    def written(self) -> str:
        """As a Compose file has it, with nothing in it to put in."""
        return literal(self.reference)


def repository(image: str) -> str:
    """An image's name without registry default, tag and digest."""
    folder, slash, name = image.split("@", 1)[0].rpartition("/")
    return (folder + slash + name.split(":", 1)[0]).removeprefix("docker.io/").removeprefix("library/")


def runs(service: Mapping[str, Any], image: str) -> bool:
    """Whether a service runs this image, whatever its tag."""
    return repository(str(service.get("image", ""))) == image


def switch(services: Mapping[str, dict[str, Any]], images: Mapping[str, Replacement]) -> None:
    """Give every service on a replaced image what takes its place, whatever its tag and profile."""
    for service in services.values():
        replacement = images.get(repository(str(service.get("image", ""))))
        if replacement:
            service["image"] = replacement.written
            if replacement.local:
                service["pull_policy"] = "never"


def closure_faults(
    upstream: Mapping[str, Any],
    rewritten: Mapping[str, Any],
    images: Mapping[str, Replacement],
    overlay_images: Iterable[str] = (),
) -> list[str]:
    """What is wrong with the switch: replacements that met no service, services of Dify left on stock.

    `overlay_images` are the images that overlays give to services.
    """
    met = {repository(str(service.get("image", ""))) for service in upstream["services"].values()}
    met |= {repository(image) for image in overlay_images}
    faults = [f"no service of this release runs {image}" for image in images if image not in met]
    custom = {replacement.written for replacement in images.values()}
    for name, service in rewritten["services"].items():
        image = str(service.get("image", ""))
        if image not in custom and STOCK.search(image):
            faults.append(f"service {name} is left on {image}")
    return faults
