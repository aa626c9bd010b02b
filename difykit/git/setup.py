"""What the repository of a work tree needs beside what git puts there: the store's objects, bytes as they are."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from difykit.core import files
from difykit.core.errors import DirtyTree
from difykit.git.command import git

_ALTERNATES, _ATTRIBUTES, _EXCLUDE, _SHALLOW = "objects/info/alternates", "info/attributes", "info/exclude", "shallow"
_OWN_EXCLUDE = "/api/.env"  # what `middleware.dev` writes; Dify's own .gitignore has it, too


def set_up(git_dir: Path, store: Path) -> None:
    """Write what is not there yet. The path to the store is relative, so a workspace can be moved."""
    borrowed = os.path.relpath(store / "objects", git_dir / "objects")
    files.write(git_dir / _ALTERNATES, borrowed + "\n")
    # Upstream's own attributes must not turn bytes into others on the way out.
    files.write(git_dir / _ATTRIBUTES, "* -text -eol -filter -ident -working-tree-encoding\n")
    _add_lines(git_dir / _EXCLUDE, [_OWN_EXCLUDE.encode()])
    # What the developer fetched here may be cut off at other commits.
    _add_lines(git_dir / _SHALLOW, lacking_cuts(git_dir, store))


def lacking_cuts(git_dir: Path, store: Path) -> list[bytes]:
    """The commits where the store's history is cut off, and the tree's, too, though it does not say so.

    Where the developer has fetched what comes before one, it is not cut off there any more.
    """
    store_cuts, noted = _lines(store / _SHALLOW), _lines(git_dir / _SHALLOW)
    return [commit for commit in store_cuts if commit not in noted and not _has_parents(git_dir, commit.decode())]


def _has_parents(git_dir: Path, commit: str) -> bool:
    raw = git("cat-file", "commit", commit, git_dir=git_dir, check=False).stdout.partition(b"\n\n")[0]
    parents = [line.removeprefix(b"parent ") for line in raw.splitlines() if line.startswith(b"parent ")]
    stdin = b"".join(parent + b"\n" for parent in parents)
    answer = git("cat-file", "--batch-check", git_dir=git_dir, stdin=stdin, check=False).stdout if parents else b""
    return bool(answer) and not any(line.endswith(b" missing") for line in answer.splitlines())


def _lines(path: Path) -> list[bytes]:
    return files.read_bytes(path, limit=files.STATE).splitlines() if path.is_file() else []


def _add_lines(path: Path, lines: list[bytes]) -> None:
    raw = files.read_bytes(path, limit=files.STATE) if path.is_file() else b""
    present = raw.splitlines()
    if missing := [line for line in lines if line not in present]:
        start = raw + b"\n" if raw and not raw.endswith(b"\n") else raw
        files.write(path, start + b"".join(line + b"\n" for line in missing))


@contextmanager
def put_back(git_dir: Path) -> Iterator[None]:
    """Let what `set_up` writes be as it was before the block, where that ends in a refusal."""
    paths = [git_dir / name for name in (_ALTERNATES, _ATTRIBUTES, _EXCLUDE, _SHALLOW, "config")]
    before = {
        path: (path.stat().st_mode & 0o777, files.read_bytes(path, limit=files.TREE))
        for path in paths
        if path.is_file()
    }
    try:
        yield
    except DirtyTree:
        for path in paths:
            if path in before:
                files.write(path, before[path][1], mode=before[path][0])
            else:
                path.unlink(missing_ok=True)
        raise
