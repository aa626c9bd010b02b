"""What the repository of a work tree needs beside what git puts there: the store's objects, bytes as they are."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from difykit import files
from difykit.errors import DirtyTree

_ALTERNATES, _ATTRIBUTES, _EXCLUDE, _SHALLOW = "objects/info/alternates", "info/attributes", "info/exclude", "shallow"
_OWN_EXCLUDE = "/api/.env"  # what `middleware.dev` writes; Dify's own .gitignore has it, too


def set_up(git_dir: Path, store: Path) -> None:
    """Write what is not there yet. The path to the store is relative, so a workspace can be moved."""
    borrowed = os.path.relpath(store / "objects", git_dir / "objects")
    files.write(git_dir / _ALTERNATES, borrowed + "\n")
    # Upstream's own attributes must not turn bytes into others on the way out.
    files.write(git_dir / _ATTRIBUTES, "* -text -eol -filter -ident -working-tree-encoding\n")
    _add_lines(git_dir / _EXCLUDE, [_OWN_EXCLUDE.encode()])
    if (store / _SHALLOW).exists():
        # What the developer fetched here may be cut off at other commits.
        _add_lines(git_dir / _SHALLOW, files.read_bytes(store / _SHALLOW, limit=files.STATE).splitlines())


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
