"""What `finish` would do, as values: where each edit goes, and which patches are new."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from difykit.authoring.line_history import Weave
from difykit.core.errors import DifyKitError
from difykit.git import Blob, Person
from difykit.source.patch import printable

Kind = Literal["patch", "overlay", "new patch", "open", "refused"]


@dataclass(frozen=True)
class PathEdit:
    """An edit of one path: the file as it was and as it is; `source` is the path that it was renamed from."""

    path: str
    old: Blob | None
    new: Blob | None
    source: str = ""


@dataclass(frozen=True)
class EditStep:
    """Edits that belong together: a commit of the user's own, or what was not committed.

    `subject` is empty where nobody has named them yet.
    """

    changes: tuple[PathEdit, ...]
    subject: str = ""
    body: str = ""
    author: Person | None = None
    commit: str = ""


@dataclass(frozen=True)
class FinishChoice:
    """What the user says about edits that find no place by themselves; all of them into one patch with `alone`."""

    into: str = ""
    subject: str = ""
    why: str = ""
    alone: bool = False


@dataclass(frozen=True)
class Placement:
    """Where one edit goes: lines `first` to `last` of the edited file, 0 where it is about the whole file."""

    path: str
    first: int
    last: int
    what: str
    kind: Kind
    target: str
    reason: str = ""

    @property
    def where(self) -> str:
        """The place as messages name it."""
        lines = f":{self.first}" + (f"-{self.last}" if self.last > self.first else "") if self.first else ""
        return printable(self.path) + lines

    def __str__(self) -> str:
        targets = {
            "patch": f"patches/{self.target}",
            "overlay": f"overlay {self.target}",
            "new patch": f"new patch: {self.target or 'not named yet'}",
            "open": "not said yet",
            "refused": f"nowhere: {self.reason}",
        }
        return f"{self.where} ({self.what}) -> {targets[self.kind]}"


@dataclass(frozen=True)
class NewPatch:
    """A patch to be: its rank among the layers, its message."""

    rank: int
    subject: str
    body: str
    author: Person | None


@dataclass(frozen=True)
class FinishPlan:
    """What becomes of every edit; the weaves say what that makes of each layer."""

    placements: tuple[Placement, ...]
    new_patches: tuple[NewPatch, ...] = ()
    weaves: Mapping[str, Weave] = field(default_factory=dict, repr=False)
    moved: tuple[int, int] | None = None
    """A patch that gets another rank: the old and the new one."""

    @property
    def refused(self) -> tuple[Placement, ...]:
        """Edits that have no place at all."""
        return tuple(placement for placement in self.placements if placement.kind == "refused")

    @property
    def homeless(self) -> tuple[Placement, ...]:
        """New files of which nobody has said where they belong."""
        return tuple(placement for placement in self.placements if placement.kind == "open")

    @property
    def nameless(self) -> tuple[Placement, ...]:
        """Edits for a new patch that nobody has named."""
        unnamed = any(not patch.subject for patch in self.new_patches)
        return tuple(
            placement
            for placement in self.placements
            if unnamed and placement.kind == "new patch" and not placement.target
        )

    def describe(self) -> dict[str, object]:
        """The plan as `--json` prints it."""
        keys = ("path", "first", "last", "what", "kind", "target", "reason")
        return {
            "edits": [{key: getattr(placement, key) for key in keys} for placement in self.placements],
            "new_patches": [patch.subject for patch in self.new_patches],
            "complete": not (self.refused or self.homeless or self.nameless),
        }


def check_complete(plan: FinishPlan, overlays: tuple[str, ...]) -> None:
    """Raises DifyKitError with everything that has no place, and how to say where it belongs."""
    if plan.refused:
        shown = _shown(plan.refused)
        raise DifyKitError(
            f"nothing was changed: these edits cannot be folded back:\n{shown}", hint=_undo(plan.refused)
        )
    if plan.homeless:
        names = ", ".join((*overlays, "patches"))
        raise DifyKitError(
            f"nothing was changed: it is not said where these new files belong:\n{_shown(plan.homeless)}",
            hint=f"difykit finish --into NAME; NAME is one of: {names}; difykit overlay.new makes another",
        )
    if plan.nameless:
        raise DifyKitError(
            f"nothing was changed: these edits need a new patch, which has no name:\n{_shown(plan.nameless)}",
            hint='difykit finish --new-patch "What it does" --why "What it is for"; or --into PATCH',
        )


def _shown(placements: tuple[Placement, ...]) -> str:
    lines = [
        f"  {placement.where} ({placement.what})" + (f": {placement.reason}" if placement.reason else "")
        for placement in placements[:20]
    ]
    return "\n".join([*lines, *([f"  and {len(placements) - 20} more"] if len(placements) > 20 else [])])


def _undo(placements: tuple[Placement, ...]) -> str:
    return (
        "change what makes these lines,"
        f" undo them (git checkout --patch -- {printable(placements[0].path)} asks for each), then finish again"
    )
