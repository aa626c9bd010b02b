"""A sync of a real release, ended alone at random moments, and the next one at once."""

from __future__ import annotations

import os
import random
import shutil
import signal
import time
from pathlib import Path

import pytest

from tests.support.cli import difykit
from tests.support.kills import committing, end_alone, locks, none_left, start
from tests.support.workspaces import WorkspaceFixture

pytestmark = pytest.mark.upstream

KILLS, TERMS, COMMITS = 50, 20, 5


@pytest.fixture
def space(tmp_path: Path) -> WorkspaceFixture:
    upstream = os.environ.get("DIFYKIT_UPSTREAM")
    if not upstream:
        pytest.skip("DIFYKIT_UPSTREAM does not name a repository of real releases")
    made = WorkspaceFixture(tmp_path / "ws", Path(upstream).resolve().as_uri(), ref="1.15.0")
    many(made, 0)
    return made


def many(space: WorkspaceFixture, number: int) -> None:
    space.overlay("many", {f"api/many/{file}.py": f"X = {number}\n" * 100 for file in range(1500)})


def owned(space: WorkspaceFixture) -> dict[str, object]:
    """What is the user's of a workspace: all but what is derived, and the lock that a sync writes."""
    folders = [space.root / name for name in ("overlays", "patches")]
    places = [
        space.root / "difykit.yaml",
        *(path for folder in folders for path in folder.rglob("*") if path.is_file()),
    ]
    return {str(path): path.read_bytes() for path in places}


def right(space: WorkspaceFixture, number: int) -> None:
    ran = difykit("sync", cwd=space.root)
    assert ran.code == 0, ran.err
    assert (space.source / "api/many/1499.py").read_text() == f"X = {number}\n" * 100
    assert space.git("status", "--porcelain") == ""
    assert space.git("rev-parse", "HEAD") == space.git("rev-parse", "refs/heads/source")
    assert locks(space) == []
    assert none_left(space.root) == []


def test_a_sync_ended_alone_at_seventy_random_moments_is_finished_by_the_next_one_at_once(
    space: WorkspaceFixture,
) -> None:
    right(space, 0)
    many(space, 1)
    started = time.perf_counter()
    right(space, 1)
    length = time.perf_counter() - started
    dice = random.Random(12)
    signals = [signal.SIGKILL] * KILLS + [signal.SIGTERM] * TERMS
    dice.shuffle(signals)
    for turn, number in enumerate(signals, 2):
        if turn % 10 == 0:
            shutil.rmtree(space.root / ".difykit" / ("source" if turn % 20 else ""))
        many(space, turn)
        kept = owned(space)
        said = end_alone(start(space.root, "sync"), number, dice.uniform(0.1, 1.1) * length)
        assert "bug" not in said
        assert "Traceback" not in said
        right(space, turn)
        assert owned(space) == kept


@pytest.mark.parametrize("turn", range(COMMITS))
def test_a_commit_that_waits_for_its_editor_is_made_whatever_happens_to_sync(
    space: WorkspaceFixture, turn: int
) -> None:
    right(space, 0)
    edited = space.source / "api/app.py"
    edited.write_text("mine\n")
    many(space, 1)
    with committing(space, "-a") as commit:
        end_alone(start(space.root, "sync"), signal.SIGKILL, 0.3 + 0.4 * turn)
        ran = difykit("sync", cwd=space.root)
        assert ran.code == 1
        assert "api/app.py" in ran.err
        assert edited.read_text() == "mine\n"
    assert commit.returncode == 0
    assert space.git("show", "HEAD:api/app.py") == "mine"
    space.git("reset", "--quiet", "--hard", "HEAD^")
    right(space, 1)
