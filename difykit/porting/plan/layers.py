"""Overlays and the wiring on releases: laid and evaluated for real, on what the patches made of each release."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from difykit.core.errors import DifyKitError
from difykit.dify import gateway
from difykit.git import Changes, Tree
from difykit.porting.plan.model import Cell, ForecastPart, State, cell_of
from difykit.porting.plan.porting import Engine, PortedChange, ask_for
from difykit.porting.plan.replay import Replay
from difykit.porting.plan.verdict import laid_of, parts_of
from difykit.porting.plan.wholefiles import (
    Refreshed,
    ReleaseSpan,
    WholeFiles,
    change_of,
    check_own,
    refreshed,
    whole_files,
)
from difykit.source import overlay as room
from difykit.source import wiring
from difykit.source.overlay import AlreadyThere
from difykit.workspace.workspace import Overlay


@dataclass(frozen=True)
class PinnedOverlays:
    """The pinned release, the tree on which each overlay stands there, and the folder of the workspace."""

    tree: Tree
    commit: str
    version: Version
    before: Mapping[str, Tree]
    root: str


def overlay_cells(engine: Engine, pin: PinnedOverlays, overlay: Overlay, replays: Sequence[Replay]) -> list[Cell]:
    """The overlay's cell on each release, which takes what applies."""
    return [_cell(engine, pin, overlay, replay) for replay in replays]


def fits(overlay: Overlay, version: Version) -> bool:
    """Whether the overlay is for this Dify."""
    return SpecifierSet(overlay.manifest.requires.dify).contains(version, prereleases=True)


def _cell(engine: Engine, pin: PinnedOverlays, overlay: Overlay, replay: Replay) -> Cell:
    if not fits(overlay, replay.number):
        note = f"it is for Dify {overlay.manifest.requires.dify} (its requires), and is disabled"
        return cell_of([ForecastPart("requires", State.LEFT_OUT, note=note)])
    try:
        contents = room.whole_files(overlay, replay.tree, replay.number)
        span = span_of(pin, overlay.name, replay)
        files = whole_files(overlay, span)
    except DifyKitError as error:
        return cell_of([ForecastPart("trees", State.CONFLICTS, note=error.message, work=True)])
    parts: list[ForecastPart] = []
    own_paths = tuple(contents)
    update = Refreshed(overlay, "untouched")
    if change := change_of(engine.store, files, span):
        [carried] = engine.carry([ask_for(change, replay.bare)])
        parts, contents, update = _carried(engine, pin, files, carried, contents)
    else:
        parts = [ForecastPart(path, State.UNTOUCHED, note="replaces the file") for path in files.over]
    own = [path for path in own_paths if path not in files.over and path not in {part.what for part in parts}]
    parts += [ForecastPart(path, State.UNTOUCHED, note="a file of its own") for path in own]
    parts += _blocked(contents, replay)
    changes, edited = room.edit_outcomes(overlay, contents, replay.tree, replay.number)
    parts += [_edited(pin.tree, replay, outcome) for outcome in edited]
    parts = [*replay.change(changes, f"overlay {overlay.name}"), *parts]
    return _verdict(parts, update)


def span_of(pin: PinnedOverlays, name: str, replay: Replay) -> ReleaseSpan:
    """What an overlay's files are carried from, and to what."""
    before = pin.before.get(name, pin.tree)
    return ReleaseSpan(pin.tree, pin.commit, before, replay.released, replay.tree, (pin.version, replay.number))


def _verdict(parts: Sequence[ForecastPart], update: Refreshed) -> Cell:
    """The cell: what a person has to do, else whether the overlay's own files change."""
    if any(part.work for part in parts):
        return cell_of(parts)
    if parts and all(part.state is State.UPSTREAM for part in parts):
        return Cell(State.UPSTREAM, tuple(parts))
    return Cell(State.MERGES if update.files else State.UNTOUCHED, tuple(parts))


