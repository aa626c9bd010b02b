"""What an upgrade under way has written down: enough to go on, or to go back, after being cut off at any moment."""

from __future__ import annotations

import shutil
from itertools import takewhile
from pathlib import Path
from typing import Literal, TypeVar

from difykit.core import files, transaction
from difykit.core.errors import Damaged
from difykit.workspace.manifest import Model

M = TypeVar("M", bound=Model)
Phase = Literal["pin", "ported", "dropped", "lock"]
"""The commits of an upgrade, in their order."""
State = Literal["untouched", "ported", "dropped", "left out", "conflict", "to do"]

AS_RELEASED = "as the release has it"
NOT_RELEASED = "the release has it no more"
NOTHING_LEFT = "nothing of it is left"
"""Why something of a layer goes, as its note says it."""


class JournalLayer(Model):
    """A patch or an overlay, and how far it is."""

    kind: Literal["patch", "overlay"]
    name: str
    state: State = "to do"
    note: str = ""

    @property
    def label(self) -> str:
        """How messages call it."""
        return f"{self.kind} {self.name}"


class IndexStage(Model):
    """A file as git has it."""

    mode: str
    oid: str


class UnresolvedPath(Model):
    """One path that is left to a person: the three sides of it, and how many hunks are in conflict."""

    path: str
    kind: str
    hunks: int = 0
    note: str = ""
    """Why difykit did not merge it either."""
    base: IndexStage | None = None
    ours: IndexStage | None = None
    theirs: IndexStage | None = None


class FileMerge(Model):
    """One file merged beyond git, by its four sides; a side is None where it has no such file."""

    path: str
    was: str = ""
    """Where git stopped at it, if that is another path."""
    strategy: str
    kind: str
    """The kind of git's conflict."""
    reason: str
    """Why git did not merge it."""
    note: str = ""
    """What the strategy says of its merge."""
    base: IndexStage | None = None
    ours: IndexStage | None = None
    theirs: IndexStage | None = None
    result: IndexStage | None = None
    by_hand: bool = False
    """Whether a person changed it after the strategy."""

    @property
    def sides(self) -> dict[str, IndexStage | None]:
        """The four, by how a reader calls them."""
        return {"base": self.base, "yours": self.theirs, "upstream": self.ours, "result": self.result}

    @property
    def label(self) -> str:
        """The file, and the strategy that merged it."""
        return f"{self.path} by {self.strategy}" + (", then changed by hand" if self.by_hand else "")


class Stop(Model):
    """Where the upgrade waits for a person: a conflict in the work tree, or edits that do not fit."""

    kind: Literal["patch", "overlay", "edits"]
    name: str
    why: str = ""
    text: str = ""
    """What does not fit, where it is not a conflict of files."""
    file: str = "overlay.yaml"
    """The file of the overlay that it does not fit by."""
    base: str = ""
    ours: str = ""
    theirs: str = ""
    tree: str = ""
    """The commits of the merge, and the tree with git's markers in it."""
    clashes: tuple[UnresolvedPath, ...] = ()
    labels: tuple[str, str] = ("", "")
    refused: tuple[str, ...] = ()
    """What is remembered and may not stand, each with its place and why: it is asked again."""
    accepted: tuple[str, ...] = ()
    """The paths at which a person insisted on what is remembered."""

    @property
    def label(self) -> str:
        """How messages call the layer."""
        return f"{'patch' if self.kind == 'patch' else 'overlay'} {self.name}"


class UpgradeJournal(Model):
    """An upgrade under way."""

    version: Literal[1] = 1
    old: str
    to: str
    commit: str
    """The commit of the release that it moves to."""
    inputs: str
    """A digest of the workspace's files as they were at the start."""
    layers: tuple[JournalLayer, ...]
    stop: Stop | None = None
    resolved: tuple[str, ...] = ()
    """The merges that a person made in this upgrade."""


