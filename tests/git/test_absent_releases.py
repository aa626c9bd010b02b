"""A release that is not there, and what git says while difykit goes another way: what the user sees of both."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.cli import Ran, difykit
from tests.support.repos import Upstream
from tests.support.workspaces import WorkspaceFixture

RAW = re.compile(r"(?m)^\s*(?:remote: )?(?:fatal|error):")


@pytest.fixture
def upstream(tmp_path: Path) -> Upstream:
    made = Upstream(tmp_path)
    for release in ("1.0.0", "1.1.0", "1.2.0", "1.3.0-rc1"):
        made.release(release, {"api/app.py": f"print('{release}')\n"})
    made.git("branch", "topic", "1.1.0")
    return made


@pytest.fixture
def space(tmp_path: Path, upstream: Upstream) -> WorkspaceFixture:
    made = WorkspaceFixture(tmp_path / "ws", upstream)
    made.overlay("own", {"api/controllers/own.py": "X = 1\n"})
    return made


def synced(space: WorkspaceFixture, *words: str) -> Ran:
    space.sync()
    return difykit(*words, cwd=space.root)


def pinned(space: WorkspaceFixture, ref: str) -> Ran:
    space.pin(ref)
    return difykit("sync", cwd=space.root)


@pytest.mark.parametrize(
    ("run", "code"),
    [
        pytest.param(lambda space: pinned(space, "topic"), 0, id="a pinned branch"),
        pytest.param(lambda space: pinned(space, "9.9.9"), 1, id="a pin that is not there"),
        pytest.param(lambda space: synced(space, "upgrade.start", "--to", "topic"), 0, id="an upgrade to a branch"),
        pytest.param(lambda space: synced(space, "upgrade.forecast", "--to", "topic"), 0, id="a forecast of a branch"),
        pytest.param(lambda space: synced(space, "upgrade.start", "--to", "9.9.9"), 1, id="an upgrade to nothing"),
        pytest.param(
            lambda space: difykit("adopt.fork", "--fork", space.url, "--ref", "topic", "--check", cwd=space.root),
            None,
            id="a branch of a fork",
        ),
    ],
)
def test_no_line_of_a_failed_try_of_gits_is_shown(
    space: WorkspaceFixture, run: Callable[[WorkspaceFixture], Ran], code: int | None
) -> None:
    ran = run(space)
    assert code in {None, ran.code}, ran.err
    assert RAW.search(ran.out + ran.err) is None


@pytest.mark.parametrize(
    ("words", "text", "hint"),
    [
        (
            ("upgrade.start", "--to", "1.1.7"),
            "has no release 1.1.7; the nearest is 1.1.0, the newest is 1.2.0",
            "difykit upgrade.start --to 1.1.0",
        ),
        (
            ("upgrade.start", "--to", "v1.3"),
            "has no release v1.3; the nearest and newest is 1.2.0",
            "difykit upgrade.start --to 1.2.0",
        ),
        (
            ("upgrade.start", "--to", "9.9.9"),
            "has no release 9.9.9; the nearest and newest is 1.2.0",
            "difykit upgrade.start --to 1.2.0",
        ),
        (
            ("upgrade.start", "--to", "stable"),
            "has no release stable; the newest is 1.2.0",
            "difykit upgrade.start --to 1.2.0",
        ),
        (
            ("upgrade.start", "--to", "1.2", "--check"),
            "has no release 1.2; the nearest and newest is 1.2.0",
            "name the release: --to 1.2.0",
        ),
        (
            ("upgrade.forecast", "--to", "1.2.0", "--to", "1.1.O"),
            "has no release 1.1.O; the nearest is 1.1.0, the newest is 1.2.0",
            "name the release: --to 1.1.0",
        ),
    ],
)
def test_what_may_be_meant_is_named_instead_of_the_pin(
    space: WorkspaceFixture, words: tuple[str, ...], text: str, hint: str
) -> None:
    ran = synced(space, *words)
    assert ran.code == 1
    assert text in ran.err
    assert f"hint {hint}\n" in ran.err
    assert "difykit.yaml" not in ran.err
