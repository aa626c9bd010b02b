"""Whether the customisation really is in an image that was built."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sized
from dataclasses import dataclass

from difykit.images.definition.choice import InputChange, LayerFile, StrategyChoice
from difykit.images.definition.layer import Look
from difykit.images.definition.recipe import Recipe

_PAGE = re.compile(r"app/((?:.+/)?page)\.(?:tsx|jsx|ts|js)")


@dataclass(frozen=True)
class ProofFault:
    """A changed file of the source that the image does not show."""

    path: str
    text: str


@dataclass(frozen=True)
class Proof:
    """What was found in an image, what was not, and what cannot be seen from outside."""

    equal: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    pages: tuple[str, ...] = ()
    unseen: tuple[str, ...] = ()
    faults: tuple[ProofFault, ...] = ()
    added: tuple[str, ...] = ()
    """What the build put on it beside files of the source: it fails where it cannot."""

    def __str__(self) -> str:
        counts = [
            f"{len(self.equal)} changed file{_s(self.equal)} equal in the image" if self.equal else "",
            f"{len(self.absent)} removed file{_s(self.absent)} absent" if self.absent else "",
            f"{len(self.pages)} new page{_s(self.pages)} in the built server" if self.pages else "",
            f"{len(self.unseen)} changed file{_s(self.unseen)} only compiled, which cannot be compared"
            if self.unseen
            else "",
            f"made with {', '.join(self.added)}" if self.added else "",
        ]
        return ", ".join(part for part in counts if part) or "nothing of it changed"


def prove(recipe: Recipe, choice: StrategyChoice, read: Callable[[str], bytes], look: Look) -> Proof:
    """Compare what changed with what `look` finds in the image; `read` gives a blob's content.

    Bytes are compared where upstream copies files as they are; of a bundled web only its new pages can be seen.
    """
    faults = [fault for landing in choice.landings if (fault := _differs(landing, read, look))]
    faults += [
        ProofFault(path, f"{path} was removed, and the image still has it") for path in choice.removed if look(path)
    ]
    landed = {landing.path for landing in choice.landings} | _removed_paths(recipe, choice)
    unlanded = [change for change in choice.changed if change.path not in landed]
    pages, missing = _pages(recipe, unlanded, look)
    faults += missing
    unseen = [change.path for change in unlanded if change.path not in pages and change.path not in recipe.own_files]
    equal = sorted({landing.path for landing in choice.landings})
    return Proof(tuple(equal), choice.removed, tuple(sorted(pages)), tuple(unseen), tuple(faults))


def _removed_paths(recipe: Recipe, choice: StrategyChoice) -> set[str]:
    gone = set(choice.removed)
    return {change.path for change in choice.changed if any(dest in gone for _, dest in recipe.uses(change.path))}


def _differs(landing: LayerFile, read: Callable[[str], bytes], look: Look) -> ProofFault | None:
    actual = look(landing.dest)
    if actual is None:
        return ProofFault(landing.path, f"the image has no {landing.dest}")
    if actual.kind != ("link" if landing.mode == "120000" else "file"):
        return ProofFault(landing.path, f"{landing.dest} is a {actual.kind} in the image")
    if actual.content != read(landing.oid):
        return ProofFault(landing.path, f"{landing.dest} has other content in the image")
    return None


def _pages(recipe: Recipe, changes: Iterable[InputChange], look: Look) -> tuple[set[str], list[ProofFault]]:
    """The new pages of Next.js's app router that the built server has, and those that it should have and lacks."""
    added = {
        change.path: page[1]
        for change in changes
        if change.status == "A" and (page := _PAGE.fullmatch(change.path.removeprefix(recipe.folder + "/")))
    }
    server = next(
        (folder for folder in _servers(recipe) if (server_folder := look(folder)) and server_folder.kind == "folder"),
        "",
    )
    if not added or not server:
        return set(), []
    built = {path for path, page in added.items() if look(f"{server}/{page}.js")}
    return built, [
        ProofFault(path, f"the built server has no {added[path]}.js") for path in sorted(added.keys() - built)
    ]


def _servers(recipe: Recipe) -> list[str]:
    """Where `next build`'s standalone output may have its server's pages: in a monorepo below the app's folder."""
    roots = [
        copy.dest.rstrip("/")
        for copy in recipe.copies
        if copy.final
        and copy.origin
        and any(source.rstrip("/").endswith(".next/standalone") for source in copy.sources)
    ]
    return [f"{root}/{part}.next/server/app" for root in roots for part in ("", f"{recipe.folder}/")]


def _s(items: Sized) -> str:
    return "" if len(items) == 1 else "s"
