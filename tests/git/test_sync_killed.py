"""A sync that is cut off: by SIGKILL, by a full disk, by another sync."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.cli import difykit
from tests.support.repos import Upstream
from tests.support.trees import read_tree
from tests.support.workspaces import APP_PATCH, WorkspaceFixture

KILLS = 50
ROUTED = "gateway: {routes: [{path: /few, to: api}]}\n"


def filled(folder: Path, upstream: Upstream) -> WorkspaceFixture:
    """A workspace with a patch and two overlays, one of them with a hundred files."""
    space = WorkspaceFixture(folder, upstream)
    space.patch("0001-app.patch", APP_PATCH)
    space.overlay("many", {f"api/many/{number}.py": f"X = {number}\n" * 50 for number in range(100)})
    space.overlay("few", {"api/few.py": "Y = 1\n"}, ROUTED)
    return space


def mine(space: WorkspaceFixture) -> dict[str, object]:
    """What is the user's in a workspace: all but what is derived."""
    return {path: text for path, text in read_tree(space.root).items() if not path.startswith(".difykit/")}


def source_files(space: WorkspaceFixture) -> dict[str, object]:
    return {path: text for path, text in read_tree(space.source).items() if not path.startswith(".git/")}


@pytest.mark.kills
def test_a_sync_killed_at_fifty_random_moments_is_finished_by_the_next(tmp_path: Path, upstream: Upstream) -> None:
    clean = filled(tmp_path / "clean", upstream)
    started = time.perf_counter()
    assert difykit("sync", cwd=clean.root).code == 0
    length = time.perf_counter() - started
    wanted, files = clean.git("rev-parse", "HEAD"), source_files(clean)
    dice = random.Random(7)
    space = filled(tmp_path / "killed", upstream)
    for _ in range(KILLS):
        if dice.random() < 0.3:  # from nothing, or from what the last kill left
            shutil.rmtree(space.root / ".difykit", ignore_errors=True)
        space.overlay("few", {"api/few.py": f"Y = {dice.randrange(3)}\n"}, ROUTED)
        kept = mine(space)
        child = subprocess.Popen(
            [sys.executable, "-m", "difykit", "sync"],
            cwd=space.root,
            env=dict(os.environ),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        time.sleep(dice.uniform(0.2, 1.1) * length)
        if child.poll() is None:
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()
        now = mine(space)
        now.pop("difykit.lock", None)
        kept.pop("difykit.lock", None)
        assert now == kept
    space.overlay("few", {"api/few.py": "Y = 1\n"}, ROUTED)
    ran = difykit("sync", cwd=space.root)
    assert (ran.code, space.git("rev-parse", "HEAD")) == (0, wanted), ran.err
    assert source_files(space) == files
    assert space.git("status", "--porcelain") == ""


def test_a_users_edit_made_after_a_kill_is_not_lost(tmp_path: Path, upstream: Upstream) -> None:
    space = filled(tmp_path / "ws", upstream)
    assert difykit("sync", cwd=space.root).code == 0
    head = space.git("rev-parse", "HEAD")
    (space.source / ".git/difykit-moving.json").write_text(f'["{head}"]')
    (space.source / "api/few.py").write_text("mine\n")
    ran = difykit("sync", cwd=space.root)
    assert ran.code == 1
    assert "api/few.py" in ran.err
    assert (space.source / "api/few.py").read_text() == "mine\n"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of four megabytes."""
    place = tmp_path / "disk"
    place.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(place)], capture_output=True, check=False
    )
    if done.returncode:
        pytest.skip("a small file system can only be mounted by root")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


@pytest.mark.parametrize("free", [64, 160, 256, 384, 640])
def test_a_full_disk_is_said_and_the_next_sync_finishes(
    tmp_path: Path, small_disk: Path, upstream: Upstream, free: int
) -> None:
    clean = filled(tmp_path / "clean", upstream)
    clean.sync()
    space = filled(small_disk / "ws", upstream)
    room = os.statvfs(small_disk)
    filler = small_disk / "filler"
    filler.write_bytes(b"x" * max(0, room.f_bavail * room.f_frsize - free * 1024))
    kept = mine(space)
    ran = difykit("sync", cwd=space.root)
    if ran.code:
        assert ran.code == 1, ran.err
        assert "space" in ran.err.lower() or "write" in ran.err.lower(), ran.err
    now = mine(space)
    now.pop("difykit.lock", None)
    assert now == kept
    filler.unlink()
    again = difykit("sync", cwd=space.root)
    assert again.code == 0, again.err
    assert space.git("rev-parse", "HEAD") == clean.git("rev-parse", "HEAD")
    assert source_files(space) == source_files(clean)


def test_of_two_syncs_at_once_one_says_who_is_at_work_and_the_source_is_whole(
    tmp_path: Path, upstream: Upstream
) -> None:
    space = filled(tmp_path / "ws", upstream)
    argv = [sys.executable, "-m", "difykit", "sync"]
    children = [
        subprocess.Popen(argv, cwd=space.root, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    said = [child.communicate()[1] for child in children]
    codes = sorted(child.returncode for child in children)
    assert codes in ([0, 0], [0, 1])
    if codes == [0, 1]:
        assert any("is at work in this workspace" in text for text in said)
    assert difykit("sync", cwd=space.root).code == 0
    assert space.git("status", "--porcelain") == ""
