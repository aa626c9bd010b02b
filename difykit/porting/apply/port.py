"""Patches carried to another release, one after the other, in the object database."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from difykit.core.errors import PatchConflict
from difykit.git import Changes, diff, write_chain
from difykit.porting.apply.journal import (
    NOTHING_LEFT,
    CarriedList,
    CarriedPatch,
    FileMerge,
    State,
    Stop,
    read_carried,
    write,
)
from difykit.porting.apply.objects import commit_files, commit_with
from difykit.porting.plan.change import Entries
from difykit.porting.plan.merging import MergeCommits, Workbench, merged
from difykit.porting.plan.model import State as Becomes
from difykit.porting.plan.porting import Ask, ask_for
from difykit.porting.plan.replay import Replay
from difykit.porting.plan.series import Series, SeriesStep
from difykit.porting.plan.verdict import entries_of, patch_state
from difykit.source.patch import Patch, apply, write_patch

_MADE_FOR = re.compile(r"(?mi)^Made-for[ \t]*:.*$")


@dataclass(frozen=True)
class Ported:
    """A patch on the new release: the commit after it, and its file where that is another one than before."""

    patch: Patch
    state: State
    commit: str
    note: str = ""
    content: bytes | None = None
    beyond: tuple[FileMerge, ...] | None = ()
    """What of it was merged beyond git; None where an older difykit carried it."""


def carried_before(bench: Workbench, patches: tuple[Patch, ...]) -> list[Ported]:
    """The first of the patches as an earlier run of this upgrade has carried them."""
    ported = [
        Ported(patch, record.state, record.commit, record.note, base64.b64decode(record.content) or None, record.beyond)
        for patch, record in zip(patches, read_carried(bench.places), strict=False)
        if patch.name == record.name
    ]
    return ported if ported and bench.store.resolve(ported[-1].commit) else []


def keep_carried(bench: Workbench, ported: Iterable[Ported]) -> None:
    """Write down what is carried, for the run that goes on from here."""
    rows = tuple(
        CarriedPatch(
            name=port.patch.name,
            state=port.state,
            commit=port.commit,
            note=port.note,
            content=base64.b64encode(port.content or b"").decode(),
            beyond=port.beyond,
        )
        for port in ported
    )
    write(bench.places.carried, CarriedList(patches=rows))


class Porter:
    """The new chain of patches as it grows: its tip, its files, and patches that stay but have no commit yet."""

    def __init__(self, bench: Workbench, series: Series, target: Replay, tip: str) -> None:
        """`target` is the release with what `tip` has on it."""
        self._bench = bench
        self._store = bench.store
        self._series = series
        self._steps = {step.patch.name: step for step in series.steps}
        self._target = target
        self._tip = tip
        self._waiting: list[tuple[Patch, Entries]] = []

    def port(self, patches: tuple[Patch, ...]) -> Iterator[Ported | Stop]:
        """Each patch in its order; ends with the first that waits for a person.

        Raises PatchConflict for one that is only for the target, and does not fit it.
        """
        for patch in patches:
            step = self._steps[patch.name]
            ask = None
            if step.theirs is not None and step.applies(self._target.version):
                ask = ask_for(self._series.change(step), self._target)
                if self._waits(patch, ask):
                    continue
            yield from self._commit()
            result = self._carry_step(step, ask)
            yield result
            if isinstance(result, Stop):
                return
            self._tip = result.commit
        yield from self._commit()

    def _waits(self, patch: Patch, ask: Ask) -> bool:
        """Whether the patch stays as it is for sure; then it waits for its commit."""
        if not ask.exact:
            return False
        [carried] = self._bench.engine.carry([ask])
        if carried.left or not carried.writes:
            return False
        self._waiting.append((patch, carried.writes))
        self._target.lay(carried.writes, f"patch {patch.name}")
        return True

    def _commit(self) -> Iterator[Ported]:
        """Commit the patches that wait for it, all at once."""
        waiting, self._waiting = self._waiting, []
        commits = [commit_with(patch.subject, self._changes(writes)) for patch, writes in waiting]
        for (patch, _), commit in zip(waiting, write_chain(self._store, self._tip, commits), strict=True):
            self._tip = commit
            yield Ported(patch, "untouched", commit)

    def _changes(self, writes: Entries) -> Changes:
        return {path: (entry.mode, self._store.blob(entry.oid)) if entry else None for path, entry in writes.items()}

    def _carry_step(self, step: SeriesStep, ask: Ask | None) -> Ported | Stop:
        if not step.applies(self._target.version):
            return Ported(step.patch, "left out", self._tip, f"its Applies-to is {step.patch.trailer('Applies-to')}")
        return self._carried(step, ask) if ask else self._fresh(step.patch)

    def _fresh(self, patch: Patch) -> Ported:
        """A patch that was left out so far, and has no commit to merge from: it fits as it is, or not at all."""
        try:
            changes = apply(patch, self._target.tree.read)
        except PatchConflict as error:
            raise PatchConflict(
                f"{error.message}\n  it is not for the present pin (its Applies-to), so there is nothing to merge it"
                " from",
                hint=f"make it fit Dify {self._target.ref}, or narrow its Applies-to; then start again",
            ) from error
        commit = commit_files(self._store, self._tip, changes, patch.subject)
        self._target.lay(entries_of(changes), f"patch {patch.name}")
        return Ported(patch, "untouched", commit, "applies from this release on")

    def _carried(self, step: SeriesStep, ask: Ask) -> Ported | Stop:
        store, tip, to, patch = self._store, self._tip, self._target.ref, step.patch
        labels = (f"Dify {to}", f"patches/{patch.name}")
        sides = MergeCommits("patch", patch.name, patch.trailer("Why"), step.before, tip, step.after, labels)
        merge = merged(self._bench, sides, ask)
        if isinstance(merge, Stop):
            return merge
        by_hand = any(note.startswith("resolved ") for note in merge.notes)
        notes = ", ".join(merge.notes)
        state = _STATES[patch_state(patch, ask, merge.writes)]
        if state == "dropped":
            notes = ", ".join((*merge.notes, NOTHING_LEFT) if by_hand else merge.notes)
            return Ported(patch, state, tip, notes or f"already in Dify {to}", beyond=merge.beyond)
        commit = commit_files(store, tip, self._changes(merge.writes), patch.subject)
        self._target.lay(merge.writes, f"patch {patch.name}")
        if state == "untouched":
            return Ported(patch, state, commit, notes if by_hand else ", ".join(merge.remarks))
        content = rewritten(patch, to, diff(store, tip, commit))
        return Ported(patch, state, commit, notes, content, merge.beyond)


_STATES: Mapping[Becomes, State] = {
    Becomes.UPSTREAM: "dropped",
    Becomes.UNTOUCHED: "untouched",
    Becomes.MERGES: "ported",
}


def rewritten(patch: Patch, release: str, changes: bytes) -> bytes:
    """The file of a patch with another diff, made for another release; all else that it says stays."""
    return write_patch(
        subject=patch.subject,
        author=patch.author,
        email=patch.email,
        date=patch.date,
        body=made_for(patch.body, release),
        diff=changes,
    )


def made_for(body: str, release: str) -> str:
    """The message with the trailer `Made-for` of this release; one is added to trailers that have none."""
    *above, last = re.split(r"(\n[ \t]*\n)", body.rstrip())
    trailer = f"Made-for: {release}"
    if _MADE_FOR.search(last):
        return "".join([*above, _MADE_FOR.sub(lambda _: trailer, last, count=1)])
    if re.search(r"(?mi)^(Why|Upstream|Applies-to|Until|Stay-deleted|Signed-off-by)[ \t]*:", last):
        return f"{body.rstrip()}\n{trailer}"
    return f"{body.rstrip()}\n\n{trailer}".lstrip("\n")
