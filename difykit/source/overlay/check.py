"""Whether the enabled overlays fit the release and each other, before anything is touched."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from difykit.core import files, yaml
from difykit.core.errors import ConfigError, Problem
from difykit.workspace.workspace import Overlay

_Fault = tuple[yaml.Path, str]
"""The place of a problem in the manifest, and what it is."""


def check_overlays(overlays: Sequence[Overlay], release: Version) -> None:
    """Raises ConfigError with every overlay that is for another Dify, lacks what it needs, or conflicts."""
    problems: list[Problem] = []
    names = [overlay.name for overlay in overlays]
    for index, overlay in enumerate(overlays):
        if names.index(overlay.name) != index:
            problems.append(Problem("difykit.yaml", 0, f"overlays: {overlay.name} is given twice"))
        faults = _faults(overlay, names[:index], names, release) + _tree_faults(overlay)
        problems += [problem_at(overlay, path, text) for path, text in faults]
    problems += _double_routes(overlays)
    if problems:
        raise ConfigError(problems)


def problem_at(overlay: Overlay, path: yaml.Path, text: str) -> Problem:
    """A problem of the overlay's manifest, with the line of the key or entry at `path`."""
    return overlay.problem(path, text)


def _faults(overlay: Overlay, before: list[str], names: list[str], release: Version) -> list[_Fault]:
    wants = overlay.manifest.requires
    faults: list[_Fault] = []
    if not SpecifierSet(wants.dify).contains(release, prereleases=True):
        faults.append((("requires", "dify"), f"is for Dify {wants.dify}, but the pin is {release}"))
    for number, required in enumerate(wants.overlays):
        if required not in before:
            problem = (
                "is itself" if required == overlay.name else "comes after it" if required in names else "is not enabled"
            )
            text = f"requires the overlay {required}, which {problem} in difykit.yaml"
            faults.append((("requires", "overlays", number), text))
    for number, conflicting in enumerate(overlay.manifest.conflicts):
        if conflicting in names:
            problem = "is itself" if conflicting == overlay.name else "is enabled too"
            faults.append((("conflicts", number), f"conflicts with the overlay {conflicting}, which {problem}"))
    return faults


def tree_folder(overlay: Overlay, number: int) -> Path | None:
    """The folder of the overlay's entry `number` of `trees`; None where it has none.

    Raises ConfigError for what is no folder, and for one outside of the overlay.
    """
    if fault := _tree_fault(overlay, number):
        raise ConfigError([problem_at(overlay, ("trees", number, "from"), fault)])
    folder = overlay.folder / overlay.manifest.trees[number].source
    return folder if folder.is_dir() else None


def _tree_fault(overlay: Overlay, number: int) -> str:
    source = overlay.manifest.trees[number].source
    folder, key = overlay.folder / source, f"trees.{number}.from"
    if not Path(os.path.realpath(folder)).is_relative_to(os.path.realpath(overlay.folder)):
        return f"{key}: {source} leaves the overlay through a symlink"
    if files.present(folder) and not folder.is_dir():
        problem = "is a link that leads nowhere or in a circle" if folder.is_symlink() else "is not a folder"
        return f"{key}: overlays/{overlay.name}/{source} {problem}"
    return ""


def _tree_faults(overlay: Overlay) -> list[_Fault]:
    faults: list[_Fault] = []
    trees = overlay.manifest.trees
    for number, entry in enumerate(trees):
        key = ("trees", number, "from")
        if fault := _tree_fault(overlay, number):
            faults.append((key, fault))
        elif not (overlay.folder / entry.source).is_dir() and entry.source != "tree":
            faults.append((key, f"trees.{number}.from: there is no folder overlays/{overlay.name}/{entry.source}"))
    for number, path in enumerate(overlay.manifest.overrides):
        if not any(os.path.lexists(overlay.folder / entry.source / path) for entry in trees):
            faults.append((("overrides", number), f"overrides.{number}: {path} is no file of the overlay's trees"))
    return faults


def _double_routes(overlays: Sequence[Overlay]) -> list[Problem]:
    owner: dict[str, str] = {}
    problems: list[Problem] = []
    for overlay in {overlay.name: overlay for overlay in overlays}.values():
        for index, route in enumerate(overlay.manifest.gateway.routes):
            bare = route.path.rstrip("/")
            if bare in owner:
                own = owner[bare] == overlay.name
                fault = "routed twice; keep one of them" if own else f"routed by the overlay {owner[bare]} already"
                text = f"gateway.routes.{index}: {route.path} is {fault}"
                problems.append(problem_at(overlay, ("gateway", "routes", index, "path"), text))
            owner.setdefault(bare, overlay.name)
    return problems
