"""Many three-way merges in one git process, without an index or a work tree (`git merge-tree --stdin`, git 2.39)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from difykit.core.errors import MissingTool
from difykit.git.command import git
from difykit.git.facts import git_version
from difykit.git.store import GitEntry, Store

NEEDS = (2, 39)
_SETTINGS = {
    "merge.conflictStyle": "zdiff3",
    "merge.renames": "true",
    "merge.renameLimit": "65535",
    "diff.renameLimit": "65535",
    "merge.directoryRenames": "conflict",  # a strategy follows them by name
}
_KIND = re.compile(r"CONFLICT \(([^)]*)\)")
_PLAIN = {"contents": "content", "distinct modes": "mode", "distinct types": "file/directory"}


@dataclass(frozen=True)
class Unmerged:
    """A path that git leaves in conflict: what it is in the base (1), in ours (2) and in theirs (3), and why."""

    path: str
    stages: Mapping[int, GitEntry]
    kinds: tuple[tuple[str, str], ...] = ()
    """Git's kinds of conflict that are about the path, each with git's words for it."""

    @property
    def kind(self) -> str:
        """The one word for it: what happened to the path counts before what happened in the file."""
        return self._first[0]

    @property
    def text(self) -> str:
        """Git's words for it."""
        return self._first[1]

    @property
    def _first(self) -> tuple[str, str]:
        return next((pair for pair in self.kinds if pair[0] != "content"), (self.kinds or (("content", ""),))[0])


@dataclass(frozen=True)
class GitMerge:
    """What became of one merge; a file in conflict stands in the tree with git's zdiff3 markers."""

    tree: str
    unmerged: tuple[Unmerged, ...]


def check_git() -> None:
    """Raises MissingTool where git cannot merge without a work tree."""
    version = git_version()
    if tuple(int(part) for part in version.split(".")[:2]) < NEEDS if version else True:
        raise MissingTool(
            f"merging without a work tree needs git 2.39 or newer, and this is {version or 'no git'}",
            hint="install a newer git and run the command again",
        )


def merge_pairs(store: Store, pairs: Sequence[tuple[str, str]]) -> list[GitMerge]:
    """Merge each pair of commits (ours, theirs) from the commit that both stand on.

    Raises CommandFailed when git refuses, as it does for commits without a common one.
    """
    if not pairs:
        return []
    queries = "".join(f"{ours} {theirs}\n" for ours, theirs in pairs).encode()
    settings = [word for key, value in _SETTINGS.items() for word in ("-c", f"{key}={value}")]
    raw = git(*settings, "merge-tree", "--stdin", git_dir=store.path, stdin=queries).stdout.decode(
        "utf-8", "surrogateescape"
    )
    fields = iter(raw.split("\0"))
    return [_record(fields) for _ in pairs]


def diff_trees(store: Store, pairs: Sequence[tuple[str, str]]) -> list[dict[str, GitEntry | None]]:
    """For each pair of trees, the paths that differ and what the second has there."""
    if not pairs:
        return []
    queries = "".join(f"{old} {new}\n" for old, new in pairs).encode()
    words = ["diff-tree", "--stdin", "-r", "-z", "--raw", "--no-renames"]
    raw = git(*words, git_dir=store.path, stdin=queries).stdout.decode("utf-8", "surrogateescape")
    changes: list[dict[str, GitEntry | None]] = []
    fields = iter(raw.split("\0"))
    for field in fields:
        record = field
        while record and not record.startswith(":"):  # the line that names a pair comes before its first record
            changes.append({})
            record = record.partition("\n")[2]
        if record:
            _, mode, _, oid, status = record.split(" ")
            changes[-1][next(fields)] = None if status == "D" else GitEntry(mode, oid)
    return changes


def _record(fields: Iterator[str]) -> GitMerge:
    clean, tree = next(fields), next(fields)
    stages: dict[str, dict[int, GitEntry]] = {}
    for field in iter(lambda: next(fields), ""):
        meta, path = field.split("\t", 1)
        mode, oid, stage = meta.split(" ")
        stages.setdefault(path, {})[int(stage)] = GitEntry(mode, oid)
    if clean == "1":
        return GitMerge(tree, ())
    kinds: dict[str, list[tuple[str, str]]] = {}
    for count in iter(lambda: next(fields), ""):
        paths = [next(fields) for _ in range(int(count))]
        short, text = next(fields), next(fields).strip()
        if short.startswith("CONFLICT"):
            match = _KIND.match(text)
            kind = match[1] if match else short.removeprefix("CONFLICT").strip(" ()")
            for path in paths:
                kinds.setdefault(path, []).append((_PLAIN.get(kind, kind), text))
    return GitMerge(
        tree, tuple(Unmerged(path, entries, tuple(kinds.get(path, ()))) for path, entries in sorted(stages.items()))
    )
