"""Which strategy an image gets, from what changed in its own inputs (DESIGN §4)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from difykit.core.errors import DifyKitError
from difykit.git import GitEntry
from difykit.images.definition.recipe import CopiedPath, Recipe


@dataclass(frozen=True)
class InputChange:
    """An input of the image that differs from the release: git's status letter, its path, mode and blob."""

    status: str
    path: str
    mode: str = ""
    oid: str = ""
    rebuilds: str = ""  # why it cannot be laid over the official image, "" when it can


@dataclass(frozen=True)
class LayerFile:
    """A file that lies in the image as it is in the source."""

    dest: str
    path: str
    mode: str
    oid: str
    chmod: str = ""


@dataclass(frozen=True)
class Wishes:
    """What image.yaml, and the template beside it, want of an image."""

    strategy: str = "auto"
    adds: tuple[str, ...] = ()  # what comes on top of it beside the changed files, as reasons say it
    args: tuple[str, ...] = ()  # the names of build arguments
    lacks_official: str = ""  # why there is no official image, "" where there is
    settings: tuple[str, ...] = ()  # the names of settings that are read while it is built


@dataclass(frozen=True)
class StrategyChoice:
    """The strategy of an image, why, and what changed in its inputs."""

    strategy: str  # official, layer or source; own for an image that replaces none
    reason: str
    changed: tuple[InputChange, ...]
    landings: tuple[LayerFile, ...]  # what changed and lies in the image as it is
    removed: tuple[str, ...]  # what no longer lies in the image


def inputs_changed(
    recipe: Recipe, changed: Iterable[tuple[str, str]], entries: Mapping[str, GitEntry]
) -> tuple[InputChange, ...]:
    """Those of the changed paths that the image is made from."""
    changes = []
    for status, path in changed:
        uses = recipe.uses(path)
        if uses or path in recipe.own_files:
            entry = entries.get(path, GitEntry("", ""))
            changes.append(InputChange(status, path, entry.mode, entry.oid, _rebuilds(recipe, path, uses)))
    return tuple(changes)


def _rebuilds(recipe: Recipe, path: str, uses: list[tuple[CopiedPath, str]]) -> str:
    if path in recipe.own_files:
        return "says how the image is built"
    for move, dest in uses:
        if not move.copy.final:
            return "goes into a step of the build"
        if not move.copy.verbatim or not dest:
            return "is copied in a way that difykit cannot follow"
        if move.copy.used:
            return "is used by a step of the build"
        later = recipe.copies[recipe.copies.index(move.copy) + 1 :]
        if any(copy.final and copy.origin and _covers(copy.dest, dest) for copy in later):
            return "may be replaced by a later step of the build"
    return ""


def _covers(folder: str, dest: str) -> bool:
    return not folder or folder in {"/", dest} or dest.startswith(folder + "/")


def land(
    recipe: Recipe, changed: Iterable[InputChange], entries: Mapping[str, GitEntry]
) -> tuple[tuple[LayerFile, ...], tuple[str, ...]]:
    """Where the changed inputs lie in the image as they are, and which places have become empty.

    The last COPY wins, so a place is looked up from behind: a removed file may uncover another.
    """
    landings: dict[str, LayerFile] = {}
    removed: set[str] = set()
    for change in changed:
        for move, dest in recipe.uses(change.path):
            if move.copy.verbatim and dest:
                if landing := _winner(recipe, dest, entries):
                    landings[dest] = landing
                else:
                    removed.add(dest)
    return tuple(landings[dest] for dest in sorted(landings)), tuple(sorted(removed))


def _winner(recipe: Recipe, dest: str, entries: Mapping[str, GitEntry]) -> LayerFile | None:
    for move in reversed(recipe.moves):
        inner = move.origin(dest) if move.copy.verbatim else None
        path = recipe.outside(inner) if inner is not None else ""
        if path in entries and recipe.inside(path) is not None:
            return LayerFile(dest, path, entries[path].mode, entries[path].oid, move.copy.chmod)
    return None


def choose(
    name: str, recipe: Recipe, changed: tuple[InputChange, ...], entries: Mapping[str, GitEntry], wishes: Wishes
) -> StrategyChoice:
    """The strategy for the image `name`. Raises DifyKitError when what is wanted cannot be."""
    landings, removed = land(recipe, changed, entries)
    rebuilding = [change for change in changed if change.rebuilds]
    _check(name, recipe, rebuilding, wishes)
    strategy, reason = _strategy(name, changed, rebuilding, wishes)
    return StrategyChoice(strategy, reason, changed, landings, removed)


def _check(name: str, recipe: Recipe, rebuilding: list[InputChange], wishes: Wishes) -> None:
    label = f"images/{name}/image.yaml"
    if wishes.strategy == "layer" and rebuilding:
        raise DifyKitError(
            f"{label} wants strategy layer, but {_listed(rebuilding)}",
            hint=f"set strategy: auto in {label}, or take the change out",
        )
    if wishes.strategy == "layer" and wishes.lacks_official:
        raise DifyKitError(
            f"{label} wants strategy layer, but {wishes.lacks_official}",
            hint=f"set strategy: auto in {label}: it is built from source then",
        )
    if wishes.strategy == "layer" and wishes.settings:
        raise DifyKitError(
            f"{label} wants strategy layer, but {_built(wishes.settings)}, and the official image is built already",
            hint=f"set strategy: auto in {label}, or take the setting out",
        )
    if unknown := [arg for arg in wishes.args if arg not in recipe.arguments]:
        raise DifyKitError(
            f"{label}: build_args: {recipe.path} has no ARG {', '.join(unknown)}, so it would have no effect",
            hint=f"it has: {', '.join(sorted(recipe.arguments)) or 'none'}",
        )


def _strategy(
    name: str, changed: tuple[InputChange, ...], rebuilding: list[InputChange], wishes: Wishes
) -> tuple[str, str]:
    count = f"{len(changed)} changed file{'s' if len(changed) > 1 else ''}" if changed else ""
    parts = ", ".join(part for part in (count, *wishes.adds) if part)
    onto = f"; on top of it {', '.join(wishes.adds)}" if wishes.adds else ""
    if wishes.strategy == "source":
        return "source", f"images/{name}/image.yaml says so{onto}"
    if wishes.strategy == "layer":
        return "layer", f"images/{name}/image.yaml says so" + (f"; {parts}" if parts else "")
    if wishes.lacks_official:
        return "source", wishes.lacks_official + onto
    arguments = f"build_args {', '.join(wishes.args)}" if wishes.args else ""
    settings = _built(wishes.settings) if wishes.settings else ""
    reasons = (_listed(rebuilding) if rebuilding else "", arguments, settings)
    if why := " and ".join(part for part in reasons if part):
        return "source", why + onto
    if parts:
        return "layer", f"{parts}, laid over the official image"
    return "official", "nothing changed in it"


def _listed(changes: list[InputChange]) -> str:
    first = changes[0]
    remainder = f" (and {len(changes) - 1} more)" if len(changes) > 1 else ""
    return f"{first.path} {first.rebuilds}{remainder}"


def _built(settings: tuple[str, ...]) -> str:
    return f"{', '.join(settings)} {'is' if len(settings) == 1 else 'are'} read while it is built"
