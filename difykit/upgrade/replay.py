"""The series on a release: each patch on what those before it made, by the three-way merge that an upgrade makes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from packaging.version import Version

from difykit.errors import PatchConflict
from difykit.git import Changes, Entry, Siblings, Store, Tree, clash_text
from difykit.git.borrowed import write_blobs
from difykit.patch import apply, blob_id
from difykit.upgrade.merges import Clash, Job, Merger, Outcome, Row
from difykit.upgrade.model import Cell, Part, State, cell_of
from difykit.upgrade.series import Series, Step, lay
from difykit.upgrade.strategies import Sides, Solutions, Solver


@dataclass
class Replay:
    """A release, and what the patches so far have made of it."""

    ref: str
    version: Version | None
    tree_id: str
    released: Tree
    entries: dict[str, Entry] = field(default_factory=dict)
    laid: dict[str, Entry | None] = field(default_factory=dict)
    moves: dict[str, str] = field(default_factory=dict)
    """Where upstream moved a file, or the folder of one that a patch adds."""
    broken: dict[str, str] = field(default_factory=dict)
    """Paths in conflict, and the patch whose conflict it is."""
    changes: Changes = field(default_factory=dict)
    """What overlays and the wiring made, on top of the patches."""

    def __post_init__(self) -> None:
        self.entries.update(self.released.entries)

    @cached_property
    def folders(self) -> set[str]:
        """The folders of the release."""
        return folders_of(self.released.entries)

    @property
    def known(self) -> Version:
        """The version, as a sync takes it where the release does not say one."""
        return self.version or Version("0")

    @property
    def tree(self) -> Tree:
        """The release with what was put on it so far."""
        return Tree(self.released.store, self.entries, self.changes)

    @cached_property
    def _siblings(self) -> Siblings:
        return Siblings(self.entries)

    def lay(self, writes: Mapping[str, Entry | None]) -> list[Part]:
        """Put what a patch made on the release; the names among it of which `sync` would refuse one."""
        added = sorted(path for path, entry in writes.items() if entry and path not in self.entries)
        self.laid |= writes
        lay(self.entries, writes)
        for path in added:
            self._siblings.add(path)
        clashes = self._siblings.clashes(added, self.entries) if added else []
        return [Part(name, State.CONFLICTS, note=clash_text(name, other), work=True) for name, other in clashes]

    def change(self, changes: Changes) -> list[Part]:
        """Put what an overlay or the wiring made on the release; the names as of `lay`."""
        self.changes |= changes
        return self.lay({path: Entry(blob[0], blob_id(blob[1])) if blob else None for path, blob in changes.items()})


def folders_of(paths: Iterable[str]) -> set[str]:
    """Every folder that holds one of the paths."""
    found: set[str] = set()
    for path in paths:
        folder = path.rpartition("/")[0]
        while folder and folder not in found:
            found.add(folder)
            folder = folder.rpartition("/")[0]
    return found


@dataclass(frozen=True)
class _Ask:
    """A patch on a release: what is plain, what cannot be merged at all, and the merges."""

    step: Step
    replay: Replay
    plain: tuple[Row, ...]
    clashes: tuple[Clash, ...]
    jobs: tuple[Job, ...]


def replay_series(store: Store, replays: Sequence[Replay], series: Series, solver: Solver) -> list[list[Cell]]:
    """For each release the cells of the patches, in the order of the series; the releases take what applies."""
    steps = series.steps
    merger = Merger(store)
    cells: dict[tuple[str, str], Cell] = {}
    for number in range(1, max((step.round for step in steps), default=0) + 1):
        asks: list[_Ask] = []
        for replay in replays:
            for step in (step for step in steps if step.round == number):
                if not step.applies(replay.version):
                    note = f"it is for Dify {step.patch.trailer('Applies-to')} (Applies-to)"
                    cells[replay.ref, step.patch.name] = cell_of([Part("", State.LEFT_OUT, note=note)])
                elif step.theirs is None:
                    cells[replay.ref, step.patch.name] = _exact(store, step, replay)
                else:
                    asks.append(_ask(step, replay))
        outcomes = merger.run(job for ask in asks for job in ask.jobs)
        for ask in asks:
            cells[ask.replay.ref, ask.step.patch.name] = _answer(
                ask, [outcomes[job] for job in ask.jobs], solver, series
            )
    return [[cells[replay.ref, step.patch.name] for step in steps] for replay in replays]


def _ask(step: Step, replay: Replay) -> _Ask:
    rows = [_row(step, replay, path) for path in step.theirs or ()]
    clashes = tuple(clash for row in rows if (clash := _hopeless(step, replay, row)))
    lost = {clash.row for clash in clashes}
    plain = tuple(row for row in rows if row.ours in (row.base, row.theirs) and row not in lost)
    rest = tuple(row for row in rows if row not in plain and row not in lost)
    # A patch that renames must be seen whole by git; one that only changes files is the same merge file by file.
    renames = any(change.kind == "rename" for change in step.patch.changes) and not lost
    if rest and renames:
        return _Ask(step, replay, (), (), (tuple(rows),))
    return _Ask(step, replay, plain, clashes, tuple((row,) for row in rest))


def _row(step: Step, replay: Replay, path: str) -> Row:
    """A path of the patch, under the name that it has in the release."""
    assert step.base is not None
    assert step.theirs is not None
    here = replay.moves.get(path, path)
    return Row(here, step.base[path], replay.entries.get(here), step.theirs[path])


def _hopeless(step: Step, replay: Replay, row: Row) -> Clash | None:
    """A path that no merge of its lines can help, as git's merge of whole trees would tell it; None for others."""
    moved = next((path for path, here in replay.moves.items() if here == row.path), "")
    renamed = {one.old_path: one.new_path for one in step.patch.changes if one.kind == "rename"}
    kind = text = ""
    if row.base is not None and row.ours is None:
        if row.theirs is not None or row.path in renamed:  # else both took it away
            kind, text = "modify/delete" if row.theirs else "rename/delete", "upstream took the file away"
    elif moved and row.theirs is None:
        target = renamed.get(moved)
        kind = "rename/rename" if target else "rename/delete"
        text = f"upstream moved {moved} to {row.path}, the patch " + (f"to {target}" if target else "takes it away")
    elif moved and row.base is None and row.ours is None:
        kind, text = "file location", f"upstream moved the folder that the patch adds {moved} to"
    elif row.theirs and row.ours is None and _blocked(row.path, replay):
        kind, text = "file/directory", "a file on one side is a folder on the other"
    return Clash(row.path, kind, text, row, (), 0) if kind else None


