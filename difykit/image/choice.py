"""Which strategy an image gets, from what changed in its own inputs (DESIGN §4)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from difykit.errors import DifyKitError
from difykit.git import Entry
from difykit.image.recipe import Move, Recipe


@dataclass(frozen=True)
class Change:
    """An input of the image that differs from the release: git's status letter, its path, mode and blob."""

    status: str
    path: str
    mode: str = ""
    oid: str = ""
    rebuilds: str = ""  # why it cannot be laid over the official image, "" when it can


@dataclass(frozen=True)
class Landing:
    """A file that lies in the image as it is in the source."""

    dest: str
    path: str
    mode: str
    oid: str
    chmod: str = ""


@dataclass(frozen=True)
class Choice:
    """The strategy of an image, why, and what changed in its inputs."""

    strategy: str  # official, layer or source
    reason: str
    changed: tuple[Change, ...]
    landings: tuple[Landing, ...]  # what changed and lies in the image as it is
    removed: tuple[str, ...]  # what no longer lies in the image


def inputs_changed(
    recipe: Recipe, changed: Iterable[tuple[str, str]], entries: Mapping[str, Entry]
) -> tuple[Change, ...]:
    """Those of the changed paths that the image is made from."""
    found = []
    for status, path in changed:
        uses = recipe.uses(path)
        if uses or path in recipe.own_files:
            entry = entries.get(path, Entry("", ""))
            found.append(Change(status, path, entry.mode, entry.oid, _rebuilds(recipe, path, uses)))
    return tuple(found)


def _rebuilds(recipe: Recipe, path: str, uses: list[tuple[Move, str]]) -> str:
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
    recipe: Recipe, changed: Iterable[Change], entries: Mapping[str, Entry]
) -> tuple[tuple[Landing, ...], tuple[str, ...]]:
    """Where the changed inputs lie in the image as they are, and which places have become empty.

    The last COPY wins, so a place is looked up from behind: a removed file may uncover another.
    """
    landings: dict[str, Landing] = {}
    removed: set[str] = set()
    for change in changed:
        for move, dest in recipe.uses(change.path):
            if move.copy.verbatim and dest:
                if landing := _winner(recipe, dest, entries):
                    landings[dest] = landing
                else:
                    removed.add(dest)
    return tuple(landings[dest] for dest in sorted(landings)), tuple(sorted(removed))


def _winner(recipe: Recipe, dest: str, entries: Mapping[str, Entry]) -> Landing | None:
    for move in reversed(recipe.moves):
        inner = move.origin(dest) if move.copy.verbatim else None
        path = recipe.outside(inner) if inner is not None else ""
        if path in entries and recipe.inside(path) is not None:
            return Landing(dest, path, entries[path].mode, entries[path].oid, move.copy.chmod)
    return None


def choose(
    name: str, recipe: Recipe, changed: tuple[Change, ...], entries: Mapping[str, Entry], *, wanted: str, adds: bool
) -> Choice:
    """The strategy for the image `name`; `wanted` is image.yaml's, `adds` says that its template adds to the image.

    Raises DifyKitError when `layer` is wanted and cannot be.
    """
    landings, removed = land(recipe, changed, entries)
    rebuilding = [change for change in changed if change.rebuilds]
    if wanted == "layer" and rebuilding:
        raise DifyKitError(
            f"images/{name}/image.yaml wants strategy layer, but {_listed(rebuilding)}",
            hint=f"set strategy: auto in images/{name}/image.yaml, or take the change out",
        )
    if wanted != "auto":
        return Choice(wanted, f"images/{name}/image.yaml says so", changed, landings, removed)
    if rebuilding:
        return Choice("source", _listed(rebuilding), changed, landings, removed)
    if changed:
        count = f"{len(changed)} changed file{'s' if len(changed) > 1 else ''}"
        return Choice("layer", f"{count}, laid over the official image", changed, landings, removed)
    if adds:
        return Choice("layer", f"images/{name}/Dockerfile adds to the official image", changed, landings, removed)
    return Choice("official", "nothing changed in it", changed, landings, removed)


def _listed(changes: list[Change]) -> str:
    first = changes[0]
    more = f" (and {len(changes) - 1} more)" if len(changes) > 1 else ""
    return f"{first.path} {first.rebuilds}{more}"
