"""The series on releases, for a forecast: each patch on what those before it made, a conflict taken as resolved."""

from __future__ import annotations

from collections.abc import Sequence

from difykit.core.errors import PatchConflict
from difykit.git import write_blobs
from difykit.porting.plan.model import Cell, ForecastPart, State, cell_of
from difykit.porting.plan.porting import Ask, Engine, PortedChange, ask_for
from difykit.porting.plan.replay import Replay
from difykit.porting.plan.series import Series, SeriesStep
from difykit.porting.plan.verdict import entries_of, laid_of, patch_cell
from difykit.source.patch import apply


def patch_cells(engine: Engine, replays: Sequence[Replay], series: Series) -> list[list[Cell]]:
    """For each release the cells of the patches, in the order of the series; the releases take what applies."""
    steps = series.steps
    cells: dict[tuple[str, str], Cell] = {}
    rounds = {replay.ref: _rounds(steps, replay) for replay in replays}
    last = max((number for numbers in rounds.values() for number in numbers.values()), default=0)
    for number in range(1, last + 1):
        asks: list[tuple[SeriesStep, Ask]] = []
        for replay in replays:
            for step in (step for step in steps if rounds[replay.ref][step.patch.name] == number):
                if not step.applies(replay.version):
                    note = f"it is for Dify {step.patch.trailer('Applies-to')} (Applies-to)"
                    cells[replay.ref, step.patch.name] = cell_of([ForecastPart("", State.LEFT_OUT, note=note)])
                elif step.theirs is None:
                    cells[replay.ref, step.patch.name] = _fresh(engine, step, replay)
                else:
                    asks.append((step, ask_for(series.change(step), replay)))
        for (step, ask), carried in zip(asks, engine.carry([ask for _, ask in asks]), strict=True):
            cells[ask.replay.ref, step.patch.name] = _cell(step, carried, series)
    return [[cells[replay.ref, step.patch.name] for step in steps] for replay in replays]


def _rounds(steps: Sequence[SeriesStep], replay: Replay) -> dict[str, int]:
    """The round of each patch: later than that of every one before it that is about one of its files, also moved."""
    last_round: dict[str, int] = {}
    rounds: dict[str, int] = {}
    for step in steps:
        paths = step.paths | {replay.moves.get(path, path) for path in step.paths}
        rounds[step.patch.name] = 1 + max((last_round.get(path, 0) for path in paths), default=0)
        last_round |= dict.fromkeys(paths, rounds[step.patch.name])
    return rounds


def _cell(step: SeriesStep, carried: PortedChange, series: Series) -> Cell:
    replay, name = carried.ask.replay, step.patch.name
    after = next((replay.broken[clash.path] for clash in carried.left if clash.path in replay.broken), "")
    cell = patch_cell(step.patch, carried, series.pin)
    replay.lay(laid_of(carried), f"patch {name}")
    replay.broken |= {clash.path: name for clash in carried.left if clash.path not in replay.broken}
    return Cell(cell.state, cell.parts, after)


def _fresh(engine: Engine, step: SeriesStep, replay: Replay) -> Cell:
    """A patch that is not for the pin: there is nothing to merge from, so it fits as it is, or not."""
    try:
        changes = apply(step.patch, replay.tree.read)
    except PatchConflict as conflict:
        gone = all(change.old_path not in replay.entries for change in step.patch.changes if change.old_path)
        only_new = all(change.old_path is None for change in step.patch.changes)
        state = State.GONE if gone and not only_new else State.CONFLICTS
        return cell_of([ForecastPart("", state, len(step.patch.changes), conflict.message, work=True)])
    write_blobs(engine.store, [content for blob in changes.values() if blob for content in blob[1:]])
    doubles = replay.lay(entries_of(changes), f"patch {step.patch.name}")
    note = "it is not for the pin, and applies here as it is"
    return cell_of([*doubles, *(ForecastPart(path, State.UNTOUCHED, note=note) for path in changes)])