def _carried(
    engine: Engine, pin: PinnedOverlays, files: WholeFiles, carried: PortedChange, contents: Changes
) -> tuple[list[ForecastPart], Changes, Refreshed]:
    """The parts of whole files that were merged, the files as they are laid then, and what changes in the overlay."""
    written = {path: entry for path, entry in laid_of(carried).items() if entry}
    merged = {path: (entry.mode, engine.store.blob(entry.oid)) for path, entry in written.items()}
    own: Changes = {path: blob for path, blob in contents.items() if path not in files.over}
    parts = [_whole_file(part) for part in parts_of(carried, pin.tree)]
    if carried.left:
        return parts, {**own, **merged}, Refreshed(files.overlay, "conflict")
    try:
        update = refreshed(engine.store, files, carried.writes)
        check_own(files.overlay, pin.root, update.files)
    except DifyKitError as error:
        note = error.message + (f"; {error.hint}" if error.hint else "")
        parts.append(ForecastPart("trees", State.CONFLICTS, note=note, work=True))
        update = Refreshed(files.overlay, "conflict")
    return parts, {**own, **merged}, update


def _whole_file(part: ForecastPart) -> ForecastPart:
    notes = {
        State.UNTOUCHED: "replaces the file",
        State.UPSTREAM: "the release has this very file",
        State.MERGES: "with the upstream file that it was made from",
    }
    if part.work or part.strategy or part.note.startswith(("upstream moved", "by git (")):
        return part
    return ForecastPart(part.what, part.state, note=notes.get(part.state, part.note))


def _blocked(contents: Changes, replay: Replay) -> Iterator[ForecastPart]:
    """Own files that cannot stand where the release has a folder."""
    for path in sorted(contents):
        if path in replay.folders and path not in replay.entries:
            yield ForecastPart(path, State.CONFLICTS, note="it is a folder in the release", work=True)
        elif any("/".join(path.split("/")[:count]) in replay.entries for count in range(1, path.count("/") + 1)):
            yield ForecastPart(path, State.CONFLICTS, note="one of its folders is a file in the release", work=True)


def _edited(pin: Tree, replay: Replay, outcome: room.EditOutcome) -> ForecastPart:
    paths = ", ".join(path for path in outcome.paths if path)
    label = f"edits.{outcome.index}" + (f": {paths}" if paths else "")
    if outcome.fault is None:
        if not outcome.paths:
            return ForecastPart(label, State.UNTOUCHED, note="its `when` does not hold here")
        same = all(replay.released.entries.get(path) == pin.entries.get(path) for path in outcome.paths)
        return ForecastPart(label, State.UNTOUCHED, note="" if same else "upstream changed the file, and it fits")
    note = outcome.fault.message + (f"; {outcome.fault.hint}" if outcome.fault.hint else "")
    if isinstance(outcome.fault.__cause__, AlreadyThere):
        return ForecastPart(label, State.UPSTREAM, note=note, work=True)
    gone = bool(outcome.paths) and bool(paths) and all(not replay.tree.read(path) for path in outcome.paths)
    return ForecastPart(label, State.GONE if gone else State.CONFLICTS, 0 if gone else 1, note, work=True)


def wiring_cell(pin: Tree, overlays: Sequence[Overlay], replay: Replay) -> Cell:
    """The wiring's cell on a release, with all overlays that are for it."""
    fitting = [overlay for overlay in overlays if fits(overlay, replay.number)]
    try:
        changes = wiring.wiring_changes(fitting, replay.tree)
    except DifyKitError as error:
        files = [wiring.BLUEPRINTS_FILE, gateway.TEMPLATE]
        gone = [path for path in files if path in error.message and not replay.tree.read(path)]
        state = State.GONE if gone else State.CONFLICTS
        return cell_of([ForecastPart("wiring", state, 0 if gone else 1, error.message, work=True)])
    doubles = replay.change(changes, "wiring")
    same = {path for path in changes if pin.entries.get(path) == replay.released.entries.get(path)}
    return cell_of(
        [*doubles, *(ForecastPart(path, State.UNTOUCHED if path in same else State.MERGES) for path in changes)]
    )
