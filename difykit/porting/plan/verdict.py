"""What becomes of a customisation that was carried: the same words for the forecast and for the upgrade."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from difykit.core.errors import PatchConflict
from difykit.git import Changes, GitEntry, Tree, blob_id
from difykit.porting.beyond import SolvedFile
from difykit.porting.plan.change import Entries
from difykit.porting.plan.model import Cell, ForecastPart, State, cell_of
from difykit.porting.plan.porting import Ask, PortedChange
from difykit.porting.plan.replay import Replay
from difykit.porting.strategies import INVALID, UNFIT, ConflictedPath, Remark
from difykit.source.patch import Patch, apply


def patch_state(patch: Patch, ask: Ask, writes: Entries) -> State:
    """What becomes of a patch that writes this: its file stays, is written anew, or is not needed any more."""
    if not writes:
        return State.UPSTREAM
    return State.UNTOUCHED if _stays(patch, ask, writes) else State.MERGES


def _stays(patch: Patch, ask: Ask, writes: Entries) -> bool:
    """Whether the file of the patch, as it is, does on the release what was merged, or made by a person."""
    replay = ask.replay
    if ask.exact:
        return writes == differing(ask.change.theirs, replay)
    try:
        changes = apply(patch, replay.tree.read)
    except PatchConflict:
        return False
    return differing(entries_of(changes), replay) == writes


def entries_of(changes: Changes) -> dict[str, GitEntry | None]:
    """The entries of files that are perhaps not in the store yet."""
    return {path: GitEntry(blob[0], blob_id(blob[1])) if blob else None for path, blob in changes.items()}


def differing(writes: Entries, replay: Replay) -> dict[str, GitEntry | None]:
    """What of it the release does not have."""
    return {path: entry for path, entry in writes.items() if replay.entries.get(path) != entry}


def patch_cell(patch: Patch, carried: PortedChange, pin: Tree) -> Cell:
    """A patch's cell; it is asked before the patch is laid on the release."""
    parts = parts_of(carried, pin)
    if any(part.work for part in parts):
        return cell_of(parts)
    state = patch_state(patch, carried.ask, carried.writes)
    if state is State.UNTOUCHED:
        parts = [_still(part) for part in parts]
    return Cell(state, tuple(parts))


def _still(part: ForecastPart) -> ForecastPart:
    if part.state is not State.MERGES:
        return part
    return ForecastPart(part.what, State.UNTOUCHED, note=part.note or "upstream changed other lines of it")


def parts_of(carried: PortedChange, pin: Tree) -> list[ForecastPart]:
    """What becomes of each file: those that are left to a person first."""
    replay, completed = carried.ask.replay, carried.completed
    unresolved = {clash.path for clash in completed.conflicts}
    parts = [clash_part(clash) for clash in completed.conflicts]
    parts += [solved_part(solved) for solved in carried.beyond]
    clean = [path for path in carried.writes if path not in unresolved and path not in completed.by_strategy]
    parts += [_remarked(_clean(path, replay, pin), completed.remarks) for path in sorted(clean)]
    listed = {part.what for part in parts}
    targets = (replay.moves.get(path, path) for path in carried.ask.change.theirs)
    return [
        *parts,
        *(
            ForecastPart(path, State.UPSTREAM, note="the release has it already")
            for path in targets
            if path not in listed
        ),
    ]


def solved_part(solved: SolvedFile) -> ForecastPart:
    """A file that a strategy merged beyond git."""
    merge = solved.merge
    return ForecastPart(solved.stopped_at, State.MERGES, note=solved.note, strategy=merge.strategy, merge=merge)


def _clean(path: str, replay: Replay, pin: Tree) -> ForecastPart:
    """A path that takes the change: untouched where the release has the pin's own file there."""
    old = next((old for old, new_path in replay.moves.items() if new_path == path), "")
    same = not old and replay.released.entries.get(path) == pin.entries.get(path)
    note = f"upstream moved it: it was {old}" if old else ""
    return ForecastPart(path, State.UNTOUCHED if same else State.MERGES, note=note)


def _remarked(part: ForecastPart, remarks: Sequence[Remark]) -> ForecastPart:
    """The part with what there is to say of git's merge of it."""
    texts = [f"by git ({remark.text})" for remark in remarks if remark.path == part.what]
    return replace(part, note="; ".join(filter(None, (part.note, *texts)))) if texts else part


def clash_part(clash: ConflictedPath) -> ForecastPart:
    """A file that is left to a person."""
    gone = clash.row.ours is None and clash.kind in {"modify/delete", "rename/delete"}
    words = clash.text or clash.kind
    note = f"{words}; {clash.note}" if clash.note and clash.kind not in {INVALID, UNFIT} else words
    state = State.GONE if gone else State.CONFLICTS
    return ForecastPart(clash.path, state, clash.count, note, work=True, hunks=clash.hunks)


def laid_of(carried: PortedChange) -> dict[str, GitEntry | None]:
    """What is on the release after it, each conflict of lines as if it were resolved for the customisation."""
    resolved = {clash.path: clash.resolved for clash in carried.left if clash.resolved or clash.kind == UNFIT}
    return {**carried.writes, **resolved}
