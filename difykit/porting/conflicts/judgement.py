"""What a person left in the work tree of a conflict, looked at: what is still to do there, and what may not stand."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

from difykit.git import Blob, Store, Tree, blob_id, git
from difykit.porting.apply.journal import IndexStage, Places, Stop, UnresolvedPath
from difykit.porting.apply.staging import read_blob
from difykit.porting.strategies import INVALID, UNFIT, Flaw, flaws


@dataclass
class Judgement:
    """What there is to say of the work tree of a conflict."""

    unresolved: list[str] = field(default_factory=list)
    """What is to do, each with its place, why, and how to go on."""
    open: set[str] = field(default_factory=set)
    """The paths of these: nothing of them is remembered."""
    accepted: set[str] = field(default_factory=set)
    """What may not stand by itself, and is taken since a person insists."""
    dropped: set[str] = field(default_factory=set)
    """What a person took away, and told git so."""
    unsound: list[str] = field(default_factory=list)
    """What a person made and may not stand, each with its place and why; what nobody touched yet is not among it."""

    def ask(self, path: str, text: str, remedy: str, *, edited: bool = False) -> None:
        """Ask the person something about a path; `edited` where the person had a hand in it."""
        self.open.add(path)
        self.unresolved.append(f"{text}; {remedy}" if remedy else text)
        if edited:
            self.unsound.append(text)


class Examiner:
    """Looks at one work tree; `accept` are the paths at which a person insists on what is there."""

    def __init__(self, places: Places, stop: Stop, accept: Collection[str] = ()) -> None:
        self._places = places
        self._stop = stop
        self._accept = {*accept, *stop.accepted}
        self._added: dict[str, Blob | None] = {}
        stages = list(_stages(places))
        self._known = {path for path, _ in stages}
        self._unmerged = {path for path, stage in stages if stage}

    def examine(self) -> Judgement:
        """Look at every file in conflict, and at every other one that the person changed."""
        judgement = Judgement()
        with Store(self._places.work / ".git") as store:
            checkout = store.tree(self._stop.tree)
            changes = self._changed()
            self._added = {
                path: read_blob(self._places.work / path) for path in changes if path not in checkout.entries
            }
            for clash in self._stop.clashes:
                self._clash(judgement, clash, checkout)
            clashing = {clash.path for clash in self._stop.clashes}
            for path in sorted(self._unmerged - clashing):
                judgement.ask(path, f"{self._places.work / path}: is unmerged: git add {path}, or git rm {path}", "")
            changed = [path for path in changes if path not in clashing and path not in judgement.open]
            for path in changed:
                self._other(judgement, path, checkout)
            added = {path: blob for path, blob in self._added.items() if path in changed}
            judgement.dropped -= {path for path in changed if path in checkout.entries and moved(checkout, path, added)}
        return judgement

    def _clash(self, judgement: Judgement, clash: UnresolvedPath, checkout: Tree) -> None:
        path, file = clash.path, self._places.work / clash.path
        if self._missing(judgement, path, checkout):
            return
        blob = read_blob(file)
        untouched = blob is not None and path in checkout.entries and blob_id(blob[1]) == checkout.entries[path].oid
        if lines := marked(blob, self._stop.labels):
            if untouched or path not in self._accept:
                for line in lines:
                    judgement.ask(path, f"{file}:{line}: a conflict", "")
                return
            judgement.accepted.add(path)
        elif clash.kind == UNFIT and untouched:
            judgement.ask(path, f"{file}: {clash.note}", "")
        elif clash.kind == INVALID and untouched and path not in self._unmerged:
            judgement.accepted.add(path)  # whoever tells git of it as git made it has seen why it waits
        elif clash.kind == INVALID and untouched:
            self._insist(judgement, path, [Flaw(clash.note)], edited=False)
        elif path in self._unmerged and _is_choice(clash) and os.path.lexists(file):
            judgement.ask(path, f"{file}: {_says(clash)}", f"keep it: git add {path}; drop it: git rm {path}")
        elif blob:
            self._insist(judgement, path, clash_flaws(checkout.store, clash, blob))

    def _other(self, judgement: Judgement, path: str, checkout: Tree) -> None:
        if self._missing(judgement, path, checkout):
            return
        blob, before = read_blob(self._places.work / path), checkout.read(path)
        if blob and blob != before:
            self._insist(judgement, path, flaws(path, blob, [before] if before else []))

    def _missing(self, judgement: Judgement, path: str, checkout: Tree) -> bool:
        """Whether a file that git laid out is there no more; it is asked about where git was not told."""
        file = self._places.work / path
        if path not in checkout.entries or file.is_file() or file.is_symlink():
            return False
        elsewhere = checkout.read(path) in self._added.values()
        staged = path not in self._known or elsewhere
        if staged and self._stop.kind == "overlay" and self._released(path, checkout):
            remedy = f"have the release's: git checkout HEAD -- {path}; or make the deletion a patch of yours"
            judgement.ask(path, f"{file}: an overlay cannot take a file of the release away", remedy, edited=True)
            return True
        if staged:
            judgement.dropped |= set() if elsewhere else {path}
            return True
        problem = "is no file any more" if os.path.lexists(file) else "was removed, and git was not told"
        back = f"have it back: git checkout --merge -- {path}"
        judgement.ask(path, f"{file}: {problem}", f"drop it: git rm {path}; {back}", edited=True)
        return True

    def _released(self, path: str, checkout: Tree) -> bool:
        """Whether the release has a file of this path."""
        return path in checkout.store.tree(self._stop.ours).entries

    def _insist(self, judgement: Judgement, path: str, wrong: Sequence[Flaw], *, edited: bool = True) -> None:
        if wrong and path in self._accept:
            judgement.accepted.add(path)
        elif wrong:
            remedy = f"mend it; or keep it as it is: difykit upgrade.continue --accept {path}"
            for flaw in wrong:
                judgement.ask(path, flaw.at(str(self._places.work / path)), remedy, edited=edited)

    def _changed(self) -> list[str]:
        """The paths that git knows and that are not as it laid them out."""
        words = ("diff-index", "--name-only", "-z", "--no-renames", "--ignore-submodules", self._stop.tree)
        return [path for path in _run(self._places, *words).split("\0") if path]


def moved(before: Tree, path: str, added: Mapping[str, Blob | None]) -> bool:
    """Whether a file that is gone is among the added ones: under its name elsewhere, or as it was."""
    was = before.read(path)
    return any(new.rpartition("/")[2] == path.rpartition("/")[2] or blob == was for new, blob in added.items())


def clash_flaws(store: Store, clash: UnresolvedPath, blob: Blob) -> tuple[Flaw, ...]:
    """What is wrong with what became of a file in conflict."""
    sides = [side for side in (_blob(store, clash.ours), _blob(store, clash.theirs)) if side]
    return flaws(clash.path, blob, sides, _blob(store, clash.base))


def _blob(store: Store, stage: IndexStage | None) -> Blob | None:
    return (stage.mode, store.blob(stage.oid)) if stage and stage.mode != "160000" else None


def _is_choice(clash: UnresolvedPath) -> bool:
    """Whether git has no lines in conflict to show: a person says whether the file stays."""
    return not clash.hunks and clash.kind not in {INVALID, UNFIT}


def _says(clash: UnresolvedPath) -> str:
    if clash.kind in {"modify/delete", "rename/delete"}:
        if clash.ours is None:
            return "the release has it no more, and yours changes it"
        if clash.theirs is None:
            return "yours deletes it, and the release changes it"
    return f"a conflict ({clash.kind})"


def marked(blob: Blob | None, labels: Sequence[str]) -> list[int]:
    """The lines of the markers that git put into a file."""
    if blob is None or blob[0] == "120000":
        return []
    start, end = (f"{mark} {label}".encode() for mark, label in zip(("<" * 7, ">" * 7), labels, strict=True))
    rows = list(enumerate(BytesIO(blob[1]).readlines(), 1))
    starts = [number for number, line in rows if line.startswith(start)]
    return starts or [number for number, line in rows if line.startswith(end)]


def _stages(places: Places) -> Iterator[tuple[str, int]]:
    """Each path of the index with its stage; 0 for what is merged."""
    for record in _run(places, "ls-files", "--stage", "-z").split("\0"):
        meta, _, path = record.partition("\t")
        if path:
            yield path, int(meta.rpartition(" ")[2])


def _run(places: Places, *words: str) -> str:
    completed = git(*words, git_dir=Path(places.work / ".git"), work_tree=places.work)
    return completed.stdout.decode("utf-8", "surrogateescape")
