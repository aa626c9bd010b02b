"""A sync that is ended alone, while its git goes on; and the developer's own git beside it."""

from __future__ import annotations

import random
import shutil
import signal
import time
import uuid
from pathlib import Path

import pytest

from tests.support.cli import difykit
from tests.support.kills import committing, end_alone, locks, none_left, start
from tests.support.repos import Upstream
from tests.support.trees import read_tree
from tests.support.workspaces import APP_PATCH, WorkspaceFixture

KILL, TERM = signal.SIGKILL, signal.SIGTERM


@pytest.fixture
def space(tmp_path: Path) -> WorkspaceFixture:
    upstream = Upstream(tmp_path)
    upstream.release("1.0.0")
    made = WorkspaceFixture(tmp_path / "ws", upstream)
    made.patch("0001-app.patch", APP_PATCH)
    many(made, 0)
    return made


def many(space: WorkspaceFixture, number: int) -> None:
    space.overlay("many", {f"api/many/{file}.py": f"X = {number}\n" * 2000 for file in range(400)})


def everything(space: WorkspaceFixture) -> dict[str, object]:
    """Every byte of the work tree, git's own files among them."""
    return dict(read_tree(space.source))


def right(space: WorkspaceFixture, number: int) -> None:
    """A sync at once ends right, whatever was ended before it."""
    ran = difykit("sync", cwd=space.root)
    assert ran.code == 0, ran.err
    assert (space.source / "api/many/399.py").read_text() == f"X = {number}\n" * 2000
    assert space.git("status", "--porcelain") == ""
    assert space.git("rev-parse", "HEAD") == space.git("rev-parse", "refs/heads/source")
    assert space.git("fsck", "--connectivity-only", "--no-dangling") == ""
    assert locks(space) == []
    assert none_left(space.root) == []


@pytest.mark.kills
@pytest.mark.parametrize("number", [KILL, TERM])
def test_a_sync_ended_alone_at_random_moments_is_finished_by_the_next_one_at_once(
    space: WorkspaceFixture, number: signal.Signals
) -> None:
    started = time.perf_counter()
    assert difykit("sync", cwd=space.root).code == 0
    length = time.perf_counter() - started
    dice = random.Random(12)
    for turn in range(1, 9):
        if turn % 3 == 0:
            shutil.rmtree(space.root / ".difykit" / ("" if turn % 2 else "source"))
        many(space, turn)
        said = end_alone(start(space.root, "sync"), number, dice.uniform(0.3, 1.0) * length)
        assert "bug" not in said
        right(space, turn)


def test_sigterm_is_told_and_has_its_own_exit_code(space: WorkspaceFixture) -> None:
    child = start(space.root, "sync")
    until = time.monotonic() + 30
    while not (space.root / ".difykit" / "lock").exists() and time.monotonic() < until:
        time.sleep(0.01)
    said = end_alone(child, TERM, 0)
    assert child.returncode == 143
    assert "ended by SIGTERM; run the command again to go on" in said
    right(space, 0)


@pytest.mark.parametrize("words", [["-a"], ["--only", "api/app.py"], []])
def test_a_refused_sync_leaves_a_commit_that_waits_for_its_editor_alone(
    space: WorkspaceFixture, words: list[str]
) -> None:
    assert difykit("sync", cwd=space.root).code == 0
    (space.source / "api/app.py").write_text("mine\n")
    if not words:
        space.git("add", "--all")
    many(space, 1)
    with committing(space, *words) as commit:
        before = everything(space)
        ran = difykit("sync", cwd=space.root)
        assert ran.code == 1, ran.err
        assert "edits that sync would lose" in ran.err
        assert everything(space) == before
    assert commit.returncode == 0
    assert space.git("log", "-1", "--format=%s") == "mine"


def test_a_lock_of_another_git_is_named_and_never_removed(space: WorkspaceFixture) -> None:
    assert difykit("sync", cwd=space.root).code == 0
    many(space, 1)
    for name in ("index.lock", "HEAD.lock", "refs/heads/source.lock"):
        lock = space.source / ".git" / name
        lock.write_text("")
        before = everything(space)
        ran = difykit("sync", cwd=space.root)
        assert ran.code == 1
        assert f"it holds {lock}" in ran.err
        assert f"if no git runs there: rm {lock}" in ran.err
        assert everything(space) == before
        lock.unlink()
    right(space, 1)


def test_a_sync_waits_for_another_git_that_is_soon_done(space: WorkspaceFixture) -> None:
    assert difykit("sync", cwd=space.root).code == 0
    many(space, 1)
    lock = space.source / ".git" / "index.lock"
    lock.write_text("")
    child = start(space.root, "sync")
    time.sleep(1.5)
    lock.unlink()
    said = child.communicate()[1]
    assert child.returncode == 0, said
    right(space, 1)


