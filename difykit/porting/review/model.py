"""A review as frozen values: each file that was merged beyond git, with its sides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from difykit.porting import FileMerge, files_beyond
from difykit.porting.review.changes import LineChange
from difykit.porting.review.passages import Passage


@dataclass(frozen=True)
class ReviewSide:
    """One side of a file: its size, and why there is no text of it to show, "" where there is one."""

    mode: str = ""
    oid: str = ""
    size: int = 0
    lines: int = 0
    absence: str = "no such file"

    def describe(self) -> dict[str, Any] | None:
        """The side as JSON has it; null where there is no such file."""
        if not self.oid:
            return None
        text = {"absence": self.absence} if self.absence else {"lines": self.lines}
        return {"mode": self.mode, "blob": self.oid, "bytes": self.size, **text}


@dataclass(frozen=True)
class ReviewedFile:
    """One file that was merged beyond git, the customisation that it belongs to, and what to look at."""

    layer: str
    file: str
    """Where the customisation is in the workspace."""
    title: str
    why: str
    merge: FileMerge
    sides: Mapping[str, ReviewSide]
    changes: Mapping[str, tuple[LineChange, ...]]
    """What yours changes in the base, and what the result changes in upstream's file."""
    passages: tuple[Passage, ...]
    one_sided: int = 0
    """How many more passages there are that one side alone changed."""

    @property
    def place(self) -> str:
        """The file, and the lines of it that the merge is about."""
        spans = [passage.changed for passage in self.passages if passage.changed]
        shown = [f"{first}-{first + count - 1}" if count > 1 else str(first) for first, count in spans[:_SPANS]]
        more = ["…"] if len(spans) > _SPANS else []
        return f"{self.merge.path}:{','.join([*shown, *more])}" if shown else self.merge.path

    def describe(self) -> dict[str, Any]:
        """The file as JSON has it."""
        merge = self.merge
        return {
            "customisation": self.layer,
            "file": self.file,
            "title": self.title,
            "why": self.why,
            "path": merge.path,
            "was": merge.was or None,
            "strategy": merge.strategy,
            "kind": merge.kind,
            "reason": merge.reason,
            "note": merge.note,
            "changed_by_hand": merge.by_hand,
            "sides": {name: side.describe() for name, side in self.sides.items()},
            "changes": {side: [change.describe() for change in changes] for side, changes in self.changes.items()},
            "passages": [_passage(passage) for passage in self.passages],
            "one_sided": self.one_sided,
        }


_SPANS = 8  # of the lines of a file that its heading names


def _passage(passage: Passage) -> dict[str, Any]:
    first, count = passage.changed or (None, None)
    sides = {name: excerpt.describe() for name, excerpt in passage.sides.items()}
    return {"line": first, "count": count, **sides}


@dataclass(frozen=True)
class Review:
    """What an upgrade merged beyond git, or would merge."""

    stage: Literal["forecast", "under way", "landed"]
    old: str
    to: str
    files: tuple[ReviewedFile, ...]
    branch: str = ""
    notes: tuple[str, ...] = ()
    """What a reader should know of all of it."""
    unknown: tuple[str, ...] = ()
    """What is not known of merges, each with its customisation."""

    @property
    def about(self) -> str:
        """Which upgrade this is about."""
        journey = f"the upgrade from Dify {self.old} to {self.to}"
        if self.stage == "landed":
            return f"{journey}, which has landed" + (f" on the branch {self.branch}" if self.branch else "")
        return f"{journey}, which is under way" if self.stage == "under way" else f"{journey}, as it is forecast"

    @property
    def headline(self) -> str:
        """The number of files."""
        beyond = files_beyond(len(self.files)) if self.files else "no file was merged beyond git"
        if self.stage == "forecast":
            beyond = beyond.replace(" was ", " would be ").replace(" were ", " would be ")
        return beyond + (" so far" if self.stage == "under way" else "")

    def describe(self) -> dict[str, Any]:
        """The review as `upgrade.review --json` prints it.

        stage                                   forecast, under way, or landed
        from, to, branch                        the releases; the branch on which it landed, or null
        merged_beyond_git                       how many files
        notes, unknown                          what to know of it, and what is not known
        files: [{customisation, file, title, why, path, was, strategy, kind, reason, note, changed_by_hand,
            sides: {base, yours, upstream, result: {mode, blob, bytes, lines} or null},
            changes: {yours: in the base, result: in upstream's file; of both [{line, removed, added}]},
            passages: [{line, count, base, yours, upstream, result: {line, lines, no_newline_at_end}}],
            one_sided}]                         how many more passages one side alone changed
        """
        return {
            "stage": self.stage,
            "from": self.old,
            "to": self.to,
            "branch": self.branch or None,
            "merged_beyond_git": len(self.files),
            "notes": list(self.notes),
            "unknown": list(self.unknown),
            "files": [file.describe() for file in self.files],
        }