def _blocked(path: str, replay: Replay) -> bool:
    """Whether a file cannot stand here: it is a folder, or one of its folders is a file."""
    parts = path.split("/")
    above = any("/".join(parts[:count]) in replay.entries for count in range(1, len(parts)))
    return above or path in replay.folders


def _answer(ask: _Ask, outcomes: Sequence[Outcome], solver: Solver, series: Series) -> Cell:
    replay, name = ask.replay, ask.step.patch.name
    writes = {row.path: row.theirs for row in ask.plain if row.ours != row.theirs}
    parts = [_plain(row, ask, series) for row in ask.plain]
    clashes = list(ask.clashes)
    for job, merged in zip(ask.jobs, outcomes, strict=True):
        outcome = judged(solver, job, merged)
        writes |= outcome.writes
        clashes += outcome.clashes
        parts += _merged(job, ask, outcome, series)
    solved = Solutions({}, ())
    if clashes:
        base, theirs = series.tree(ask.step.before), series.tree(ask.step.after)
        solved = solver.solve(Sides(replay.ref, base, replay.tree, theirs), clashes)
    for path, done in solved.done.items():
        writes |= done.writes
        parts.append(Part(path, State.MERGES, note=done.note, strategy=done.strategy))
    left = solved.left
    after = next((replay.broken[clash.path] for clash in left if clash.path in replay.broken), "")
    parts += replay.lay(writes)
    replay.broken |= {clash.path: name for clash in left if clash.path not in replay.broken}
    return cell_of([*map(_clashed, left), *parts], after=after)


def judged(solver: Solver, job: Job, outcome: Outcome) -> Outcome:
    """The outcome with what git merged and the file's language refuses among its conflicts."""
    clashed = {clash.path for clash in outcome.clashes}
    writes = {path: entry for path, entry in outcome.writes.items() if path not in clashed}
    return replace(outcome, clashes=(*outcome.clashes, *solver.invalid(job, writes)))


def _plain(row: Row, ask: _Ask, series: Series) -> Part:
    if row.ours == row.theirs and row.ours != row.base:
        return Part(row.path, State.UPSTREAM, note="the release has it already")
    return _clean(row, ask, series)


def _clean(row: Row, ask: _Ask, series: Series) -> Part:
    """A path that takes the change: untouched where the release has the pin's own file there."""
    replay = ask.replay
    old = next((path for path, here in replay.moves.items() if here == row.path), "")
    same = not old and replay.released.entries.get(row.path) == series.pin.entries.get(row.path)
    note = f"upstream moved it: it was {old}" if old else ""
    return Part(row.path, State.UNTOUCHED if same else State.MERGES, note=note)


def _clashed(clash: Clash) -> Part:
    gone = clash.row.ours is None and clash.kind in {"modify/delete", "rename/delete"}
    state = State.GONE if gone else State.CONFLICTS
    return Part(clash.path, state, clash.count, clash.text or clash.kind, work=True, hunks=clash.hunks)


def _merged(job: Job, ask: _Ask, outcome: Outcome, series: Series) -> list[Part]:
    """The parts of a merge that are clean: what it writes is what it changes in the release."""
    clashed = {clash.path for clash in outcome.clashes}
    parts: list[Part] = []
    for row in job:
        if row.path in outcome.writes or (row.ours == row.base and row.theirs is not None):
            parts += [_clean(row, ask, series)] if row.path not in clashed else []
        elif row.path not in clashed:
            parts.append(Part(row.path, State.UPSTREAM, note="the release has it already"))
    return parts


def _exact(store: Store, step: Step, replay: Replay) -> Cell:
    """A patch that is not for the pin: there is nothing to merge from, so it fits as it is, or not."""
    try:
        changes = apply(step.patch, replay.tree.read)
    except PatchConflict as conflict:
        gone = all(change.old_path not in replay.entries for change in step.patch.changes if change.old_path)
        only_new = all(change.old_path is None for change in step.patch.changes)
        state = State.GONE if gone and not only_new else State.CONFLICTS
        return cell_of([Part("", state, len(step.patch.changes), conflict.message, work=True)])
    blobs = {path: blob for path, blob in changes.items() if blob}
    ids = dict(zip(blobs, write_blobs(store, [content for _, content in blobs.values()]), strict=True))
    doubles = replay.lay({path: Entry(blob[0], ids[path]) if blob else None for path, blob in changes.items()})
    note = "it is not for the pin, and applies here as it is"
    return cell_of([*doubles, *(Part(path, State.UNTOUCHED, note=note) for path in changes)])
