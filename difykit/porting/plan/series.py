"""The patches at the pin: what each changes, from which commit to which, and which of them build on others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from difykit.dify import layout
from difykit.git import GitEntry, Store, Tree, diff_trees, tree_ids
from difykit.porting.plan.change import PinnedChange
from difykit.source.patch import Patch, stays_deleted


@dataclass(frozen=True)
class SeriesStep:
    """A patch of the series; one that is not for the pin has no commits, since nobody knows what it was made from."""

    patch: Patch
    before: str = ""
    after: str = ""
    base: Mapping[str, GitEntry | None] | None = None
    theirs: Mapping[str, GitEntry | None] | None = None

    @property
    def paths(self) -> set[str]:
        """Every path that it changes; migrations follow each other, so the folder of Dify's counts as one."""
        paths = {path for change in self.patch.changes for path in (change.old_path, change.new_path) if path}
        paths |= set(self.theirs or ())
        return paths | ({layout.CHAIN} if any(path.startswith(layout.CHAIN) for path in paths) else set())

    def applies(self, release: Version | None) -> bool:
        """Whether the patch is for this release, by its Applies-to."""
        specifier = SpecifierSet(self.patch.trailer("Applies-to"))
        return release is None or specifier.contains(release, prereleases=True)


@dataclass
class Series:
    """The patches in their order, and the trees between them."""

    pin: Tree
    steps: tuple[SeriesStep, ...]
    trees: dict[str, Tree] = field(default_factory=dict, repr=False)

    def tree(self, commit: str) -> Tree:
        """The pinned release at the commit before or after a patch."""
        if not self.trees:
            entries = dict(self.pin.entries)
            for step in self.steps:
                if step.theirs is not None:
                    self.trees.setdefault(step.before, Tree(self.pin.store, dict(entries)))
                    lay(entries, step.theirs)
                    self.trees[step.after] = Tree(self.pin.store, dict(entries))
        return self.trees[commit]

    def change(self, step: SeriesStep) -> PinnedChange:
        """What a patch that is for the pin changes there."""
        assert step.base is not None
        assert step.theirs is not None
        before, after = self.tree(step.before), self.tree(step.after)
        patch = step.patch
        return PinnedChange(patch.name, step.base, step.theirs, before, after, step.before, stays_deleted(patch))


def steps_of(
    store: Store, pin: Tree, base: str, patch_commits: Mapping[str, str], loaded: Sequence[Patch]
) -> tuple[SeriesStep, ...]:
    """Each patch of the series with what it does at the pin; `patch_commits` are those on `base` by patch."""
    commits = [base, *patch_commits.values()]
    changed = diff_trees(store, list(pairwise(tree_ids(store, commits))))
    places = {name: index for index, name in enumerate(patch_commits)}
    entries: dict[str, GitEntry] = dict(pin.entries)
    steps: list[SeriesStep] = []
    for patch in loaded:
        step = SeriesStep(patch)
        if (index := places.get(patch.name)) is not None:
            theirs = changed[index]
            before = {path: entries.get(path) for path in theirs}
            lay(entries, theirs)
            step = SeriesStep(patch, commits[index], commits[index + 1], before, theirs)
        steps.append(step)
    return tuple(steps)


def lay(entries: dict[str, GitEntry], changes: Mapping[str, GitEntry | None]) -> None:
    """Change files of a tree."""
    for path, entry in changes.items():
        if entry:
            entries[path] = entry
        else:
            entries.pop(path, None)
