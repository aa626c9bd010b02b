"""Which images the stack runs: those of all services of its active profiles, one-shot ones too, as Compose reads it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from difykit.core.errors import DifyKitError
from difykit.docker.project import Stack
from difykit.git import Store
from difykit.release.render import RenderInputs, RenderPlan, plan_render, previewed, read_inputs
from difykit.workspace.state import BuiltImages, Source
from difykit.workspace.workspace import Workspace


@dataclass(frozen=True)
class Needed:
    """The images of a stack."""

    images: Mapping[str, tuple[str, ...]]
    """Each image by the name that Compose has for it, with its services."""
    by_env: tuple[str, ...]
    """Services that run here or there only because of what `.env` says, which stays here."""


def needed(workspace: Workspace, source: Source, images: BuiltImages) -> Needed:
    """The images that a deployment here runs, and those that it runs without this machine's `.env`.

    Nothing is written into the workspace but a scratch folder, which goes again.
    Raises what `plan_render` raises, and DifyKitError for a service that Compose would build over there.
    """
    with Store(workspace.store) as store:
        # By the names that they have everywhere, also where this workspace runs them from a registry.
        inputs = replace(read_inputs(workspace, source, images, store), elsewhere={}, images=images.images)
    with_env = _services(workspace, inputs)
    without_env = _services(workspace, replace(inputs, user_env="", used=False)) if inputs.user_env else with_env
    if built := sorted(name for name, service in {**without_env, **with_env}.items() if "build" in service):
        raise DifyKitError(
            f"Compose builds the image of {', '.join(built)} on the machine that deploys, and a closed network has"
            " nothing to build it from",
            hint="give it an image of the workspace's own: images/NAME/image.yaml, named in the overlay's `images`",
        )
    users: dict[str, set[str]] = {}
    for services in (with_env, without_env):
        for name, service in services.items():
            users.setdefault(str(service["image"]), set()).add(name)
    differs = {name for name in {*with_env, *without_env} if _image(with_env, name) != _image(without_env, name)}
    return Needed({image: tuple(sorted(users[image])) for image in sorted(users)}, tuple(sorted(differs)))


def _image(services: Mapping[str, Mapping[str, object]], name: str) -> object:
    return services.get(name, {}).get("image")


def _services(workspace: Workspace, inputs: RenderInputs) -> Mapping[str, Mapping[str, object]]:
    return _read(plan_render(inputs), workspace.derived, inputs.project)


def _read(plan: RenderPlan, scratch: Path, project: str) -> Mapping[str, Mapping[str, object]]:
    with previewed(plan, scratch) as folder:
        return Stack.read(folder, project).services
