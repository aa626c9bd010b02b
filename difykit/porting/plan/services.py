"""What an overlay's manifest says of a release's services: what it takes out may be called otherwise, or be gone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from packaging.version import Version

from difykit.core.errors import Problem
from difykit.git import Tree
from difykit.porting.plan.differences import compare_services
from difykit.porting.plan.facts import ServiceFacts
from difykit.source import overlay
from difykit.workspace.workspace import Overlay


@dataclass(frozen=True)
class ReleaseServices:
    """A release as manifests are asked about it."""

    services: Mapping[str, ServiceFacts]
    tree: Tree
    version: Version


def lost_services(
    overlays: Sequence[Overlay], pin: ReleaseServices, release: ReleaseServices
) -> Iterator[tuple[str, Problem]]:
    """By overlay, what its manifest said of the pin and cannot say of the release, such as a service that it removes.

    What an overlay takes out under the new name too, it has not lost.
    """
    if not (pin.services and release.services):  # a Compose file that cannot be read says nothing
        return
    renamed = compare_services(pin.services, release.services).renamed
    for enabled in overlays:
        current = overlay.resolve(enabled.manifest, release.services, release.tree, release.version)
        before = overlay.resolve(enabled.manifest, pin.services, pin.tree, pin.version)
        faults = [fault for fault in current.faults if fault not in before.faults]
        removed = {removal.service or "" for removal in current.manifest.compose.removals}
        for index, removal in enumerate(enabled.manifest.compose.removals):
            name = removal.service or ""
            if name in removed & (pin.services.keys() - release.services.keys()):
                successors = {renamed[name]} if name in renamed else release.services.keys() - pin.services.keys()
                if not successors & removed:
                    faults.append((("compose", "remove", index), f"compose.remove.{index}: {_lost(name, renamed)}"))
        yield from ((enabled.name, overlay.problem_at(enabled, path, text)) for path, text in faults)


def _lost(name: str, renamed: Mapping[str, str]) -> str:
    if name in renamed:
        return f"the release has no service {name}: it is {renamed[name]} now, and would be back"
    return f"the release has no service {name}"