class CarriedPatch(Model):
    """A patch that an earlier run of the same upgrade has carried; its new file in Base64, "" where it is as before."""

    name: str
    state: State
    commit: str
    note: str
    content: str
    beyond: tuple[FileMerge, ...] | None = None
    """What of it was merged beyond git; None of one that an older difykit carried."""


class CarriedList(Model):
    """The patches before the one that waits for a person: going on does nothing twice."""

    version: Literal[1, 2] = 2
    """In 1, what a person resolved was not looked at."""
    patches: tuple[CarriedPatch, ...]


class FileMove(Model):
    """One file of the workspace that changes, or goes."""

    path: str
    gone: bool
    phase: Phase


class BranchMove(Model):
    """The way of the user's repository: from where HEAD was to the new branch."""

    branch: str
    tip: str
    old_branch: str
    old_commit: str
    entries: dict[str, IndexStage | None]
    """What the index has for the files afterwards."""
    before: dict[str, IndexStage | None]


class Landing(Model):
    """A landing under way: what its transaction notes of it, to finish the upgrade or to take it back."""

    to: str
    git: BranchMove | None = None


class Places:
    """Where an upgrade keeps what; all of it in `.difykit/upgrade`."""

    def __init__(self, derived: Path) -> None:
        self.store = derived / "upstream.git"
        self.top = derived / "upgrade"
        self.journal = self.top / "journal.json"
        self.work = self.top / "work"
        self.staged = self.top / "staged"
        self.before = self.top / "before"
        self.index = self.top / "index"
        self.old_index = self.top / "index.before"
        self.mend = self.top / "mend"
        self.carried = self.top / "carried.json"
        self.merged = self.top / "merged.json"
        self.landed = self.top / "landed.json"
        self.resolutions = self.top / "resolutions"

    def clear(self, *, keep_before: bool = False) -> None:
        """Take away what belongs to one upgrade; resolutions stay, and what the last one that landed merged."""
        self.journal.unlink(missing_ok=True)
        names = {self.resolutions.name, self.landed.name, *([self.before.name] if keep_before else [])}
        for path in self.top.iterdir() if self.top.is_dir() else ():
            if path.name in names:
                continue
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)


def read_journal(places: Places) -> UpgradeJournal | None:
    """The upgrade under way; None where there is none. Raises DifyKitError for a journal that cannot be read."""
    return _read(UpgradeJournal, places.journal)


def read_landing(places: Places) -> Landing | None:
    """The landing under way; None where there is none. Raises DifyKitError for one that cannot be read."""
    log = transaction.pending(places.top.parents[1])
    if log is None or log.owner.name != "upgrade":
        return None
    try:
        return Landing.model_validate(log.note)
    except ValueError as error:
        raise _unreadable(places.top.parent / "transaction") from error


def read_carried(places: Places) -> tuple[CarriedPatch, ...]:
    """The patches that an earlier run has carried; none where that cannot be read, since they can be carried again.

    Of an older difykit's, those from the first on that a person resolved are, too: it did not look at that.
    """
    try:
        carried = CarriedList.model_validate_json(files.read_bytes(places.carried, limit=files.STATE))
    except (FileNotFoundError, ValueError):
        return ()
    looked_at = carried.version > 1
    return tuple(takewhile(lambda patch: looked_at or "resolved " not in patch.note, carried.patches))


def write(path: Path, value: Model) -> None:
    """Write a journal, whole or not at all."""
    files.write(path, value.model_dump_json(indent=1) + "\n")


def _read(model: type[M], path: Path) -> M | None:
    try:
        return model.model_validate_json(files.read_bytes(path, limit=files.STATE))
    except FileNotFoundError:
        return None
    except ValueError as error:  # pydantic's, too
        raise _unreadable(path) from error
    except OSError as error:
        raise _unreadable(path) from error


def _unreadable(path: Path) -> Damaged:
    return Damaged(
        f"{path} cannot be read: it is damaged, or another version of difykit wrote it",
        hint="go on with the difykit that started it; or difykit upgrade.abort, which puts all of it aside",
    )
