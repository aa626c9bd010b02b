"""What a developer sets in the work tree's git on purpose: files that it does not look at, a history that is whole."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from difykit.git.damage import head_fault
from tests.support.cli import difykit
from tests.support.repos import Upstream
from tests.support.workspaces import APP_PATCH, WorkspaceFixture

MARKS = ("--assume-unchanged", "--skip-worktree")


@pytest.fixture
def space(tmp_path: Path) -> WorkspaceFixture:
    upstream = Upstream(tmp_path)
    upstream.release("0.9.0")
    upstream.release("1.0.0")
    workspace = WorkspaceFixture(tmp_path / "ws", upstream)
    workspace.patch("0001-app.patch", APP_PATCH)
    assert difykit("sync", cwd=workspace.root).code == 0
    return workspace


def marks(space: WorkspaceFixture) -> list[str]:
    return [line for line in space.git("ls-files", "-v").splitlines() if not line.startswith("H ")]


@pytest.mark.parametrize("mark", MARKS)
def test_an_edit_that_git_does_not_look_at_is_an_edit(space: WorkspaceFixture, mark: str) -> None:
    place = space.source / "api" / "app.py"
    space.git("update-index", mark, "api/app.py")
    before, marked = place.read_text(), marks(space)
    place.write_text(before + "# mine\n")
    status = difykit("status", cwd=space.root)
    assert "NOT safe to delete" in status.out + status.err
    ran = difykit("sync", cwd=space.root)
    assert ran.code == 1
    assert "holds edits that sync would lose:\n  api/app.py" in ran.err
    assert (place.read_text(), marks(space)) == (before + "# mine\n", marked)
    assert difykit("finish", "--new-patch", "Mine", cwd=space.root).code == 0
    assert any("+# mine" in path.read_text() for path in (space.root / "patches").glob("*.patch"))
    place.write_text(before)
    assert difykit("sync", "--discard", cwd=space.root).code == 0
    assert (place.read_text(), marks(space)) == (before + "# mine\n", marked)


@pytest.mark.parametrize("mark", MARKS)
def test_a_marked_file_that_is_not_edited_moves_with_the_source(space: WorkspaceFixture, mark: str) -> None:
    space.git("update-index", mark, "api/app.py")
    marked = marks(space)
    (space.root / "patches" / "series").write_text("")
    (space.root / "patches" / "0001-app.patch").unlink()
    ran = difykit("sync", cwd=space.root)
    assert ran.code == 0, ran.err
    assert (space.source / "api" / "app.py").read_text() == space.git("show", "HEAD:api/app.py") + "\n"
    assert marks(space) == marked


def test_a_sparse_checkout_is_no_deletion(space: WorkspaceFixture) -> None:
    space.git("update-index", "--skip-worktree", "api/app.py")
    (space.source / "api" / "app.py").unlink()
    assert difykit("sync", cwd=space.root).code == 0
    assert difykit("finish", "--check", cwd=space.root).code == 0
    assert not (space.source / "api" / "app.py").exists()


def test_a_history_that_was_fetched_whole_is_no_damage_and_stays(space: WorkspaceFixture) -> None:
    space.git("fetch", "--quiet", "--unshallow", space.url)
    length = space.git("rev-list", "--count", "HEAD")
    for content in ("X = 1\n", "X = 2\n"):
        space.overlay("mine", {"api/mine.py": content})
        ran = difykit("sync", cwd=space.root)
        assert (ran.code, "damaged" in ran.err) == (0, False), ran.err
        assert not (space.source / ".git" / "shallow").exists()
    assert int(space.git("rev-list", "--count", "HEAD")) == int(length) + 1


def test_a_repository_that_a_kill_left_half_made_is_no_damage(space: WorkspaceFixture) -> None:
    shutil.rmtree(space.source)
    (space.source / ".git.difykit" / ".git").mkdir(parents=True)
    ran = difykit("sync", cwd=space.root)
    assert (ran.code, "damaged" in ran.err) == (0, False), ran.err
    assert not (space.source / ".git.difykit").exists()
    assert space.git("status", "--porcelain") == ""


def test_a_branch_is_not_missed_where_git_keeps_no_files_of_branches(space: WorkspaceFixture) -> None:
    git_dir = space.source / ".git"
    (git_dir / "HEAD").write_text("ref: refs/heads/.invalid\n")
    assert head_fault(git_dir)
    (git_dir / "reftable").mkdir()
    assert head_fault(git_dir) is None
