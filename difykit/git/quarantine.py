"""Fetching into a repository of its own beside the store: what is cut off there has touched nothing of the store's.

A fetch does not hold the workspace's lock, since credential helpers and ssh may leave a daemon behind, which would keep
it. So it writes where nobody else does, and what came is put into the store by who holds the lock.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from difykit.core import files
from difykit.git.command import git, git_fetch

_PREFIX = "difykit-fetch-"


def fetch_apart(store: Path, *words: str, on_line: Callable[[str], None]) -> tuple[int, str]:
    """`git fetch` into the repository `store`, as `git_fetch` runs it; nothing comes in unless all did."""
    with _quarantine(store) as folder:
        code, output = git_fetch(folder, *words, on_line=on_line)
        if code == 0:
            _take_objects(folder / "objects", store / "objects")
            _take_references(folder, store)
    return code, output


def forget_cut_off(store: Path) -> None:
    """Remove what killed gits have left in the repository: for who holds the lock under which it is written."""
    for folder in store.glob(f"{_PREFIX}*"):
        shutil.rmtree(folder, ignore_errors=True)
    objects = store / "objects"
    for path in (
        *store.glob("fast_import_crash_*"),
        *objects.glob("pack/tmp_*"),
        *objects.glob("pack/.tmp-*"),
        *objects.glob("[0-9a-f][0-9a-f]/tmp_obj_*"),
    ):
        path.unlink(missing_ok=True)


@contextmanager
def _quarantine(store: Path) -> Iterator[Path]:
    """A bare repository that borrows the store's objects, so that nothing is fetched twice."""
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=store))
    try:
        for name in ("refs/heads", "objects/info", "objects/pack"):
            (folder / name).mkdir(parents=True)
        (folder / "HEAD").write_text("ref: refs/heads/main\n")
        (folder / "config").write_text("[core]\n\trepositoryformatversion = 0\n\tbare = true\n")
        (folder / "objects/info/alternates").write_text("../../objects\n")
        if (store / "shallow").is_file():
            files.copy(store / "shallow", folder / "shallow")
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _take_objects(source: Path, target: Path) -> None:
    """Move the objects over; of a pack its index last, which is what makes git see it."""
    paths = [path for path in source.rglob("*") if path.is_file() and path.parent.name != "info"]
    for path in sorted(paths, key=lambda path: path.suffix == ".idx"):
        destination = target / path.relative_to(source)
        if path.suffix != ".keep" and not destination.exists():
            destination.parent.mkdir(exist_ok=True)
            path.replace(destination)


def _take_references(folder: Path, store: Path) -> None:
    """Where history was cut off first: without that, a reference would name commits whose parents are missing."""
    if (folder / "shallow").is_file():
        files.write(store / "shallow", files.read_bytes(folder / "shallow", limit=files.STATE))
    rows = git("for-each-ref", "--format=update %(refname) %(objectname)", git_dir=folder).stdout
    git("update-ref", "--stdin", git_dir=store, stdin=rows)
