"""What a developer did in a work tree, committed or not, as commits of the store; and the tree put on one of them."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from difykit.core import files
from difykit.core.errors import DirtyTree
from difykit.git import assume_unchanged
from difykit.git.chain import Person
from difykit.git.command import git
from difykit.git.store import GitEntry, Store
from difykit.git.worktree import BRANCH, WorkTree

_WHO = {
    f"GIT_{role}_{part}": value
    for role in ("AUTHOR", "COMMITTER")
    for part, value in (("NAME", "difykit"), ("EMAIL", "difykit@localhost"), ("DATE", "@0 +0000"))
}


@dataclass(frozen=True)
class OwnCommit:
    """A commit that somebody made in the work tree."""

    id: str
    message: str
    author: Person


@dataclass(frozen=True)
class EditedWorktree:
    """A work tree as it stands: the commit it started from, commits made on it, and everything in it as a commit.

    `start` is None where the commit that is checked out stands on none of the known ones.
    """

    head: str
    start: str | None
    own: tuple[OwnCommit, ...]
    commit: str


def look(tree: WorkTree, store: Store, known_commits: Collection[str]) -> EditedWorktree:
    """Take the work tree in: ignored files stay out. Only the store's objects grow.

    Raises DirtyTree while git is in the middle of something there, or for a repository inside the tree.
    """
    _check_idle(tree)
    head = tree.head()
    if head is None:
        raise DirtyTree(f"{tree.path} has no commit checked out", hint="make it anew: difykit sync")
    walked = git("rev-list", "--first-parent", head, git_dir=tree.git_dir).text.split()
    start = next((commit for commit in walked if commit in known_commits), None)
    own = walked[: walked.index(start)] if start else []
    tree_id = _tree(tree, store)
    _bring(tree, store, [tree_id, head], known_commits)
    # A commit of its own also where all is committed: what was taken in must not be taken for what was finished.
    words = ["commit-tree", tree_id, "-p", head, "-m", "edits that difykit finish takes in"]
    commit = git(*words, git_dir=store.path, extra=_WHO).text.strip()
    return EditedWorktree(head, start, tuple(_own(store, oid) for oid in reversed(own)), commit)


def stands_on(tree: WorkTree, commit: str) -> bool:
    """Whether what is checked out is `commit`, or was made on top of it."""
    return git("merge-base", "--is-ancestor", commit, "HEAD", git_dir=tree.git_dir, check=False).code == 0


def settle(tree: WorkTree, commit: str) -> None:
    """Say that the tree is at `commit`, without touching a file: what differs from it is then an uncommitted edit."""
    with tree.apart() as apart:
        head = tree.head() or ""
        apart.begin(head)
        apart.git("reset", "--quiet", "--mixed", commit)
        apart.publish(commit, BRANCH, head)


def layer_changes(store: Store, commits: Sequence[str]) -> Iterator[dict[str, tuple[GitEntry | None, GitEntry | None]]]:
    """For each commit: the files that it changes, as they were and as they are."""
    queries = "".join(f"{commit}\n" for commit in commits).encode()
    words = ["diff-tree", "--stdin", "-r", "-z", "--no-renames", "--full-index", "--always"]
    raw = git(*words, git_dir=store.path, stdin=queries).stdout.decode("utf-8", "surrogateescape")
    parts = iter(raw.split("\0"))
    by_commit: dict[str, dict[str, tuple[GitEntry | None, GitEntry | None]]] = {}
    current: dict[str, tuple[GitEntry | None, GitEntry | None]] = {}
    for part in parts:
        if match := re.fullmatch(r"\n?([0-9a-f]{40})\n?", part):
            current = by_commit.setdefault(match[1], {})
        elif part.lstrip("\n").startswith(":"):
            old_mode, new_mode, old, new, _status = part.lstrip("\n")[1:].split(" ")
            current[next(parts)] = (_entry(old_mode, old), _entry(new_mode, new))
    return iter([by_commit.get(commit, {}) for commit in commits])


def changes_between(store: Store, old: str, new: str) -> dict[str, tuple[GitEntry | None, GitEntry | None]]:
    """The files that differ between two commits, as they were and as they are."""
    words = ["diff-tree", "-r", "-z", "--no-renames", "--full-index", old, new]
    parts = git(*words, git_dir=store.path).stdout.decode("utf-8", "surrogateescape").split("\0")[:-1]
    changes: dict[str, tuple[GitEntry | None, GitEntry | None]] = {}
    for head, path in zip(parts[::2], parts[1::2], strict=True):
        old_mode, new_mode, old_id, new_id, _status = head[1:].split(" ")
        changes[path] = _entry(old_mode, old_id), _entry(new_mode, new_id)
    return changes


def renamed(store: Store, old: str, new: str) -> dict[str, str]:
    """The files that git takes for renamed between two commits: the new path → the old one."""
    words = ["diff-tree", "-r", "-z", "--find-renames=50%", "-l0", "--diff-filter=R", "--name-status", old, new]
    parts = git(*words, git_dir=store.path).stdout.decode("utf-8", "surrogateescape").split("\0")[:-1]
    return {parts[index + 2]: parts[index + 1] for index in range(0, len(parts), 3)}


def _entry(mode: str, oid: str) -> GitEntry | None:
    return GitEntry(mode, oid) if mode != "000000" else None


def _check_idle(tree: WorkTree) -> None:
    tree.check_idle()
    unmerged = git("ls-files", "--unmerged", "-z", git_dir=tree.git_dir, work_tree=tree.path).stdout
    if unmerged:
        paths = {record.split("\t")[1] for record in unmerged.decode("utf-8", "backslashreplace").split("\0")[:-1]}
        shown = "".join(f"\n  {path}" for path in sorted(paths)[:10])
        raise DirtyTree(f"{tree.path} has files in conflict:{shown}", hint="resolve them, then `git add` them")


def _bring(tree: WorkTree, store: Store, objects: Sequence[str], known_commits: Collection[str]) -> None:
    """The work tree borrows from the store, not the other way round: what is its own is copied."""
    revisions = "".join([*(f"{oid}\n" for oid in objects), *(f"^{oid}\n" for oid in known_commits)])
    pack = git("pack-objects", "--quiet", "--stdout", "--revs", git_dir=tree.git_dir, stdin=revisions.encode()).stdout
    git("unpack-objects", "-q", git_dir=store.path, stdin=pack)


def _own(store: Store, commit: str) -> OwnCommit:
    raw = git(
        "show", "-s", "--encoding=UTF-8", "--format=%an%x00%ae%x00%ad%x00%B", "--date=raw", commit, git_dir=store.path
    )
    name, email, date, message = raw.stdout.decode("utf-8", "replace").split("\0", 3)
    seconds, zone = date.split(" ")
    return OwnCommit(commit, message.strip("\n"), Person(name, email, int(seconds), zone))


def _check_sizes(tree: WorkTree, extra: Mapping[str, str]) -> None:
    """Raises Unreadable for an edited or new file that is too large for a patch, which git would read whole."""
    options = ["-z", "--modified", "--others", "--exclude-standard"]
    listed = git("ls-files", *options, git_dir=tree.git_dir, work_tree=tree.path, extra=extra).stdout
    for name in filter(None, listed.split(b"\0")):
        files.check_size(tree.path / os.fsdecode(name), files.TREE)


def _tree(tree: WorkTree, store: Store) -> str:
    """Everything in the work tree, as a tree of the store; the developer's index and objects stay as they are."""
    with tempfile.TemporaryDirectory(prefix="difykit-") as folder:
        index = Path(folder) / "index"
        # With the index comes what is tracked though it is ignored, and which files need not be read again.
        if (tree.git_dir / "index").exists():
            files.copy(tree.git_dir / "index", index)
        extra = {
            "GIT_INDEX_FILE": str(index),
            "GIT_OBJECT_DIRECTORY": os.path.abspath(store.path / "objects"),  # noqa: PTH100 - links stay
            "GIT_ALTERNATE_OBJECT_DIRECTORIES": _quoted(os.path.abspath(tree.git_dir / "objects")),  # noqa: PTH100
        }
        assume_unchanged.take_off(partial(git, git_dir=tree.git_dir, work_tree=tree.path, extra=extra), tree.path)
        _check_sizes(tree, extra)
        git("add", "--all", git_dir=tree.git_dir, work_tree=tree.path, extra=extra)
        _check_files(tree, extra)
        return git("write-tree", git_dir=tree.git_dir, extra=extra).text.strip()


def _quoted(path: str) -> str:
    """A path as git reads it in a list, where a colon would end it."""
    return '"' + path.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _check_files(tree: WorkTree, extra: dict[str, str]) -> None:
    listed = git("ls-files", "--stage", "-z", git_dir=tree.git_dir, work_tree=tree.path, extra=extra)
    inside = [
        os.fsdecode(record.split(b"\t")[1]) for record in listed.stdout.split(b"\0") if record.startswith(b"160000")
    ]
    if inside:
        raise DirtyTree(
            f"{tree.path / inside[0]} is a repository of its own, which no patch or overlay can hold",
            hint="move it away, with its history in .git",
        )
