"""The outlook on some releases: patches, overlays, wiring, images, and what the releases bring. One process's share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from packaging.version import Version

from difykit import overlay, wiring
from difykit.build.plan import plan_tree
from difykit.errors import CommandFailed, DifyKitError
from difykit.git import Changes, Entry, Store, Tree
from difykit.git.borrowed import borrowing, tree_ids
from difykit.state import Source
from difykit.upgrade.differences import compare
from difykit.upgrade.facts import Deployment, read_deployment
from difykit.upgrade.layers import Ground, Pinned, overlay_cells, wiring_cell
from difykit.upgrade.model import Cell, Outlook, Strategy
from difykit.upgrade.moves import find_moves
from difykit.upgrade.releases import Release
from difykit.upgrade.replay import Replay, replay_series
from difykit.upgrade.series import Series, Step, lay
from difykit.upgrade.strategies import Solver
from difykit.workspace import Workspace


@dataclass(frozen=True)
class Share:
    """What a process needs to know for its releases; it can be sent to another one."""

    root: Path
    lenders: tuple[Path, ...]
    """The repositories that hold the releases and the commits of the series."""
    base: str
    version: Version
    """The version that the pin is taken for."""
    made_from: Mapping[str, Entry]
    steps: tuple[Step, ...]
    deployment: Deployment
    keys: frozenset[str]
    """The settings that the workspace makes."""
    releases: tuple[Release, ...]


def outlooks(share: Share) -> tuple[Outlook, ...]:
    """The outlook on each release of the share; nothing is written but in a repository that is thrown away.

    Raises DifyKitError or ConfigError when the workspace changed meanwhile into one that cannot be read.
    """
    workspace = Workspace.open(share.root)
    with borrowing(*(Store(path) for path in share.lenders)) as store:
        pin = Pinned(store.tree(share.base), share.made_from)
        trees = tree_ids(store, [one.commit for one in share.releases])
        replays = [
            Replay(one.ref, one.version, tree, store.tree(one.commit))
            for one, tree in zip(share.releases, trees, strict=True)
        ]
        deployments = [read_deployment(replay.released) for replay in replays]
        services = {each.ref: tuple(one.services) for each, one in zip(replays, deployments, strict=True)}
        solver = Solver(store, _own(workspace, pin.tree, share))
        columns = _columns(workspace, Ground(store, pin, solver), share, replays, services)
        return tuple(
            Outlook(
                ref=one.ref,
                commit=one.commit,
                date=one.date,
                cells=tuple(cells),
                facts=compare(share.deployment, deployment, share.keys),
                images=_strategies(workspace, one, replay),
            )
            for one, replay, cells, deployment in zip(share.releases, replays, columns, deployments, strict=True)
        )


def _own(workspace: Workspace, pin: Tree, share: Share) -> Tree:
    """All that the workspace adds to the pinned release and changes in it, but for the edits of overlays."""
    entries: dict[str, Entry] = {}
    for step in share.steps:
        lay(entries, step.theirs or {})
    whole: Changes = {}
    for each in workspace.overlays:
        whole |= overlay.whole_files(each, pin, share.version)
    return Tree(pin.store, entries, whole)


def outlooks_apart(share: Share) -> tuple[Outlook, ...]:
    """As `outlooks`, in a process of its own: only the plain error can be sent back from there."""
    try:
        return outlooks(share)
    except CommandFailed as error:
        raise DifyKitError(error.message, hint=error.hint) from None


def _columns(
    workspace: Workspace,
    ground: Ground,
    share: Share,
    replays: Sequence[Replay],
    services: Mapping[str, Sequence[str]],
) -> list[list[Cell]]:
    """The cells of each release, in the order of the rows."""
    pin = ground.pin
    paths = {path for step in share.steps for path in step.theirs or ()}
    find_moves(ground.store, share.base, pin.tree, replays, paths)
    columns = replay_series(ground.store, replays, Series(pin.tree, share.steps), ground.solver)
    for each in workspace.overlays:
        found = overlay_cells(ground, each, replays, services)
        columns = [[*column, cell] for column, cell in zip(columns, found, strict=True)]
    if wiring.wired_names(workspace.overlays):
        wired = [wiring_cell(pin, workspace.overlays, replay) for replay in replays]
        columns = [[*column, cell] for column, cell in zip(columns, wired, strict=True)]
    return columns


def _strategies(workspace: Workspace, release: Release, replay: Replay) -> tuple[Strategy, ...]:
    """How each image would be made from what the replay left, conflicts taken as resolved for the customisation."""
    changed = _changed(replay)
    source = Source(release=release.ref, base=release.commit, commit=release.commit, layers=())
    try:
        plan = plan_tree(workspace, source, replay.tree, changed)
    except DifyKitError as error:
        return (Strategy("", "", error.message),)
    return tuple(Strategy(one.name, one.strategy, one.choice.reason) for one in plan.images)


def _changed(replay: Replay) -> list[tuple[str, str]]:
    """The paths that differ from the release, as git's diff has them."""
    old, new = replay.released.entries, replay.entries
    found: list[tuple[str, str]] = []
    for path in sorted(replay.laid):
        before, after = old.get(path), new.get(path)
        if before != after:
            found.append(("A" if not before else "D" if not after else "M", path))
    return found
