"""From edits to a plan: each goes to its layer, and the weaves of the files follow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from difykit.authoring.chain import LayerRanks, Stratum
from difykit.authoring.line_history import Weave
from difykit.authoring.lines import LineEdit, hunks, split
from difykit.authoring.owners import NEW, Ownership, divided, place_deletion, place_hunk, place_mode, whole_rank
from difykit.authoring.plan import EditStep, FinishChoice, FinishPlan, Kind, NewPatch, PathEdit, Placement
from difykit.core.errors import DifyKitError
from difykit.source.overlay import problem_at, text_file
from difykit.workspace.manifest import Edit, OneOf


def fold(chain: LayerRanks, steps: Sequence[EditStep], choice: FinishChoice, *, at: int, after: int) -> FinishPlan:
    """What becomes of the edits made on the version `at`; new patches come after the layer `after`.

    Nothing is written. Raises DifyKitError for a `choice` that names no layer.
    """
    folder = _Folder(chain, steps, choice, at, after)
    for number, step in enumerate(steps, 1):
        folder.take(step, after + number)
    return folder.plan()


@dataclass(frozen=True)
class _Note:
    """What a placement says of an edit, before it is known where it goes."""

    path: str
    description: str
    first: int = 0
    last: int = 0
    open: bool = False


class _Folder:
    """The weaves as they change from step to step."""

    def __init__(self, chain: LayerRanks, steps: Sequence[EditStep], choice: FinishChoice, at: int, after: int) -> None:
        self._chain = chain
        self._strata = dict(chain.strata)
        self._choice = choice
        # New patches are laid on top of the version that was edited.
        self._edit_rank = max(at, after + len(steps))
        self._into = self._rank_into(choice.into)
        self._path_edits: dict[str, list[PathEdit]] = {}
        for step in steps:
            for change in step.changes:
                self._path_edits.setdefault(change.path, []).append(change)
        self._weaves: dict[str, Weave] = {}
        self._placements: list[Placement] = []
        self._new: list[NewPatch] = []
        self._fresh = False

    def _rank_into(self, into: str) -> int | None:
        if into in {"", "patches"}:
            return None
        if (rank := self._chain.files_rank(into)) is not None:
            return rank
        patches = [patch for patch in self._chain.patches if patch.name == into]
        patches = patches or [patch for patch in self._chain.patches if into in patch.name]
        if len(patches) == 1:
            return patches[0].rank
        names = [stratum.name for stratum in self._strata.values() if stratum.kind in {"files", "patch"}]
        raise DifyKitError(
            f"--into {into}: there is no such enabled overlay, and not one patch with this in its name",
            hint=f"one of: {', '.join([*names, 'patches'])}",
        )

    def weave(self, path: str) -> Weave:
        if path not in self._weaves:
            versions = [blob for change in self._path_edits.get(path, ()) for blob in (change.old, change.new)]
            self._weaves[path] = self._chain.weave(path, versions)
        return self._weaves[path]

    def take(self, step: EditStep, rank: int) -> None:
        """Place every change of a step; what finds no layer goes to a new one at `rank`."""
        self._fresh = False
        homes = {change.path: self._home(step, change) for change in step.changes if change.new is None}
        for change in step.changes:
            if change.old is None:
                self._add(step, change, rank, homes.get(change.source))
            elif change.new is None:
                self._delete(step, change, rank, homes[change.path])
            else:
                self._modify(step, change, rank)
        if self._fresh:
            subject = step.subject or self._choice.subject
            self._new.append(NewPatch(rank, subject, step.body, step.author))
            self._strata[rank] = Stratum(rank, "patch", subject)

    def _modify(self, step: EditStep, change: PathEdit, rank: int) -> None:
        assert change.old is not None
        assert change.new is not None
        weave = self.weave(change.path)
        old, new = (split(blob[1], opaque=weave.opaque) for blob in (change.old, change.new))
        parts = hunks(old, new)
        if not self._choice.alone:
            parts = [part for hunk in parts for part in divided(weave, self._edit_rank, hunk)]
        verdicts = [self._verdict(step, weave, part) for part in parts]
        mode = self._mode_verdict(step, weave) if change.old[0] != change.new[0] else None
        if mode and "120000" in {change.old[0], change.new[0]}:  # a file and a link cannot be halves of two layers
            mode = self._together([*verdicts, mode], weave)
            verdicts = [mode] * len(verdicts)
        targets: list[tuple[LineEdit, int]] = []
        for part, verdict in zip(parts, verdicts, strict=True):
            note = _Note(change.path, _edit_kind(part), *_where(part, parts, weave))
            targets.append((part, self._settle(step, note, verdict, rank)))
        weave = weave.changed(targets, at=self._edit_rank)
        if mode:
            note = _Note(change.path, f"mode {change.old[0]} becomes {change.new[0]}")
            weave = weave.with_mode(self._settle(step, note, mode, rank), change.new[0])
        self._weaves[change.path] = weave

    def _verdict(self, step: EditStep, weave: Weave, part: LineEdit) -> Ownership:
        verdict = self._own(step, place_hunk(weave, self._edit_rank, part, self._strata))
        if verdict != NEW or self._into is None or self._choice.alone or self._strata[self._into].kind != "patch":
            return verdict
        shown = weave.visible(self._edit_rank)
        owners = {weave.lines[number].born for number in shown[part.start : part.end]}
        return Ownership(self._into) if all(owner <= self._into for owner in owners) else NEW

    def _mode_verdict(self, step: EditStep, weave: Weave) -> Ownership:
        return self._own(step, place_mode(weave, self._edit_rank, self._strata))

    def _own(self, step: EditStep, verdict: Ownership) -> Ownership:
        """A step that is to be a patch by itself takes what is a patch's; an overlay's file no patch can change."""
        if verdict.rank is None or self._strata[verdict.rank].kind != "patch":
            return verdict
        follows = bool(step.commit) and verdict.rank not in self._chain.strata
        return NEW if self._choice.alone or follows else verdict

    def _together(self, verdicts: list[Ownership], weave: Weave) -> Ownership:
        if refused := next((verdict for verdict in verdicts if verdict.refusal), None):
            return refused
        if (owner := whole_rank(weave, self._edit_rank)) is not None:
            return Ownership(owner)
        return verdicts[0] if len(set(verdicts)) == 1 else NEW

    def _home(self, step: EditStep, change: PathEdit) -> Ownership:
        return self._own(step, place_deletion(self.weave(change.path), self._edit_rank, self._strata))

    def _delete(self, step: EditStep, change: PathEdit, rank: int, home: Ownership) -> None:
        weave = self.weave(change.path)
        target = self._settle(step, _Note(change.path, "deleted"), home, rank)
        if home.rank is None:
            self._weaves[change.path] = weave.deleted(target)
            return
        weave = weave.without(target)
        if weave.mode(self._edit_rank) is not None:  # what the overlay's file stood for would come back
            note = _Note(change.path, "what the overlay's file replaced is deleted")
            weave = weave.deleted(self._settle(step, note, NEW, rank))
        self._weaves[change.path] = weave

    def _add(self, step: EditStep, change: PathEdit, rank: int, home: Ownership | None) -> None:
        assert change.new is not None
        weave = self.weave(change.path)
        verdict = home or self._home_of_new(step)
        if later := next((mode.rank for mode in weave.modes if mode.rank > self._edit_rank), None):
            verdict = Ownership(refusal=f"{self._strata[later].label} makes this file too, later on")
        note = _Note(
            change.path, f"renamed from {change.source}" if change.source else "new file", open=verdict is None
        )
        target = self._settle(step, note, verdict or NEW, rank)
        whole_file = target in self._strata and self._strata[target].kind == "files"
        self._weaves[change.path] = weave.added(target, change.new, whole_file=whole_file)

    def _home_of_new(self, step: EditStep) -> Ownership | None:
        """Where a new file belongs; None where the user has to say it."""
        if self._into is not None and not self._choice.alone:
            return Ownership(self._into)
        decided = self._choice.alone or self._choice.into == "patches" or step.commit
        return NEW if decided or not self._chain.inputs.overlays else None

    def _settle(self, step: EditStep, note: _Note, verdict: Ownership, rank: int) -> int:
        """Note where an edit goes; the rank of its layer."""
        kind: Kind = "open" if note.open else "new patch"
        target, reason = "" if note.open else step.subject or self._choice.subject, ""
        if verdict.refusal:
            kind, target, reason = "refused", "", self._with_line(note.path, verdict.refusal)
        elif verdict.rank is not None and (fault := self._unwritable(verdict.rank, note.path)):
            kind, target, reason = "refused", "", fault
        elif verdict.rank is not None:
            target = self._strata[verdict.rank].name
            in_chain = verdict.rank in self._chain.strata
            kind = "overlay" if self._strata[verdict.rank].kind == "files" else "patch" if in_chain else "new patch"
        elif not note.open:
            self._fresh = True
        self._placements.append(Placement(note.path, note.first, note.last, note.description, kind, target, reason))
        return rank if verdict.rank is None else verdict.rank

    def _unwritable(self, rank: int, path: str) -> str:
        if self._strata[rank].kind != "files":
            return ""
        try:
            self._chain.place_for(rank, path)
        except DifyKitError as error:
            return f"{error.message}; {error.hint}"
        return ""

    def _with_line(self, path: str, reason: str) -> str:
        """The reason, with the line of the edit where an edit of the overlay changes the file."""
        for overlay in self._chain.inputs.overlays:
            if overlay.label not in reason:
                continue
            for index, item in enumerate(overlay.manifest.edits):
                edits = item.one_of if isinstance(item, OneOf) else (item,)
                if any(self._file_of(edit) == path for edit in edits):
                    return reason.replace(
                        overlay.label, f"{overlay.label}:{problem_at(overlay, ('edits', index), '').line}"
                    )
        return reason

    def _file_of(self, edit: Edit) -> str | None:
        try:
            return text_file("", edit.i18n, self._chain.base) if edit.i18n else edit.file
        except DifyKitError:
            return None

    def plan(self) -> FinishPlan:
        return FinishPlan(tuple(self._placements), tuple(self._new), dict(self._weaves))


def _where(part: LineEdit, parts: Sequence[LineEdit], weave: Weave) -> tuple[int, int]:
    """The lines of the edited file that an edit is about; of a deletion, the one before it."""
    if weave.opaque:
        return 0, 0
    grown = sum(
        len(hunk.new) - (hunk.end - hunk.start) for hunk in parts if hunk.end <= part.start and hunk is not part
    )
    first = part.start + grown + 1
    return (first, first + len(part.new) - 1) if part.new else (max(1, first - 1), max(1, first - 1))


def _edit_kind(part: LineEdit) -> str:
    removed, added = part.end - part.start, len(part.new)
    counts = [f"{count} {word}" for count, word in ((removed, "removed"), (added, "added")) if count]
    return " and ".join(counts)
