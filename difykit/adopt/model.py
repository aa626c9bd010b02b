"""What an adoption is made of, as frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from packaging.version import Version

from difykit.core.errors import DifyKitError

Entries = Mapping[str, str]
"""The files of a tree: path → mode and blob id, as one text."""

By = Literal["meaning", "area", "file", "commit"]
OF_COMMITS = frozenset({"meaning", "commit"})
"""The ways that ask for the fork's own commits."""
KINDS = {
    "secret": "secrets in the fork: put others in their place where they are used, then take them out",
    "submodule": "links to other repositories, which neither a patch nor an overlay can carry: they are left out",
    "conflict markers": "conflict markers that were committed",
    "merge copy": "copies that git leaves beside a file when a merge conflicts",
    "stale": "files of older releases that a merge brought back",
    "old content": "files in which a merge lost what upstream changed",
    "deleted": "files of Dify that the fork does not have (`Stay-deleted: yes` in a patch keeps them away for good)",
    "lock file": "lock files that may be out of step",
    "compose": "copies of Compose files",
    "blueprint": "what could become endpoints of an overlay",
    "taken along": "files that are carried in a patch, since an overlay cannot",
    "newer": "files that are those of a newer release",
}
"""The kinds of findings in the order in which they are told, with what each is."""
KEY_STORE = "a key store"


def grouping_of(text: str) -> By:
    """One of the ways to group changes into patches. Raises DifyKitError for another."""
    for grouping in get_args(By):
        if text == grouping:
            return grouping  # type: ignore[no-any-return] # what get_args gives has no type
    raise DifyKitError(
        f"--by {text}: there is no such way",
        hint="--by takes area, file or commit; without it a patch holds what belongs together",
    )


@dataclass(frozen=True)
class Request:
    """What is to be adopted, and how."""

    fork: str
    ref: str
    base: str = ""
    by: By = "area"
    name: str = ""


@dataclass(frozen=True)
class BaseCandidate:
    """A release of upstream, or another commit of it, as a base to try."""

    ref: str
    commit: str
    version: Version | None
    entries: Entries = field(repr=False)


@dataclass(frozen=True)
class Candidate:
    """How far the fork is from a release: upstream's files that differ, and those that both have alike."""

    release: BaseCandidate = field(repr=False)
    changed: int
    missing: int
    stray: int
    """Files of other releases that this one does not have and the fork has."""
    same: int

    @property
    def differs(self) -> int:
        return self.changed + self.missing + self.stray

    def describe(self) -> dict[str, object]:
        """It, as `--json` prints it."""
        return {
            "ref": self.release.ref,
            "commit": self.release.commit,
            "differs": self.differs,
            "changed": self.changed,
            "missing": self.missing,
            "stray": self.stray,
            "same": self.same,
        }


@dataclass(frozen=True)
class ForkSplit:
    """Where each difference between base and fork goes."""

    overlay: tuple[str, ...]
    patched: tuple[str, ...]
    """Paths that are added, changed or taken away by patches, and both paths of a file that moved."""
    deleted: tuple[str, ...]
    moved: Mapping[str, str]
    """New path → old path."""
    unfit: Mapping[str, str]
    """Added paths that an overlay cannot carry, with the reason."""
    swapped: Mapping[str, tuple[str, ...]]
    """Where one side has a file and the other a folder: all paths there, which one patch must carry."""


@dataclass(frozen=True)
class PatchPlan:
    """A patch to be: its file, its message, and the paths whose difference it carries."""

    name: str
    subject: str
    body: str
    author: str
    email: str
    date: str
    paths: tuple[str, ...]
    commit: str = ""
    """The commit of the fork whose own change of these paths it is, where it is not the whole difference."""
    leftover: str = ""
    """The kind of findings that it carries, and nothing else; "" where it carries what the fork itself changed."""
    on_top: bool = False
    """Whether it carries only the leftovers of its path: what else the fork changed there is in another patch."""


@dataclass(frozen=True)
class ForkFinding:
    """Something in the fork that somebody should look at."""

    kind: str
    path: str
    text: str
    line: int = 0
    drop: str = ""
    """The command that takes out just this; "" where there is none."""
    edit: str = ""
    """Where to take it out by hand, since what holds it holds work of the fork's too; "" where `drop` does."""
    mixed: bool = False
    """Whether its file is not this and nothing else."""

    def __str__(self) -> str:
        where = f"{self.path}:{self.line}" if self.line else self.path
        return f"{where}: {self.text}"

    def describe(self) -> dict[str, object]:
        """It, as `--json` prints it."""
        keys = ("kind", "path", "line", "text", "drop", "edit")
        return {key: getattr(self, key) for key in keys}


@dataclass(frozen=True)
class AdoptionPlan:
    """A whole adoption."""

    request: Request
    name: str
    fork_commit: str
    fork_tree: str
    base: BaseCandidate
    candidates: tuple[Candidate, ...]
    split: ForkSplit
    patches: tuple[PatchPlan, ...]
    findings: tuple[ForkFinding, ...]
    apart: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    """Files that hold leftovers and work of the fork's: path → the file without the leftovers."""
    by_files: str = ""
    """Why the fork's history has no say in it; "" where it has."""
    content: str = ""
    """The commit whose tree is to be made: the fork's, or one without its submodules."""
    proven: str = ""
    """The tree that a sync of the result gives, once that was seen."""

    @property
    def left_out(self) -> list[str]:
        """What of the fork is in neither a patch nor the overlay."""
        return [finding.path for finding in self.findings if finding.kind == "submodule"]

    def describe(self) -> dict[str, object]:
        """The plan as `--json` prints it."""
        return {
            "fork": {
                "url": self.request.fork,
                "ref": self.request.ref,
                "commit": self.fork_commit,
                "tree": self.fork_tree,
            },
            "base": {"ref": self.base.ref, "commit": self.base.commit},
            "by_files": self.by_files,
            "candidates": [candidate.describe() for candidate in self.candidates],
            "overlay": {"name": self.name, "files": len(self.split.overlay)} if self.split.overlay else None,
            "patches": [
                {"name": patch.name, "subject": patch.subject, "paths": list(patch.paths)} for patch in self.patches
            ],
            "left_out": self.left_out,
            "findings": [finding.describe() for finding in self.findings],
            "tree": self.proven,
            "equal": self.proven == self.fork_tree,
        }
