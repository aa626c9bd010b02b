"""The outlook on some releases: patches, overlays, wiring, images, and what the releases bring. One process's share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from packaging.version import Version

from difykit.core.errors import CommandFailed, DifyKitError
from difykit.git import Store, Tree, borrowing, tree_ids
from difykit.images.build import plan_tree
from difykit.porting.beyond import blobs_of
from difykit.porting.plan.differences import compare
from difykit.porting.plan.facts import ReleaseDeployment, read_deployment
from difykit.porting.plan.layers import PinnedOverlays, overlay_cells, wiring_cell
from difykit.porting.plan.model import Cell, Outlook, Strategy
from difykit.porting.plan.moves import find_moves, moving_paths
from difykit.porting.plan.needs import with_needs
from difykit.porting.plan.patches import patch_cells
from difykit.porting.plan.porting import Engine
from difykit.porting.plan.releases import FetchedRelease
from difykit.porting.plan.replay import Replay
from difykit.porting.plan.series import Series, SeriesStep
from difykit.porting.plan.services import ReleaseServices
from difykit.source import wiring
from difykit.workspace.state import Source
from difykit.workspace.workspace import Workspace


@dataclass(frozen=True)
class Share:
    """What a process needs to know for its releases; it can be sent to another one."""

    root: Path
    lenders: tuple[Path, ...]
    """The repositories that hold the releases and the commits of the series."""
    base: str
    tip: str
    """The commits of the pinned release, and of the workspace on it."""
    version: Version
    """The version that the pin is taken for."""
    before: Mapping[str, str]
    """The commit on which each overlay stands at the pin."""
    steps: tuple[SeriesStep, ...]
    deployment: ReleaseDeployment
    keys: frozenset[str]
    """The settings that the workspace makes."""
    releases: tuple[FetchedRelease, ...]
    contents: bool = False
    """Whether the files of what is merged beyond git are asked for."""
    lists: Mapping[str, str] = field(default_factory=dict)
    """Settings of the workspace, with their values: those that take the place of a list of Dify's are among them."""


def outlooks(share: Share) -> tuple[Outlook, ...]:
    """The outlook on each release of the share; nothing is written but in a repository that is thrown away.

    Raises DifyKitError or ConfigError when the workspace changed meanwhile into one that cannot be read.
    """
    workspace = Workspace.open(share.root)
    with borrowing(*(Store(path) for path in share.lenders)) as store:
        trees = tree_ids(store, [release.commit for release in share.releases])
        replays = [
            Replay(release.ref, release.version, release.commit, tree, store.tree(release.commit))
            for release, tree in zip(share.releases, trees, strict=True)
        ]
        deployments = {replay.ref: read_deployment(replay.released) for replay in replays}
        columns = _columns(workspace, store, share, replays, deployments)
        return tuple(
            Outlook(
                ref=release.ref,
                commit=release.commit,
                date=release.date,
                cells=tuple(cells),
                facts=compare(share.deployment, deployments[release.ref], share.keys, share.lists),
                images=_strategies(workspace, release, replay),
                contents=_contents(store, cells) if share.contents else {},
            )
            for release, replay, cells in zip(share.releases, replays, columns, strict=True)
        )


def outlooks_apart(share: Share) -> tuple[Outlook, ...]:
    """As `outlooks`, in a process of its own: only the plain error can be sent back from there."""
    try:
        return outlooks(share)
    except CommandFailed as error:
        raise DifyKitError(error.message, hint=error.hint) from None


def _contents(store: Store, cells: Sequence[Cell]) -> dict[str, bytes]:
    """The files of what is merged beyond git, which the store that is thrown away has alone."""
    merges = [part.merge for cell in cells for part in cell.parts if part.merge]
    return blobs_of(store, merges)


def own_files(store: Store, release: Tree, tip: str) -> Tree:
    """All that a workspace, which is at `tip`, adds to the release and changes in it."""
    entries = store.tree(tip).entries
    return Tree(store, {path: entry for path, entry in entries.items() if release.entries.get(path) != entry})


def _columns(
    workspace: Workspace,
    store: Store,
    share: Share,
    replays: Sequence[Replay],
    deployments: Mapping[str, ReleaseDeployment],
) -> list[list[Cell]]:
    """The cells of each release, in the order of the rows."""
    before = {name: store.tree(commit) for name, commit in share.before.items()}
    pin = PinnedOverlays(store.tree(share.base), share.base, share.version, before, str(workspace.root))
    engine = Engine(store, own_files(store, pin.tree, share.tip), pin.tree)
    find_moves(store, share.base, pin.tree, replays, moving_paths(share.steps, workspace.overlays))
    columns = patch_cells(engine, replays, Series(pin.tree, share.steps))
    for overlay in workspace.overlays:
        cells = overlay_cells(engine, pin, overlay, replays)
        columns = [[*column, cell] for column, cell in zip(columns, cells, strict=True)]
    if wiring.wired_names(workspace.overlays):
        wired = [wiring_cell(pin.tree, workspace.overlays, replay) for replay in replays]
        columns = [[*column, cell] for column, cell in zip(columns, wired, strict=True)]
    pinned_services = ReleaseServices(share.deployment.services, pin.tree, share.version)
    labels = [f"patch {step.patch.name}" for step in share.steps]
    labels += [f"overlay {overlay.name}" for overlay in workspace.overlays]
    return [
        [*with_needs(workspace.overlays, pinned_services, replay, deployments[replay.ref].services, rows), *other_cells]
        for replay, column in zip(replays, columns, strict=True)
        for rows, other_cells in [(dict(zip(labels, column, strict=False)), column[len(labels) :])]
    ]


def _strategies(workspace: Workspace, release: FetchedRelease, replay: Replay) -> tuple[Strategy, ...]:
    """How each image would be made from what the replay left, conflicts taken as resolved for the customisation."""
    changed = _changed(replay)
    source = Source(release=release.ref, base=release.commit, commit=release.commit, layers=())
    try:
        plan = plan_tree(workspace, source, replay.tree, changed)
    except DifyKitError as error:
        return (Strategy("", "", error.message),)
    return tuple(Strategy(image.name, image.strategy, image.choice.reason) for image in plan.images)


def _changed(replay: Replay) -> list[tuple[str, str]]:
    """The paths that differ from the release, as git's diff has them."""
    old, new = replay.released.entries, replay.entries
    changes: list[tuple[str, str]] = []
    for path in sorted(replay.writes):
        before, after = old.get(path), new.get(path)
        if before != after:
            changes.append(("A" if not before else "D" if not after else "M", path))
    return changes
