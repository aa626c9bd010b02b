"""Damage to `.difykit`, kind by kind, and what must still be there afterwards."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path

from tests.support.repos import Upstream
from tests.support.trees import read_tree, write_tree
from tests.support.workspaces import APP_PATCH, WorkspaceFixture

STORE, SOURCE, GIT = ".difykit/upstream.git", ".difykit/source", ".difykit/source/.git"
EDITS = {"api/app.py": "print('mine')\n", "web/new/page.tsx": "mine too\n", "README.md": "Dify, mine\n"}
"""What a test's user has in the work tree: edits of a patched file and of upstream's, and a new file."""

Damage = Callable[[Path], None]


def remove(*names: str) -> Damage:
    """Files or folders gone."""

    def damage(root: Path) -> None:
        for name in names:
            place = root / name
            shutil.rmtree(place) if place.is_dir() and not place.is_symlink() else place.unlink(missing_ok=True)

    return damage


def write(name: str, content: bytes) -> Damage:
    """A file that holds something else."""

    def damage(root: Path) -> None:
        place = root / name
        if place.is_dir():
            shutil.rmtree(place)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.unlink(missing_ok=True)
        place.write_bytes(content)

    return damage


def fifo_at(name: str) -> Damage:
    """A FIFO in the place of a file, which whoever reads it waits for without end."""

    def damage(root: Path) -> None:
        (root / name).unlink(missing_ok=True)
        os.mkfifo(root / name)

    return damage


def empty_all(name: str) -> Damage:
    """Every file below a folder emptied, as after a power loss."""

    def damage(root: Path) -> None:
        for place in (root / name).rglob("*"):
            if place.is_file():
                place.chmod(0o644)
                place.write_bytes(b"")

    return damage


def flip(pattern: str, *, at: float = 0.5) -> Damage:
    """One byte flipped in each file of a pattern."""

    def damage(root: Path) -> None:
        places = sorted(root.glob(pattern))
        assert places
        for place in places:
            raw = bytearray(place.read_bytes())
            raw[min(len(raw) - 1, int(len(raw) * at))] ^= 0xFF
            place.chmod(0o644)
            place.write_bytes(bytes(raw))

    return damage


def some(pattern: str, part: float) -> Damage:
    """A part of the files of a pattern gone."""

    def damage(root: Path) -> None:
        places = [place for place in sorted(root.glob(pattern)) if place.is_file()]
        assert places
        for place in random.Random(3).sample(places, max(1, int(len(places) * part))):
            place.unlink()

    return damage


def cut_off_rm(part: float, seed: int) -> Damage:
    """`rm -rf .difykit` that went a part of the way, in an order of its own: a folder is emptied before the next."""

    def damage(root: Path) -> None:
        dice = random.Random(seed)
        order: list[Path] = []

        def walk(folder: Path) -> None:
            places = sorted(folder.iterdir())
            dice.shuffle(places)
            for place in places:
                if place.is_dir() and not place.is_symlink():
                    walk(place)
                order.append(place)

        walk(root / ".difykit")
        for place in order[: int(len(order) * part)]:
            place.rmdir() if place.is_dir() and not place.is_symlink() else place.unlink()

    return damage


def folder_at(name: str) -> Damage:
    """A folder where a file belongs."""

    def damage(root: Path) -> None:
        (root / name).unlink(missing_ok=True)
        write_tree(root / name, {"odd": "x"})

    return damage


def filled(folder: Path, upstream: Upstream) -> WorkspaceFixture:
    """A synced workspace with a patch, an overlay with files, and one with an endpoint."""
    space = WorkspaceFixture(folder, upstream)
    space.patch("0001-app.patch", APP_PATCH)
    space.overlay("own", {"api/own.py": "X = 1\n", "web/own.tsx": "own\n"})
    space.overlay("few", {}, "gateway: {routes: [{path: /few, to: api}]}\n")
    space.sync()
    return space


def mine(space: WorkspaceFixture) -> dict[str, str]:
    """What is the user's in the workspace: all but what is derived."""
    return {path: text for path, text in read_tree(space.root).items() if not path.startswith(".difykit/")}


def contents(space: WorkspaceFixture) -> set[str]:
    """Every text below `.difykit` that is not git's own: where an edit must be found again."""
    found: set[str] = set()
    for folder, names, files in os.walk(space.root / ".difykit"):
        names[:] = [name for name in names if name not in {".git", "upstream.git"}]
        found |= {(Path(folder) / name).read_bytes().decode("utf-8", "replace") for name in files}
    return found
