"""The repository of a work tree mended in its place: what is derived in it is made again, what is the user's stays."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

from difykit.core import files
from difykit.git.command import git
from difykit.git.damage import RepositoryFault, content, head_fault, is_special, object_files, tree_faults
from difykit.git.remote import kept_releases
from difykit.git.repair_store import OWNER, readable_refs
from difykit.git.store import Store
from difykit.git.worktree import WorkTree

_ENTRY = re.compile(rb"[0-9a-f]{40} ([0-9a-f]{40}) .*")
_NONE = "0" * 40
_SOURCE = "ref: refs/heads/source\n"


def mend_frame(tree: WorkTree, store: Store) -> list[RepositoryFault]:
    """Make again what needs no objects: HEAD, branches, settings, folders. HEAD and branches are as git's logs say.

    What was broken stays below `damaged/`. Returns what was broken; a work tree without a repository stays as it is.
    """
    faults = tree_faults(tree, store)
    git_dir = tree.git_dir
    if not faults or not git_dir.is_dir():
        return faults
    for name in ("objects", "refs", "refs/heads", "refs/tags"):
        if os.path.lexists(git_dir / name) and not (git_dir / name).is_dir():
            _set_aside(git_dir, name)
        (git_dir / name).mkdir(exist_ok=True)
    broken = {fault.path for fault in faults}
    refs = readable_refs(git_dir)
    later = {name for name in ("index", "objects/info/alternates") if not is_special(git_dir / name)}
    for name in sorted(broken - {"objects/", "refs/"} - later):
        _set_aside(git_dir, name)
    if "HEAD" in broken:
        files.write(git_dir / "HEAD", _SOURCE)
    if "config" in broken:
        git("init", "--quiet", "--template=", "--initial-branch=source", str(tree.path))
    _restore_branches(git_dir, refs if "packed-refs" in broken else {})
    if "HEAD" not in broken and head_fault(git_dir):  # it names a branch that no log knows
        _set_aside(git_dir, "HEAD")
        files.write(git_dir / "HEAD", _SOURCE)
        broken.add("HEAD")
    if "HEAD" in broken:
        _restore_head(git_dir)
    return faults


def mend_index(tree: WorkTree, store: Store) -> None:
    """Make the index again from the commit that is checked out: what differs from it in the files then shows.

    An index that is sound stays. Raises CommandFailed where the commit cannot be read.
    """
    if any(fault.path == "index" for fault in tree_faults(tree, store)):
        _set_aside(tree.git_dir, "index")
        git("read-tree", "HEAD", git_dir=tree.git_dir, work_tree=tree.path)


def restore_missing(tree: WorkTree) -> list[str]:
    """Write files again that the index has and the folder has not; which."""
    words = ["ls-files", "-z", "--deleted"]
    raw = git(*words, git_dir=tree.git_dir, work_tree=tree.path).stdout
    paths = raw.decode("utf-8", "surrogateescape").split("\0")[:-1]
    if paths:
        words = ["checkout-index", "--quiet", "-z", "--stdin"]
        git(*words, git_dir=tree.git_dir, work_tree=tree.path, stdin=raw, check=False)
    return [path for path in paths if os.path.lexists(tree.path / path)]


def mostly_gone(tree: WorkTree) -> bool:
    """Whether more than half of the files that git tracks are gone: nobody edits like that."""
    words = ["ls-files", "-z"]
    tracked = git(*words, git_dir=tree.git_dir, work_tree=tree.path).stdout.count(b"\0")
    return git(*words, "--deleted", git_dir=tree.git_dir, work_tree=tree.path).stdout.count(b"\0") * 2 > tracked


def is_own_chain(tree: WorkTree, bases: Collection[str]) -> bool:
    """Whether what is checked out is one of the bases, or layers of difykit's on one: the commits say who made them."""
    words = ["log", "--first-parent", "--format=%H %ce", "HEAD"]
    rows = [line.partition(" ") for line in git(*words, git_dir=tree.git_dir, check=False).text.splitlines()]
    first = next((commit for commit, _, who in rows if who != OWNER), "")
    return first in bases


def other_commits(tree: WorkTree, store: Store, known_commits: set[str]) -> list[str]:
    """The branches, and the stash, of a work tree that lead to commits of the user's own."""
    words = ["for-each-ref", "--format=%(objectname) %(refname)"]
    rows = [row.partition(" ") for row in git(*words, git_dir=tree.git_dir).text.splitlines()]
    known_commits = known_commits | set(kept_releases(store).values())
    return [ref.removeprefix("refs/heads/") for oid, _, ref in rows if oid not in known_commits]


def own_objects(tree: WorkTree) -> set[str] | None:
    """The objects that the work tree's repository holds itself: what the user committed or staged; None for packed."""
    names = [name for name in object_files(tree.git_dir) if not name.startswith("info/")]
    return None if any(name.startswith("pack/") for name in names) else {name.replace("/", "") for name in names}


def _set_aside(git_dir: Path, name: str) -> None:
    if os.path.lexists(git_dir / name):
        new = git_dir / "damaged" / name
        new.parent.mkdir(parents=True, exist_ok=True)
        if new.is_dir():
            shutil.rmtree(new)
        (git_dir / name).replace(new)


def _restore_branches(git_dir: Path, refs: dict[str, str]) -> None:
    """Let the branches, and the stash, be where git's logs have them last; git drops the log of one that is deleted."""
    logs = git_dir / "logs"
    for path in (logs / "refs").rglob("*"):
        if path.is_file() and (commit := _last(path)):
            refs.setdefault(path.relative_to(logs).as_posix(), commit)
    present = readable_refs(git_dir)
    for ref, commit in refs.items():
        if ref not in present:
            with suppress(OSError):  # `a` and `a/b` cannot both be
                files.write(git_dir / ref, f"{commit}\n")


def _restore_head(git_dir: Path) -> None:
    commit = _last(git_dir / "logs" / "HEAD")
    refs = {ref: oid for ref, oid in readable_refs(git_dir).items() if ref.startswith("refs/heads/")}
    if commit and refs.get("refs/heads/source") != commit:
        branch = next((ref for ref, oid in sorted(refs.items()) if oid == commit), "")
        files.write(git_dir / "HEAD", os.fsencode(f"ref: {branch}\n" if branch else f"{commit}\n"))


def _last(log: Path) -> str:
    """The commit that a log ends with; "" for none."""
    for line in reversed((content(log) or b"").splitlines()):
        if entry := _ENTRY.fullmatch(line):
            commit = entry[1].decode()
            return "" if commit == _NONE else commit
    return ""
