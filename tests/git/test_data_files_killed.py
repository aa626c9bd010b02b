"""Files of the data folder that follow a release, and a SIGKILL at every step: nobody has changed them by that."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from difykit.release.data_files import VolumesFolder
from tests.support.killed import killed_at
from tests.support.trees import read_tree, write_tree

File = tuple[int, bytes]
FIRST: dict[str, File] = {"a": (0o644, b"a 1"), "gone": (0o644, b"gone 1"), "run.sh": (0o644, b"run")}
SECOND: dict[str, File] = {"a": (0o644, b"a 2"), "new": (0o644, b"new 2"), "run.sh": (0o755, b"run")}
THIRD: dict[str, File] = {**SECOND, "a": (0o644, b"a 3"), "gone": (0o644, b"gone 3"), "run.sh": (0o755, b"r")}


def follow(folder: VolumesFolder, shipped: dict[str, File], *, only_new: bool = False) -> None:
    folder.carry_out(folder.plan(shipped, lambda _: (), release="1.0.0"), only_new=only_new)


def killed_following(kills: int, folder: VolumesFolder, *, only_new: bool = False) -> bool:
    return killed_at(kills, lambda: follow(folder, SECOND, only_new=only_new))


def started(path: Path) -> VolumesFolder:
    """A new data folder, with the first release in it, and a file of the user's own."""
    shutil.rmtree(path, ignore_errors=True)
    folder = VolumesFolder.of(path / "volumes")
    follow(folder, FIRST)
    folder.mark_read()
    write_tree(folder.files, {"own": "mine"})
    return folder


@pytest.mark.parametrize(("then", "only_new"), [(FIRST, False), (SECOND, True), (THIRD, False)])
def test_whatever_comes_after_a_kill_finds_files_that_nobody_changed(
    tmp_path: Path, then: dict[str, File], only_new: bool
) -> None:
    kills, killed = -1, True
    while killed:
        kills += 1
        folder = started(tmp_path / "data")
        before = read_tree(folder.files)
        killed = killed_following(kills, folder, only_new=only_new)
        changed = {path for path, text in read_tree(folder.files).items() if before.get(path) != text}
        assert {path for path in changed if ".new" not in path} <= {path.name for path in folder.unread()}
        plan = folder.plan(then, lambda _: (), release="1.0.0")
        assert plan.kept == ()
        folder.carry_out(plan)
        for path, (mode, content) in then.items():
            assert (folder.files / path).read_bytes() == content
            assert bool((folder.files / path).stat().st_mode & 0o100) == bool(mode & 0o100)
        assert {path.name for path in folder.files.iterdir()} == {*then, "own"}
    assert kills > 5


@pytest.mark.parametrize("path", ["a", "gone"])
def test_no_kill_takes_a_file_that_was_changed(tmp_path: Path, path: str) -> None:
    kills, killed = -1, True
    while killed:
        kills += 1
        folder = started(tmp_path / "data")
        (folder.files / path).write_bytes(b"mine")
        killed = killed_following(kills, folder)
        follow(folder, THIRD)
        assert (folder.files / path).read_bytes() == b"mine"
    assert kills > 5
