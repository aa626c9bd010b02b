"""The source of a workspace as commits in the store, made by `sync`'s own builder; no work tree is touched."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from difykit.git import Commit, Store, Tree
from difykit.porting.plan.series import SeriesStep, steps_of
from difykit.source.overlay import release_version
from difykit.source.patch import Patch
from difykit.source.sync import ENGINE, LayerPlan, SourceInputs, make_chain, read_inputs
from difykit.workspace.lock import Lock, UpstreamLock
from difykit.workspace.state import Source
from difykit.workspace.workspace import Overlay, Workspace


@dataclass(frozen=True)
class ChainRelease:
    """A release that is in the store."""

    ref: str
    commit: str
    version: Version | None

    @property
    def number(self) -> Version:
        """Its version; 0 where nobody knows it, as for a branch without a version of its own."""
        return self.version or Version("0")


@dataclass(frozen=True)
class ChainLink:
    """One commit of the chain, the one that it stands on, and what makes it."""

    plan: LayerPlan
    parent: str
    commit: str
    change: Commit | None = None
    """What it changes, where it was made just now."""


@dataclass(frozen=True)
class ReleaseChain:
    """A release with the patches, overlays and wiring of a workspace on it."""

    release: ChainRelease
    inputs: SourceInputs
    links: tuple[ChainLink, ...]
    replaced: dict[str, str]

    @property
    def tip(self) -> str:
        return self.links[-1].commit if self.links else self.release.commit

    def link(self, kind: str, name: str) -> ChainLink | None:
        """The commit of a patch or overlay; None where it has none here."""
        return next((link for link in self.links if (link.plan.kind, link.plan.name) == (kind, name)), None)

    def steps(self, store: Store, pin: Tree, loaded: Sequence[Patch]) -> tuple[SeriesStep, ...]:
        """Each patch of the series with what it does here; `pin` are the release's files."""
        commits = {link.plan.name: link.commit for link in self.links if link.plan.kind == "patch"}
        return steps_of(store, pin, self.release.commit, commits, loaded)

    def plain(self, store: Store) -> Tree:
        """The release, without what the workspace does to it."""
        return store.tree(self.release.commit)

    def own(self, store: Store) -> Tree:
        """All that the workspace adds to the release and changes in it."""
        plain = self.plain(store).entries
        changed = {path: entry for path, entry in store.tree(self.tip).entries.items() if plain.get(path) != entry}
        return Tree(store, changed)

    def lock(self, store: Store) -> Lock:
        """The lock of a workspace that is this."""
        release = self.release
        upstream = UpstreamLock(ref=release.ref, commit=release.commit, tree=store.tree_id(release.commit))
        return Lock(engine=ENGINE, upstream=upstream, replaced=self.replaced)


def release_of(store: Store, ref: str, commit: str) -> ChainRelease:
    """The release `ref`, whose commit is in the store."""
    return ChainRelease(ref, commit, release_version(ref, store, commit))


def is_for(overlay: Overlay, release: ChainRelease) -> bool:
    """Whether the overlay is for this release, by its `requires`."""
    return SpecifierSet(overlay.manifest.requires.dify).contains(release.number, prereleases=True)


def build(workspace: Workspace, store: Store, release: ChainRelease, before: Source | None = None) -> ReleaseChain:
    """The chain of the workspace on the release; what `before` has of it is not made again.

    Raises PatchConflict, ConfigError or DifyKitError for what does not fit.
    """
    inputs = read_inputs(workspace, release.version)
    source = make_chain(store, release.commit, release.version, inputs, before)
    parents = (release.commit, *source.commits)
    new_commits = (*[None] * (len(source.commits) - len(source.new)), *source.new)
    links = tuple(map(ChainLink, source.plans, parents, source.commits, new_commits))
    return ReleaseChain(release, inputs, links, source.builder.replaced())
