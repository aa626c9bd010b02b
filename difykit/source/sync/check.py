"""Whether each patch fits the pinned release, one after the other, as `sync` would put them on it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import Version

from difykit.core.errors import PatchConflict, Problem
from difykit.git import Changes, Store, Tree
from difykit.source.overlay import release_version
from difykit.source.patch import Patch, apply, check, printable, readable, unapplied
from difykit.workspace.workspace import Workspace


@dataclass(frozen=True)
class PinnedDify:
    """The pinned Dify as far as it is known here: its version, and its files if it was fetched."""

    ref: str
    version: Version | None
    tree: Tree | None


@dataclass(frozen=True)
class Fit:
    """Whether a patch fits the pinned release; `text` says what does not."""

    state: Literal["applies", "left out", "conflict", "after a conflict", "upstream has it", "not fetched"]
    text: str = ""


@contextmanager
def pinned(workspace: Workspace) -> Iterator[PinnedDify]:
    """The pinned release for the block; nothing is fetched."""
    ref = workspace.settings.upstream.ref
    with Store(workspace.store) as store:
        base = store.release(ref)
        yield PinnedDify(ref, release_version(ref, store, base), store.tree(base) if base else None)


def check_patches(workspace: Workspace, pin: PinnedDify) -> tuple[Problem, ...]:
    """Everything that is wrong with the patches: the series, their messages, and what does not fit the release."""
    fits = fit(readable(workspace.patches), pin)
    conflicts = (
        Problem(f"patches/{printable(name)}", 0, outcome.text) for name, outcome in fits.items() if outcome.text
    )
    return (*check(workspace.patches), *conflicts)


def fit(patches: Sequence[Patch], pin: PinnedDify) -> dict[str, Fit]:
    """For each patch by its name, whether it applies exactly on the release with those before it."""
    fits: dict[str, Fit] = {}
    applied: Changes = {}
    broken: dict[str, str] = {}
    for patch in patches:
        if not _is_for(patch, pin.version):
            fits[patch.name] = Fit("left out")
        elif pin.tree is None:
            fits[patch.name] = Fit("not fetched")
        else:
            fits[patch.name] = _fit_one(patch, Tree(pin.tree.store, pin.tree.entries, applied), applied, broken)
    return fits | _absorbed(patches, fits, pin.tree)


def _absorbed(patches: Sequence[Patch], fits: dict[str, Fit], tree: Tree | None) -> dict[str, Fit]:
    """Those that do not fit since upstream has their changes: from the last one on, as each builds on those before."""
    absorbed: dict[str, Fit] = {}
    for patch in reversed(patches):
        if tree is None or fits[patch.name].state not in {"conflict", "after a conflict"}:
            continue
        before = unapplied(patch, tree.read)
        if before is not None:
            tree = tree.with_changes(before)
            text = f"upstream has this change already: difykit patch.drop {patch.name}"
            absorbed[patch.name] = Fit("upstream has it", text)
    return absorbed


def _fit_one(patch: Patch, tree: Tree, applied: Changes, broken: dict[str, str]) -> Fit:
    """Lay the patch on `applied`; where it does not fit, its paths go to `broken`, since later ones may build on it."""
    paths = [path for change in patch.changes for path in (change.old_path, change.new_path) if path]
    try:
        applied.update(apply(patch, tree.read))
    except PatchConflict as conflict:
        before = next((broken[path] for path in paths if path in broken), "")
        broken.update(dict.fromkeys(paths, before or patch.name))
        if before:
            return Fit("after a conflict", f"does not fit; it changes a file that {before} changes, which does not fit")
        return Fit("conflict", conflict.message.removeprefix(f"patches/{printable(patch.name)}: "))
    return Fit("applies")


def _is_for(patch: Patch, version: Version | None) -> bool:
    try:
        versions = SpecifierSet(patch.trailer("Applies-to"))
    except InvalidSpecifier:
        return True
    return version is None or versions.contains(version, prereleases=True)