def test_locks_that_a_killed_difykit_left_are_taken_away_and_no_others(space: WorkspaceFixture) -> None:
    assert difykit("sync", cwd=space.root).code == 0
    git = space.source / ".git"
    (git / "difykit-lock").write_text("difykit 1 (process 1)\nindex\nHEAD")
    (git / "index.lock").hardlink_to(git / "difykit-lock")
    (git / "HEAD.lock").write_text("ref: refs/heads/mine\n")
    many(space, 1)
    ran = difykit("sync", cwd=space.root)
    assert (ran.code, "HEAD.lock" in ran.err) == (1, True)
    assert not (git / "index.lock").exists()
    assert (git / "HEAD.lock").read_text() == "ref: refs/heads/mine\n"
    (git / "HEAD.lock").unlink()
    right(space, 1)


@pytest.mark.parametrize("words", [["--allow-empty"], ["--amend"]])
@pytest.mark.parametrize("more", [[], ["--discard"]])
def test_a_commit_that_holds_no_lock_in_its_editor_is_seen(
    space: WorkspaceFixture, words: list[str], more: list[str]
) -> None:
    assert difykit("sync", cwd=space.root).code == 0
    many(space, 1)
    with committing(space, *words) as commit:
        before = everything(space)
        ran = difykit("sync", *more, cwd=space.root)
        assert ran.code == 1, ran.err
        assert f"its editor has {space.source}/.git/COMMIT_EDITMSG open" in ran.err
        assert everything(space) == before
    assert commit.returncode == 0
    assert space.git("log", "-1", "--format=%s") == "mine"


@pytest.mark.parametrize("lock", ["index.lock", "HEAD.lock", "refs/heads/source.lock", "config.lock", ""])
def test_what_a_refused_sync_would_have_set_up_is_as_it_was(space: WorkspaceFixture, lock: str) -> None:
    """Not even what git excludes, where history is cut off, or a setting; "" is a file of the user's in the way."""
    assert difykit("sync", cwd=space.root).code == 0
    git = space.source / ".git"
    many(space, 1)
    (git / "info" / "exclude").write_text("*.local\n/api/way.py\n")
    (git / "shallow").write_text(f"{'1' * 40}\n")
    space.git("config", "core.autocrlf", "input")
    if lock:
        (git / lock).write_text("")
    else:
        (space.source / "api" / "way.py").write_text("mine\n")
        space.overlay("way", {"api/way.py": "WAY = 1\n"})
    before = everything(space)
    ran = difykit("sync", cwd=space.root)
    assert ran.code == 1, ran.err
    assert ("it holds" if lock else "are in the way") in ran.err
    assert everything(space) == before


def test_where_the_users_own_fetch_cut_history_off_stays(space: WorkspaceFixture) -> None:
    assert difykit("sync", cwd=space.root).code == 0
    many(space, 1)
    shallow = space.source / ".git" / "shallow"
    shallow.write_text(f"{'1' * 40}\n{shallow.read_text()}")
    assert difykit("sync", cwd=space.root).code == 0
    assert "1" * 40 in shallow.read_text().splitlines()


def test_a_rebase_that_stopped_is_not_moved_beneath(space: WorkspaceFixture) -> None:
    assert difykit("sync", cwd=space.root).code == 0
    many(space, 1)
    space.git("-c", "sequence.editor=sed -i 1s/pick/edit/", "rebase", "--quiet", "--interactive", "HEAD^")
    before = everything(space)
    ran = difykit("sync", cwd=space.root)
    assert ran.code == 1
    assert "git is in the middle of a rebase" in ran.err
    assert everything(space) == before
    space.git("rebase", "--abort")
    right(space, 1)


@pytest.mark.parametrize("name", ["index", "HEAD"])
def test_damage_is_not_mended_under_another_gits_lock(space: WorkspaceFixture, name: str) -> None:
    assert difykit("sync", cwd=space.root).code == 0
    git = space.source / ".git"
    (git / name).write_bytes(b"junk")
    (git / "index.lock").write_bytes(b"DIRC")
    before = everything(space)
    ran = difykit("sync", cwd=space.root)
    assert ran.code == 1
    assert f"it holds {git / 'index.lock'}" in ran.err
    assert everything(space) == before
    (git / "index.lock").unlink()
    right(space, 0)


@pytest.mark.parametrize("token", [False, True])
def test_a_lock_of_a_killed_difykit_is_known_where_its_file_is_lost_or_emptied(
    space: WorkspaceFixture, token: bool
) -> None:
    assert difykit("sync", cwd=space.root).code == 0
    git = space.source / ".git"
    many(space, 1)
    if token:
        (git / "difykit-lock").write_bytes(b"")
        (git / "index.lock").hardlink_to(git / "difykit-lock")
    else:
        (git / "index.lock").write_text(f"difykit {uuid.uuid4()} (process 1)\nindex\nHEAD")
    right(space, 1)
