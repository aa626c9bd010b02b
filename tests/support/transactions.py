"""A folder and one transaction with a change of every kind."""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path

from difykit.core import transaction
from difykit.core.progress import Silent
from difykit.core.transaction import Change, Delete, Link, Owner, Take, Write
from tests.support.trees import write_tree

OWNER = Owner("test", "a test", "difykit test")
State = dict[str, tuple[str, bytes]]


def filled(root: Path) -> Path:
    """A workspace's folder with files, a program, a link and folders."""
    write_tree(
        root,
        {
            "difykit.yaml": "version: 1\n",
            "same": "same\n",
            "changed": "before\n",
            "deep/down/gone": "gone\n",
            "program": "#!/bin/sh\n",
            "becomes-link": "a file\n",
            "becomes-folder": "a file\n",
            "replaced/one": "1\n",
            "replaced/sub/two": "2\n",
            "becomes-file/in": "in\n",
            ".difykit/made/kit/a": "a\n",
            ".difykit/made/kit/sub/b": "b\n",
            ".difykit/made/other/one": "one\n",
        },
    )
    (root / "program").chmod(0o644)
    (root / "a-link").symlink_to("same")
    (root / "empty/folder").mkdir(parents=True)
    return root


def changes(root: Path) -> list[Change]:
    """Every kind of change."""
    return [
        Write("changed", b"after\n" * 300),
        Delete("deep/down/gone"),
        Write("program", b"#!/bin/sh\n", 0o755),
        Link("becomes-link", "same"),
        Write("a-link", b"no link now\n"),
        Delete("becomes-folder"),
        Write("becomes-folder/in/it", b"it\n", 0o600),
        Take("kit", root / ".difykit/made/kit"),
        Take("replaced", root / ".difykit/made/other"),
        Write("becomes-file", b"a file\n"),
        Write("empty", b"a file where an empty folder was\n"),
        Write("same", b"same\n"),
    ]


def written(root: Path) -> None:
    """All of it, from the beginning to the end."""
    begun = transaction.begin(root, changes(root), OWNER)
    transaction.carry_out(begun)
    transaction.end(begun)


def finished(root: Path) -> None:
    """What the next verb does."""
    transaction.finish(root, Silent())


def state(root: Path) -> State:
    """Every file with its kind and mode; what lies in `.difykit` is left out, and an empty folder is nothing."""
    found: State = {}
    for folder, names, files in os.walk(root):
        names[:] = [name for name in names if name != ".difykit"]
        links = [name for name in names if (Path(folder) / name).is_symlink()]
        for name in (*files, *links):
            path = Path(folder) / name
            kind = "link" if path.is_symlink() else f"{stat.S_IMODE(path.stat().st_mode):o}"
            content = os.fsencode(path.readlink()) if path.is_symlink() else path.read_bytes()
            found[path.relative_to(root).as_posix()] = (kind, content)
    return found


def again(root: Path) -> Path:
    """The folder as it was at first."""
    shutil.rmtree(root)
    return filled(root)


def clean(root: Path) -> bool:
    """Whether nothing of a transaction is left."""
    names = {path.name for path in (root / ".difykit").iterdir()} - {"made", "lock", "new"}
    return not names and transaction.pending(root) is None
