"""What an upgrade carries, and on what: the workspace at its pin, and the release with what is carried so far."""

from __future__ import annotations

from dataclasses import dataclass

from difykit.git import Store, Tree
from difykit.porting.plan.chain import ChainRelease, ReleaseChain
from difykit.porting.plan.facts import read_deployment
from difykit.porting.plan.moves import find_moves, moving_paths
from difykit.porting.plan.replay import Replay
from difykit.porting.plan.series import Series
from difykit.porting.plan.services import ReleaseServices
from difykit.source import overlay
from difykit.source.patch import load
from difykit.workspace.workspace import Overlay, Workspace


@dataclass(frozen=True)
class UpgradeSides:
    """The two sides of an upgrade."""

    old: ChainRelease
    pin: Tree
    series: Series
    target: Replay
    tip: str
    """The commit of what is carried so far."""

    @property
    def pinned(self) -> ReleaseServices:
        """The pin, as manifests are asked about it."""
        return ReleaseServices(read_deployment(self.pin).services, self.pin, self.old.number)

    @property
    def released(self) -> ReleaseServices:
        """The release, as manifests are asked about it, with everything that is on it so far."""
        return ReleaseServices(read_deployment(self.target.released).services, self.target.tree, self.target.number)

    def lay(self, enabled: Overlay) -> None:
        """Put an overlay as it is now on the release; edits that do not fit are asked about later."""
        tree, version = self.target.tree, self.target.number
        changes, _ = overlay.edit_outcomes(enabled, overlay.whole_files(enabled, tree, version), tree, version)
        self.target.change(changes, f"overlay {enabled.name}")


def ground_of(workspace: Workspace, store: Store, old: ReleaseChain, target: ChainRelease, tip: str) -> UpgradeSides:
    """The two sides; the moves of upstream's files are asked as the forecast asks them."""
    pin = store.tree(old.release.commit)
    steps = old.steps(store, pin, load(workspace.patches))
    released = store.tree(target.commit)
    replay = Replay(target.ref, target.version, target.commit, store.tree_id(target.commit), released)
    find_moves(store, old.release.commit, pin, [replay], moving_paths(steps, workspace.overlays))
    entries, before = store.tree(tip).entries, released.entries
    replay.lay(
        {path: entries.get(path) for path in {*entries, *before} if entries.get(path) != before.get(path)}, "a patch"
    )
    return UpgradeSides(old.release, pin, Series(pin, steps), replay, tip)
