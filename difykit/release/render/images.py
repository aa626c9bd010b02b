"""Which image each service runs: from where a registry has it, and which are the workspace's own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from difykit.release import compose
from difykit.release.render.environment import Environment
from difykit.release.render.inputs import RenderInputs
from difykit.workspace import state


def locate(
    inputs: RenderInputs,
    environment: Environment,
    services: Mapping[str, dict[str, Any]],
    chosen: Mapping[str, compose.ServiceImage],
    switched: dict[str, dict[str, Any]],
) -> None:
    """Let every service run its image from where a registry has it: Dify's own in its file, overlays' beside theirs."""
    for service in services.values():
        image = compose.interpolate(str(service.get("image", "")), values=environment.values)
        if located := inputs.elsewhere.get(image):
            service["image"] = compose.literal(located)
    for name, choice in chosen.items():
        if located := inputs.elsewhere.get(choice.image):
            switched[name] = {**switched.get(name, {}), "image": compose.literal(located)}


def custom_images(
    inputs: RenderInputs,
    services: Mapping[str, Mapping[str, Any]],
    chosen: Mapping[str, compose.ServiceImage],
    switched: Mapping[str, Mapping[str, Any]],
) -> dict[str, state.Image]:
    """What an overlay says of a service's image goes before what Dify's file says, as Compose merges them."""
    own = {compose.literal(image.reference): image for image in inputs.images}
    named = {name: str(service.get("image", "")) for name, service in services.items()}
    named |= {name: str(switched.get(name, {}).get("image", "")) for name in chosen}
    return {name: own[image] for name, image in named.items() if image in own}
