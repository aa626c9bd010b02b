"""The `patch.*` commands, on a fetched release."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.cli import Ran, inv
from tests.support.repos import Upstream
from tests.support.workspaces import WorkspaceFixture, patch_text

ONE, TWO, THREE = ("print('one')", "print('two')", "print('three')")
TRAILERS = "Why: to see it\nUpstream: not sent\nMade-for: 1.0.0\n"
Run = Callable[..., Ran]


def patch(new: str, old: tuple[str, ...] = (ONE, TWO, THREE), more: str = "") -> str:
    return patch_text("api/app.py", old, (*old[:-1], new), message=TRAILERS + more)


@pytest.fixture
def space(tmp_path: Path) -> WorkspaceFixture:
    upstream = Upstream(tmp_path)
    upstream.release("1.0.0")
    space = WorkspaceFixture(tmp_path / "space", upstream)
    space.patch("0001-first.patch", patch("first"))
    space.patch("0002-second.patch", patch("second", (ONE, TWO, "first")))
    return space


@pytest.fixture
def run(space: WorkspaceFixture) -> Run:
    def run(*args: str, code: int = 0) -> Ran:
        ran = inv(*args, cwd=space.root)
        assert ran.code == code, ran.err
        return ran

    return run


def states(run: Run) -> dict[str, str]:
    return {each["name"]: each["state"] for each in json.loads(run("patch.list", "--json").out)["patches"]}


def test_before_the_release_is_fetched_whether_they_fit_is_not_known(run: Run) -> None:
    assert set(states(run).values()) == {"not fetched"}
    checked = run("patch.check")
    assert "it is not fetched yet" in checked.err
    assert "patches: nothing is wrong\n" in checked.err


def test_the_list_says_for_each_whether_it_fits(run: Run, space: WorkspaceFixture) -> None:
    run("sync")
    space.patch("0003-old.patch", patch("old", more="Applies-to: <1\n"))
    space.patch("0004-wrong.patch", patch("wrong"))
    space.patch("0005-on-top.patch", patch("top", (ONE, TWO, "wrong")))
    assert states(run) == {
        "0001-first.patch": "applies",
        "0002-second.patch": "applies",
        "0003-old.patch": "left out",
        "0004-wrong.patch": "conflict",
        "0005-on-top.patch": "after a conflict",
    }
    lines = run("patch.list").out.splitlines()
    assert lines[0].split() == ["#", "NAME", "SUBJECT", "MADE-FOR", "APPLIES-TO", "FILES", "LINES", "ON", "1.0.0"]
    assert lines[3].split() == ["3", "0003-old.patch", "change", "it", "1.0.0", "<1", "1", "+1", "-1", "left", "out"]


def test_all_findings_come_at_once_with_what_does_not_fit(run: Run, space: WorkspaceFixture) -> None:
    run("sync")
    space.patch("0003-wrong.patch", patch("wrong"))
    space.patch("0004-on-top.patch", patch("top", (ONE, TWO, "wrong")))
    space.patch("0005-silent.patch", patch_text("README.md", ["Dify"], ["Ours"]))
    space.write({"patches/orphan.patch": patch("x")})
    ran = run("patch.check", code=1)
    assert "patches/orphan.patch: not in patches/series" in ran.out
    assert "patches/0003-wrong.patch: api/app.py: hunk 1 (patch line 13) does not fit at line 1" in ran.out
    assert "patches/0004-on-top.patch: does not fit; it changes a file that 0003-wrong.patch changes" in ran.out
    assert "patches/0005-silent.patch: the message has no `Why:` trailer" in ran.out
    assert "fail 6 findings in patches/" in ran.err
    found = json.loads(run("patch.check", "--json", code=1).out)
    assert found["fetched"] is True
    assert len(found["findings"]) == 6


def test_a_series_that_is_right_is_said_to_fit(run: Run) -> None:
    run("sync")
    ran = run("patch.check")
    assert (ran.out, ran.err) == ("", "  ok patches: nothing is wrong, and they fit Dify 1.0.0\n")


def test_a_patch_is_shown_by_a_part_of_its_name(run: Run, space: WorkspaceFixture) -> None:
    shown = run("patch.show", "0002").out
    assert shown.startswith("patches/0002-second.patch\nchange it\nAnn <ann@example.org>\n")
    assert "\nWhy: to see it\n" in shown
    assert "\n-first\n+second\n" in shown
    assert "2 patches have patch in their names" in run("patch.show", "patch", code=1).err
    space.write({"patches/0001-first.patch": "broken\n"})
    assert run("patch.show", "second").out == shown


def test_every_command_has_its_line_in_the_menu(run: Run) -> None:
    menu = run("--list").out
    assert all(f"  patch.{name} " in menu for name in ("list", "check", "show"))
