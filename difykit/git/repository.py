"""Making a repository of releases from folders: the demo's upstream, and the tests'."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from difykit.core import files
from difykit.core.files import tree_files
from difykit.git.chain import Commit, Person, write_chain
from difykit.git.store import Changes, Store

_WHO = Person("Dify", "upstream@example.invalid", 1_700_000_000)


def make_repository(path: Path, releases: Iterable[tuple[str, Path]]) -> dict[str, str]:
    """A bare repository at `path` in which each (tag, folder) is a commit on the one before; tag → commit id."""
    from git import Repo  # noqa: PLC0415 - GitPython takes 0.1 s to import, which every command would pay

    store = Store(path)
    store.ensure()
    commits: list[Commit] = []
    before: Mapping[str, object] = {}
    tags: list[str] = []
    for tag, folder in releases:
        changes: Changes = {name: _blob(file_path) for name, file_path in tree_files(folder)}
        gone: Changes = {name: None for name in before if name not in changes}
        commits.append(Commit(f"Release {tag}\n", _WHO, _WHO, {**changes, **gone}))
        tags.append(tag)
        before = changes
    ids = write_chain(store, "", commits)
    with Repo(path) as repo:
        for tag, commit in zip(tags, ids, strict=True):
            repo.create_tag(tag, commit)
        repo.create_head("main", ids[-1], force=True)
    return dict(zip(tags, ids, strict=True))


def _blob(file_path: Path) -> tuple[str, bytes]:
    if file_path.is_symlink():
        return "120000", os.fsencode(file_path.readlink())
    mode = "100755" if file_path.stat().st_mode & 0o100 else "100644"
    return mode, files.read_bytes(file_path, limit=files.TREE)
