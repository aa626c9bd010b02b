"""A broken store made anew from what is sound in it: nothing that can be read is lost, nothing broken stays."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from difykit.core import files
from difykit.git.command import git
from difykit.git.damage import broken_objects, content, object_files
from difykit.git.store import Store

OWNER = "difykit@localhost"
"""Who commits the layers of a source."""

_LOOSE = re.compile(r"[0-9a-f]{2}/[0-9a-f]{38}")
_PACK = re.compile(r"pack/pack-[0-9a-f]+\.pack")
_ROW = re.compile(rb"([0-9a-f]{40})(?: (refs/[^\0\n]+))?\n?")
_SMALL = 16 << 20
"""Bytes of a broken pack that is looked through; a larger one is a release, which is fetched again."""


def lacks_objects(git_dir: Path, commits: Iterable[str] = ()) -> bool:
    """Whether objects of these commits, or else of all refs of the repository, cannot be read."""
    queries = "".join(f"{commit}\n" for commit in commits).encode()
    words = ["rev-list", "--objects", "--quiet", "--stdin" if queries else "--all"]
    return git(*words, git_dir=git_dir, stdin=queries, check=False).code != 0


def lost_commits(store: Store, commits: Iterable[str]) -> list[str]:
    """Those of the commits that the store has not."""
    queries = "".join(f"{commit}\n" for commit in commits).encode()
    completed = git("cat-file", "--batch-check=%(objecttype)", git_dir=store.path, stdin=queries, check=False)
    return [line for line in completed.text.splitlines() if line != "commit"]


def mend_store(store: Store, refs: Mapping[str, str]) -> None:
    """Make the store anew from its sound objects, and from those refs, and `refs`, whose commits are whole.

    Killed at any moment, it leaves the old store or the new one. Raises CommandFailed or OSError where the disk does
    not take it.
    """
    store.close()
    old = store.path.resolve()  # a store on another disk stays there
    refs = {**refs, **readable_refs(old)}
    with files.fresh_folder(old) as folder:
        new = Store(folder)
        git("init", "--quiet", "--bare", "--template=", "--initial-branch=main", str(folder))
        _copy_objects(old, folder)
        _write_shallow(new)
        lines = [f"update {ref} {commit}\n" for ref, commit in _complete(new, refs).items()]
        git("update-ref", "--stdin", git_dir=folder, stdin=os.fsencode("".join(lines)))


def readable_refs(git_dir: Path) -> dict[str, str]:
    """The refs that can still be read, junk beside them left out."""
    refs: dict[str, str] = {}
    for line in (content(git_dir / "packed-refs") or b"").splitlines():
        if (row := _ROW.fullmatch(line)) and row[2]:
            refs[os.fsdecode(row[2])] = row[1].decode()
    for path in (git_dir / "refs").rglob("*"):
        if (row := _ROW.fullmatch(content(path) or b"")) and not row[2]:
            refs[path.relative_to(git_dir).as_posix()] = row[1].decode()
    return {ref: oid for ref, oid in refs.items() if git("check-ref-format", ref, check=False).code == 0}


def _copy_objects(old: Path, new: Path) -> None:
    """Take over every sound object; the index of a pack is made again where it is not sound."""
    broken = {fault.path.removeprefix("objects/") for fault in broken_objects(old)}
    for name in sorted(object_files(old)):
        path, copy = old / "objects" / name, new / "objects" / name
        if _LOOSE.fullmatch(name) and name not in broken:
            _link(path, copy)
        elif _PACK.fullmatch(name) and name not in broken:
            _link(path, copy)
            git("index-pack", str(copy), git_dir=new)
        elif _PACK.fullmatch(name) and path.stat().st_size <= _SMALL:
            git("unpack-objects", "-r", "-q", git_dir=new, stdin=files.read_bytes(path, limit=files.TREE), check=False)


def _link(path: Path, copy: Path) -> None:
    copy.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(path, copy)
    except OSError:  # a file system without links
        files.copy(path, copy)


def _write_shallow(store: Store) -> None:
    """Note which parents the store never had, as releases are fetched one commit deep; not so of difykit's commits."""
    form = "--batch-check=%(objectname) %(objecttype)"
    rows = git("cat-file", "--batch-all-objects", form, git_dir=store.path).text.splitlines()
    commits = [row.split()[0] for row in rows if row.endswith(" commit")]
    queries = "".join(f"{commit}\n" for commit in commits).encode()
    raw = git("cat-file", "--batch", git_dir=store.path, stdin=queries).stdout
    cut, start = [], 0
    for commit in commits:
        end = raw.index(b"\n", start)
        size = int(raw[start:end].split()[2])
        head = raw[end + 1 : end + 1 + size].partition(b"\n\n")[0].split(b"\n")
        start = end + 2 + size
        parents = {line[7:].decode() for line in head if line.startswith(b"parent ")}
        own = any(line.startswith(b"committer ") and f"<{OWNER}>".encode() in line for line in head)
        if not own and not parents <= set(commits):
            cut.append(commit)
    if cut:
        files.write(store.path / "shallow", "".join(f"{commit}\n" for commit in sorted(cut)))


def _complete(store: Store, refs: Mapping[str, str]) -> dict[str, str]:
    """Those of the refs that lead to commits with all their files."""
    present = {ref: oid for ref, oid in refs.items() if store.resolve(oid)}
    if not present or not lacks_objects(store.path, present.values()):
        return present
    return {ref: oid for ref, oid in present.items() if not lacks_objects(store.path, [oid])}
