"""A disk that is full, or does not let itself be written: all of it or nothing, at every amount of room."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from difykit.core import transaction
from difykit.core.transaction import Write
from tests.support.killed import killed_at
from tests.support.transactions import OWNER, again, changes, clean, filled, finished, state, written

NEVER = 1 << 30
FEW = 150
"""Files and folders of the test's own, with some to spare: below that, not all of them find room."""


def mounted(place: Path, options: str) -> None:
    place.mkdir(exist_ok=True)
    mount = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(place)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("a small file system can only be mounted by root")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """A small file system with these options."""
    place = tmp_path / "disk"

    def made(options: str) -> Path:
        mounted(place, options)
        return place

    yield made
    subprocess.run(["umount", "--lazy", str(place)], capture_output=True, check=False)


def tried(root: Path) -> bool:
    """Whether all of it was written; an error of the disk is what may come instead."""
    try:
        written(root)
    except OSError:
        return False
    return True


def test_at_every_amount_of_room_it_is_all_or_nothing(disk: Callable[[str], Path]) -> None:
    place = disk("size=400k")
    root = filled(place / "ws")
    before, outcomes = state(root), []
    for free in range(0, 140, 4):
        again(root)
        room = os.statvfs(place)
        (place / "filler").write_bytes(b"x" * max(0, room.f_bavail * room.f_frsize - free * 1024))
        outcomes.append(tried(root))
        assert (state(root) == before) != outcomes[-1], free
        assert transaction.pending(root) is None
        (place / "filler").unlink()
    assert set(outcomes) == {True, False}


def test_at_every_number_of_files_it_is_all_or_nothing(disk: Callable[[str], Path]) -> None:
    """A folder that cannot be made in the middle of it is what takes back is for: a rename needs no room."""
    place = disk(f"size=4m,nr_inodes={FEW}")
    root = filled(place / "ws")
    before, outcomes = state(root), []
    for free in range(40):
        again(root)
        count = os.statvfs(place).f_favail - free
        for number in range(count):
            (place / f"filler-{number}").symlink_to("x")
        outcomes.append(tried(root))
        assert (state(root) == before) != outcomes[-1], free
        assert clean(root) or not outcomes[-1]
        assert transaction.pending(root) is None
        for filler in place.glob("filler-*"):
            filler.unlink()
    assert set(outcomes) == {True, False}


def limited(root: Path, *, size: int) -> Callable[[], None]:
    def work() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
        with pytest.raises(OSError, match="File too large"):
            written(root)

    return work


@pytest.mark.parametrize("size", [0, 1, 100, 1000])
def test_a_file_that_is_too_large_for_the_user_changes_nothing(tmp_path: Path, size: int) -> None:
    root = filled(tmp_path / "ws")
    before = state(root)
    assert not killed_at(NEVER, limited(root, size=size))
    assert state(root) == before
    assert transaction.pending(root) is None


@pytest.mark.parametrize("path", ["deep/down", "replaced", "."])
def test_a_folder_that_may_not_be_written_changes_nothing(tmp_path: Path, path: str) -> None:
    tmp_path.chmod(0o755)
    for above in tmp_path.parents[: -len(Path("/tmp").parts)]:
        above.chmod(0o755)
    root = filled(tmp_path / "ws")
    before = state(root)
    if os.getuid() == 0:
        for folder, names, files in os.walk(root):
            for name in (".", *names, *files):
                os.lchown(Path(folder) / name, 65534, 65534)
    (root / path).chmod(0o555)

    def work() -> None:
        if os.getuid() == 0:
            os.setgid(65534)
            os.setuid(65534)
        with pytest.raises(PermissionError):
            transaction.carry_out(
                transaction.begin(root, [Write("kit/new/x", b"x"), Write("changed", b"x"), *_below(path)], OWNER)
            )

    assert not killed_at(NEVER, work)
    assert state(root) == before
    assert transaction.pending(root) is None
    (root / path).chmod(0o755)


def _below(path: str) -> list[Write]:
    return [Write(f"{path}/one".removeprefix("./"), b"x")]


def test_killed_at_every_step_with_difykit_s_folder_on_another_disk(tmp_path: Path) -> None:
    root = filled(tmp_path / "ws")
    mounted(tmp_path / "other", "size=4m")
    try:
        before = state(root)
        after, seen = None, []
        for number in range(60, NEVER, 7):
            again(root)
            shutil.rmtree(tmp_path / "other/d", ignore_errors=True)
            shutil.copytree(root / ".difykit", tmp_path / "other/d")
            shutil.rmtree(root / ".difykit")
            bound = ["mount", "--bind", str(tmp_path / "other/d"), str(root / ".difykit")]
            (root / ".difykit").mkdir()
            subprocess.run(bound, check=True)
            killed = killed_at(number, lambda: transaction.carry_out(transaction.begin(root, changes(root), OWNER)))
            finished(root)
            subprocess.run(["umount", "--lazy", str(root / ".difykit")], check=True)
            seen.append(state(root) != before)
            after = after or (state(root) if seen[-1] else None)
            assert state(root) in (before, after), number
            if not killed:
                break
        assert seen == sorted(seen)
        assert set(seen) == {True, False}
    finally:
        subprocess.run(["umount", "--lazy", str(tmp_path / "other")], check=True)
