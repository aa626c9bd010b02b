"""Whether the enabled overlays fit the release and each other, before anything is touched."""

from __future__ import annotations

from collections.abc import Sequence

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from difykit import yamlio
from difykit.errors import ConfigError, Problem
from difykit.workspace import Overlay


def check_overlays(overlays: Sequence[Overlay], release: Version) -> None:
    """Raises ConfigError with every overlay that is for another Dify, lacks what it requires, or conflicts."""
    problems: list[Problem] = []
    names = [overlay.name for overlay in overlays]
    for index, overlay in enumerate(overlays):
        if names.index(overlay.name) != index:
            problems.append(Problem("difykit.yaml", 0, f"overlays: {overlay.name} is given twice"))
        problems += [_problem(overlay, path, text) for path, text in _faults(overlay, names[:index], names, release)]
    problems += _double_routes(overlays)
    if problems:
        raise ConfigError(problems)


def _faults(
    overlay: Overlay, before: list[str], names: list[str], release: Version
) -> list[tuple[tuple[str, ...], str]]:
    wants = overlay.manifest.requires
    faults: list[tuple[tuple[str, ...], str]] = []
    if not SpecifierSet(wants.dify).contains(release, prereleases=True):
        faults.append((("requires", "dify"), f"is for Dify {wants.dify}, but the pin is {release}"))
    for other in wants.overlays:
        if other not in before:
            where = "comes after it" if other in names else "is not enabled"
            faults.append((("requires", "overlays"), f"requires the overlay {other}, which {where} in difykit.yaml"))
    faults += [
        (("conflicts",), f"conflicts with the overlay {other}, which is enabled too")
        for other in overlay.manifest.conflicts
        if other in names
    ]
    return faults


def _double_routes(overlays: Sequence[Overlay]) -> list[Problem]:
    owner: dict[str, str] = {}
    problems: list[Problem] = []
    for overlay in overlays:
        for route in overlay.manifest.gateway.routes:
            other = owner.setdefault(route.path.rstrip("/"), overlay.name)
            if other != overlay.name:
                text = f"gateway.routes: {route.path} is routed by the overlay {other} already"
                problems.append(_problem(overlay, ("gateway", "routes"), text))
    return problems


def _problem(overlay: Overlay, path: tuple[str, ...], text: str) -> Problem:
    document = yamlio.load(overlay.label, (overlay.folder / "overlay.yaml").read_text("utf-8-sig"))
    return Problem(overlay.label, document.line(path), text)
