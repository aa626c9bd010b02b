"""Overlays and the wiring on releases: laid and evaluated for real, on what the patches made of each release."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from difykit import overlay as room
from difykit import wiring
from difykit.errors import DifyKitError
from difykit.git import Changes, Entry, Store, Tree
from difykit.git.borrowed import write_blobs
from difykit.manifest import OverlayManifest
from difykit.overlay.textedit import AlreadyThere
from difykit.upgrade.merges import Job, Merger, Outcome, Row
from difykit.upgrade.model import Cell, Part, State, cell_of
from difykit.upgrade.replay import Replay, judged
from difykit.upgrade.strategies import Sides, Solver
from difykit.workspace import Overlay


@dataclass(frozen=True)
class Pinned:
    """The pinned release, and the upstream files that overlays' whole files were made from."""

    tree: Tree
    made_from: Mapping[str, Entry]


@dataclass(frozen=True)
class Ground:
    """What every overlay is forecast on: where merges are made, the pin, and who is asked about conflicts."""

    store: Store
    pin: Pinned
    solver: Solver


@dataclass(frozen=True)
class _Laid:
    """An overlay's whole files on a release, before those that must be merged are."""

    overlay: Overlay

    replay: Replay
    whole: Changes
    parts: tuple[Part, ...]
    jobs: Mapping[str, Job]


def overlay_cells(
    ground: Ground, overlay: Overlay, replays: Sequence[Replay], services: Mapping[str, Sequence[str]]
) -> list[Cell]:
    """The overlay's cell on each release, which takes what applies; `services` are those of each release."""
    merger = Merger(ground.store)
    laid = [_lay(ground, overlay, replay) for replay in replays]
    outcomes = merger.run(job for each in laid for job in each.jobs.values())
    return [_cell(ground, each, outcomes, services[each.replay.ref]) for each in laid]


def fits(overlay: Overlay, version: Version) -> bool:
    """Whether the overlay is for this Dify."""
    return SpecifierSet(overlay.manifest.requires.dify).contains(version, prereleases=True)


def _lay(ground: Ground, overlay: Overlay, replay: Replay) -> _Laid:
    if not fits(overlay, replay.known):
        text = f"the overlay is for Dify {overlay.manifest.requires.dify}, so sync refuses it here"
        return _Laid(overlay, replay, {}, (Part("requires", State.LEFT_OUT, note=text, work=True),), {})
    try:
        whole = room.whole_files(overlay, replay.tree, replay.known)
    except DifyKitError as error:
        return _Laid(overlay, replay, {}, (Part("trees", State.CONFLICTS, note=error.message, work=True),), {})
    blobs = {path: blob for path, blob in whole.items() if blob}
    ids = dict(zip(blobs, write_blobs(ground.store, [content for _, content in blobs.values()]), strict=True))
    parts: list[Part] = []
    jobs: dict[str, Job] = {}
    for path, blob in blobs.items():
        row = Row(path, ground.pin.made_from.get(path), replay.released.entries.get(path), Entry(blob[0], ids[path]))
        part = _whole(row, replay)
        if part:
            parts.append(part)
        else:
            jobs[path] = (row,)
    return _Laid(overlay, replay, whole, tuple(parts), jobs)


def _whole(row: Row, replay: Replay) -> Part | None:
    """What becomes of a whole file without a merge; None where one has to be made."""
    if row.base is None and row.ours is None:
        if row.path in replay.folders:
            return Part(row.path, State.CONFLICTS, note="it is a folder in the release", work=True)
        return Part(row.path, State.UNTOUCHED, note="a file of its own")
    if row.ours == row.theirs:
        return Part(row.path, State.UPSTREAM, note="the release has this very file")
    if row.base is None:
        return Part(row.path, State.CONFLICTS, note="upstream has a file of its own there now", work=True)
    if row.ours is None:
        return Part(row.path, State.GONE, note="upstream took away the file that this one replaces", work=True)
    return Part(row.path, State.UNTOUCHED, note="replaces the file") if row.ours == row.base else None


