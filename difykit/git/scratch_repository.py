"""A repository that borrows another's objects and is thrown away: what is tried in it leaves nothing behind."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from difykit.core import files
from difykit.git.chain import _data, _path
from difykit.git.command import git
from difykit.git.store import GitEntry, Store


@dataclass(frozen=True)
class Root:
    """A commit to be, for a merge to start from: a tree with files set (or taken away), on a parent.

    The parent is a commit id, the place of an earlier one in the same list, or None.
    """

    files: Mapping[str, GitEntry | None]
    tree: str = ""
    parent: str | int | None = None


@contextmanager
def borrowing(*lenders: Store) -> Iterator[Store]:
    """An empty repository for the block, in which all objects of the lenders can be read."""
    with tempfile.TemporaryDirectory(prefix="difykit-") as folder:
        path = Path(folder) / "scratch.git"
        git("init", "--quiet", "--bare", "--template=", "--initial-branch=main", str(path))
        places = [f"{os.path.abspath(lender.path / 'objects')}\n" for lender in lenders]  # noqa: PTH100 - links stay
        files.write(path / "objects" / "info" / "alternates", "".join(places))
        cut = [
            files.read_bytes(file, limit=files.STATE)
            for lender in lenders
            if (file := lender.path / "shallow").is_file()
        ]
        if cut:
            files.write(path / "shallow", b"".join(cut))
        with Store(path) as store:
            yield store


def write_blobs(store: Store, contents: Sequence[bytes]) -> list[str]:
    """Write these contents; their ids."""
    blobs = [b"blob\nmark :%d\n" % number + _data(content) for number, content in enumerate(contents, 1)]
    return _import(store, blobs)


def write_roots(store: Store, roots: Sequence[Root]) -> list[str]:
    """Write these commits; their ids. Raises CommandFailed when an object of them is missing."""
    return _import(store, [_root(number, root) for number, root in enumerate(roots, 1)])


def tree_ids(store: Store, commits: Sequence[str]) -> list[str]:
    """The trees of these commits."""
    queries = "".join(f"{commit}^{{tree}}\n" for commit in commits).encode()
    return git("cat-file", "--batch-check=%(objectname)", git_dir=store.path, stdin=queries).text.split()


def _import(store: Store, parts: Sequence[bytes]) -> list[str]:
    if not parts:
        return []
    with tempfile.TemporaryDirectory(prefix="difykit-") as folder:
        marks = Path(folder) / "marks"
        words = ["--quiet", "--force", "--done", f"--export-marks={marks}"]
        git("fast-import", *words, git_dir=store.path, stdin=b"".join([b"feature done\n", *parts, b"done\n"]))
        ids = dict(line.split(" ") for line in files.read_text(marks, encoding="ascii", limit=files.STATE).splitlines())
    return [ids[f":{number}"] for number in range(1, len(parts) + 1)]


def _root(number: int, root: Root) -> bytes:
    head = b"commit refs/difykit/root\nmark :%d\ncommitter difykit <difykit@localhost> 0 +0000\ndata 0\n" % number
    if isinstance(root.parent, int):
        parent = b"from :%d\n" % (root.parent + 1)
    elif root.parent:
        parent = b"from %s\n" % root.parent.encode()
    else:
        # Without `from`, a branch goes on from the commit before it.
        parent = b"reset refs/difykit/root\n"
        head, parent = parent + head, b""
    base_tree = b"M 040000 %s \n" % root.tree.encode() if root.tree else b"deleteall\n"
    gone = [b"D %s\n" % _path(path) for path, entry in sorted(root.files.items()) if entry is None]
    added = [
        b"M %s %s %s\n" % (entry.mode.encode(), entry.oid.encode(), _path(path))
        for path, entry in sorted(root.files.items())
        if entry
    ]
    return b"".join([head, parent, base_tree, *(gone if root.tree else []), *added, b"\n"])
