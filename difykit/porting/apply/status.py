"""Where an upgrade stands, as a value: for the screen, for `--json`, and for what a verb returns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

from difykit.core import files
from difykit.core.errors import DifyKitError
from difykit.porting.apply.journal import (
    JournalLayer,
    Places,
    Stop,
    UnresolvedPath,
    UpgradeJournal,
    read_journal,
    read_landing,
)
from difykit.porting.beyond import to_review
from difykit.porting.mergelist import count_of
from difykit.porting.strategies import INVALID, UNFIT
from difykit.workspace.workspace import Workspace

_NEXT = {
    "none": "difykit upgrade.start --to RELEASE",
    "conflict": "difykit upgrade.continue; or difykit upgrade.abort",
    "cut off": "difykit upgrade.continue; or difykit upgrade.abort",
    "landing": "difykit upgrade.continue; or difykit upgrade.abort",
    "at work": "wait for it",
    "done": "invoke sync build deploy",
}


@dataclass(frozen=True)
class Status:
    """Where an upgrade stands; `work` is the folder in which a person has something to do."""

    state: Literal["none", "conflict", "cut off", "landing", "at work", "done"]
    old: str = ""
    to: str = ""
    layers: tuple[JournalLayer, ...] = ()
    stop: Stop | None = None
    unresolved: tuple[str, ...] = ()
    """What is unresolved, each with its place."""
    work: str = ""
    branch: str = ""
    beyond: int = 0
    """How many files were merged beyond git."""

    @property
    def next(self) -> str:
        """The next command."""
        return _NEXT[self.state]

    def describe(self) -> dict[str, Any]:
        """The status as `--json` prints it."""
        stop = self.stop
        return {
            "state": self.state,
            "from": self.old,
            "to": self.to,
            "layers": [layer.model_dump() for layer in self.layers],
            "conflict": {
                "layer": stop.label,
                "why": stop.why,
                "text": stop.text,
                "work": self.work,
                "paths": [_path(clash) for clash in stop.clashes],
                "left": list(self.unresolved),
                **({"refused": list(stop.refused)} if stop.refused else {}),
            }
            if stop
            else None,
            "branch": self.branch,
            **({"merged_beyond_git": self.beyond} if self.beyond else {}),
            "next": self.next,
        }

    def words(self) -> Iterator[str]:
        """The status in lines."""
        if self.state == "none":
            yield "no upgrade is under way"
            return
        head = f"the upgrade from Dify {self.old} to {self.to}" if self.old else f"the upgrade to Dify {self.to}"
        yield f"{head}: {_STATE[self.state]}"
        for layer in self.layers:
            yield f"  {layer.label}: {layer.state}" + (f": {layer.note}" if layer.note else "")
        if self.stop:
            yield from stopped(self.stop, self.to, self.work)
            yield from (f"  left: {text}" for text in self.unresolved)
        if self.beyond:
            yield f"  {to_review(self.beyond)}"


_STATE = {
    "conflict": "waits for you",
    "cut off": "was cut off",
    "landing": "was cut off while it put the new files in place",
    "at work": "is at work right now",
    "done": "done",
}


def _path(clash: UnresolvedPath) -> dict[str, Any]:
    note = {"note": clash.note} if clash.note else {}
    return {"path": clash.path, "kind": clash.kind, "hunks": clash.hunks, **note}


def stopped(stop: Stop, to: str, work: str) -> Iterator[str]:
    """Why an upgrade waits for a person."""
    if stop.kind == "edits":
        yield f"overlay {stop.name} does not fit Dify {to}:"
        yield stop.text
        yield from _refused(stop)
        yield f"  a copy of its {stop.file} to mend is in {work}"
        return
    count = f"{len(stop.clashes)} files" if len(stop.clashes) > 1 else "one file"
    yield f"{stop.label} conflicts with Dify {to} in {count}, in {work}:"
    for clash in stop.clashes:
        yield f"  {clash.path}: {_conflict(clash)}"
    yield from _refused(stop)
    if stop.why:
        yield f"  Why: {stop.why}"


def _refused(stop: Stop) -> Iterator[str]:
    """What is asked again, and why."""
    return (f"  asked again, since what is remembered may not stand: {fault}" for fault in stop.refused)


def _conflict(clash: UnresolvedPath) -> str:
    if clash.kind in {INVALID, UNFIT}:
        return clash.note
    hunks = f"{clash.hunks} hunks" if clash.hunks > 1 else "one hunk"
    return (hunks if clash.hunks else clash.kind) + (f"; {clash.note}" if clash.note else "")


def read_status(workspace: Workspace) -> Status:
    """Where the workspace's upgrade stands. Raises DifyKitError for a journal that cannot be read."""
    places = Places(workspace.derived)
    upgrade = read_journal(places)
    if landing := read_landing(places):
        git = landing.git
        layers = upgrade.layers if upgrade else ()
        state: Literal["landing", "at work"] = "at work" if _at_work(workspace) else "landing"
        branch, beyond = git.branch if git else "", count_of(places.merged)
        return Status(state, upgrade.old if upgrade else "", landing.to, layers, branch=branch, beyond=beyond)
    status = status_of(upgrade, places) if upgrade else Status("none")
    return replace(status, state="at work") if status.state == "cut off" and _at_work(workspace) else status


def _at_work(workspace: Workspace) -> bool:
    """Whether another difykit holds the workspace, so that nothing was cut off."""
    try:
        with files.locked(workspace.derived / "lock", "difykit upgrade.status"):
            return False
    except DifyKitError:
        return True


def status_of(upgrade: UpgradeJournal, places: Places) -> Status:
    """The status of an upgrade that has not begun to land."""
    return replace(_status_of(upgrade, places), beyond=count_of(places.merged))


def _status_of(upgrade: UpgradeJournal, places: Places) -> Status:
    from difykit.porting.conflicts.work_tree import damage, examine  # noqa: PLC0415 - one without a conflict needs no git

    stop = upgrade.stop
    if stop is None:
        return Status("cut off", upgrade.old, upgrade.to, upgrade.layers)
    if stop.kind == "edits":
        wrong = _mend_faults(places)
        return Status("conflict", upgrade.old, upgrade.to, upgrade.layers, stop, wrong, str(places.mend / stop.name))
    if fault := damage(places):
        unresolved: tuple[str, ...] = (f"{places.work} is damaged: {fault}; difykit upgrade.abort puts it aside",)
    elif (places.work / ".git" / "HEAD").is_file():
        unresolved = tuple(examine(places, stop).unresolved)
    else:
        unresolved = (f"{places.work} is gone",)
    return Status("conflict", upgrade.old, upgrade.to, upgrade.layers, stop, unresolved, str(places.work))


def _mend_faults(places: Places) -> tuple[str, ...]:
    from difykit.git import Store  # noqa: PLC0415 - as above
    from difykit.porting.apply.overlay_repair import faults_of  # noqa: PLC0415 - as above
    from difykit.porting.conflicts.resolutions import Memory  # noqa: PLC0415 - as above

    derived = places.top.parent
    with Store(derived / "upstream.git") as store:
        return faults_of(places, derived.parent, Memory(places.resolutions, store))