def _cell(ground: Ground, laid: _Laid, outcomes: Mapping[Job, Outcome], services: Sequence[str]) -> Cell:
    if any(part.what in {"requires", "trees"} for part in laid.parts):
        return cell_of(laid.parts)
    parts = list(laid.parts)
    whole = dict(laid.whole)
    for path, job in laid.jobs.items():
        part, entry = _merged(ground, laid, job[0], judged(ground.solver, job, outcomes[job]))
        parts.append(part)
        if entry:
            whole[path] = (entry.mode, ground.store.blob(entry.oid))
    manifest = laid.overlay.manifest
    changes, edited = room.edit_outcomes(laid.overlay, whole, laid.replay.tree, laid.replay.known)
    parts += [_edited(ground.pin, laid.replay, each) for each in edited]
    parts += [
        Part(f"compose.remove: {name}", State.GONE, note=f"the release has no service {name}", work=True)
        for name in _lost(manifest, services, laid.replay)
    ]
    return cell_of([*laid.replay.change(changes), *parts])


def _lost(manifest: OverlayManifest, services: Sequence[str], replay: Replay) -> list[str]:
    """The services that an overlay leaves out and the release does not have, by any of their names."""
    if not services:
        return []
    here = room.resolve(manifest, services, replay.tree, replay.known)
    names = [name for each in here.manifest.compose.removals for name in each.names if name not in services]
    return names + [text for _, text in here.faults if text.startswith("compose.")]


def _merged(ground: Ground, laid: _Laid, row: Row, outcome: Outcome) -> tuple[Part, Entry | None]:
    """What becomes of a whole file that was merged, and what is laid then."""
    entry = outcome.writes.get(row.path)
    if not outcome.clashes:
        if entry is None:
            return Part(row.path, State.UPSTREAM, note="the release has all of it"), row.ours
        return Part(row.path, State.MERGES, note="with the upstream file that it was made from"), entry
    clash, pin = outcome.clashes[0], ground.pin.tree
    assert row.base is not None
    assert row.theirs is not None
    base, theirs = (Tree(ground.store, {**pin.entries, row.path: each}) for each in (row.base, row.theirs))
    solved = ground.solver.solve(Sides(laid.replay.ref, base, laid.replay.tree, theirs), [clash])
    done = solved.done.get(row.path)
    if done and done.writes.get(row.path):
        return Part(row.path, State.MERGES, note=done.note, strategy=done.strategy), done.writes[row.path]
    text = solved.left[0].text or clash.kind if solved.left else clash.text or clash.kind
    return Part(row.path, State.CONFLICTS, clash.count, text, work=True, hunks=clash.hunks), entry


def _edited(pin: Pinned, replay: Replay, found: room.Edited) -> Part:
    paths = ", ".join(path for path in found.paths if path)
    what = f"edits.{found.index}" + (f": {paths}" if paths else "")
    if found.fault is None:
        same = all(replay.released.entries.get(path) == pin.tree.entries.get(path) for path in found.paths)
        note = "" if found.paths else "its `when` does not hold here"
        return Part(what, State.UNTOUCHED if same else State.MERGES, note=note)
    note = found.fault.message + (f"; {found.fault.hint}" if found.fault.hint else "")
    if isinstance(found.fault.__cause__, AlreadyThere):
        return Part(what, State.UPSTREAM, note=note, work=True)
    gone = bool(found.paths) and bool(paths) and all(not replay.tree.read(path) for path in found.paths)
    return Part(what, State.GONE if gone else State.CONFLICTS, 0 if gone else 1, note, work=True)


def wiring_cell(pin: Pinned, overlays: Sequence[Overlay], replay: Replay) -> Cell:
    """The wiring's cell on a release, with all overlays that are for it."""
    here = [overlay for overlay in overlays if fits(overlay, replay.known)]
    try:
        changes = wiring.wiring_changes(here, replay.tree)
    except DifyKitError as error:
        files = [wiring.BLUEPRINTS_FILE, wiring.TEMPLATE]
        gone = [path for path in files if path in error.message and not replay.tree.read(path)]
        state = State.GONE if gone else State.CONFLICTS
        return cell_of([Part("wiring", state, 0 if gone else 1, error.message, work=True)])
    doubles = replay.change(changes)
    same = {path for path in changes if pin.tree.entries.get(path) == replay.released.entries.get(path)}
    return cell_of([*doubles, *(Part(path, State.UNTOUCHED if path in same else State.MERGES) for path in changes)])
