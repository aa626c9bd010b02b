"""`patch.drop NAME --file PATH`: one file out of a patch, everything else of it to the byte, or nothing is changed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.authoring import add_patch, spaced
from tests.support.cli import inv
from tests.support.trees import read_tree
from tests.support.workspaces import WorkspaceFixture

NAME = "0003-both.patch"
HEAD = """\
From 0123456789012345678901234567890123456789 Mon Sep 17 00:00:00 2001
From: =?UTF-8?q?J=C3=BCrgen?= <j@example.org>
Date: Tue, 2 Jan 2024 10:00:00 +0100
Subject: [PATCH 3/9] Both

Because.

Why: it has to be
Upstream: not sent
Made-for: 1.0.0
---
"""
STAT = " README.md   | 2 +-\n api/app.py | 1 +\n 2 files changed, 2 insertions(+), 1 deletion(-)\n\n"


PATHS = ("api/app.py", "api/controllers/console/__init__.py", "web/other.json")


@pytest.fixture
def space(tmp_path: Path) -> WorkspaceFixture:
    """A patch of three files: one changed, one changed and built on by the next patch, one renamed."""
    space = spaced(tmp_path)
    (space.root / "overlays" / "own" / "tree" / "web" / "package.json").unlink()
    space.sync()
    for path, old, new in (("api/app.py", "two", "TWO"), ("api/controllers/console/__init__.py", "bp", "BP")):
        file = space.source / path
        file.write_text(file.read_text().replace(old, new))
    (space.source / "web/package.json").rename(space.source / "web/other.json")
    space.git("add", "--all")
    diff = space.git("diff", "--cached", "--full-index", "--find-renames") + "\n"
    space.git("reset", "--quiet", "--hard")
    space.patch(NAME, HEAD + STAT + diff)
    space.sync()
    add_patch(space, "0004-later.patch", {"BP": "LATER"}, path="api/controllers/console/__init__.py")
    return space


def own(space: WorkspaceFixture) -> dict[str, str]:
    return read_tree(space.root, skip=(".difykit",))


def sections(space: WorkspaceFixture) -> dict[str, str]:
    """The patch's text by file; "" for what stands before."""
    head, *rest = (space.root / "patches" / NAME).read_text().split("diff --git ")
    return {"": head, **{text.split()[1].removeprefix("b/"): text for text in rest}}


@pytest.mark.parametrize(
    ("files", "goes"),
    [
        (["api/app.py"], ["api/app.py"]),
        (["web/other.json"], ["web/package.json", "web/other.json"]),
        (["web/package.json"], ["web/package.json", "web/other.json"]),
        (["api/app.py", "web/other.json"], ["api/app.py", "web/package.json", "web/other.json"]),
    ],
)
def test_files_go_and_all_else_stays_to_the_byte(space: WorkspaceFixture, files: list[str], goes: list[str]) -> None:
    before, mine, tree = sections(space), own(space), read_tree(space.source)
    argv = [word for file in files for word in ("--file", file)]
    ran = inv("patch.drop", "both", *argv, "--json", cwd=space.root)
    assert ran.code == 0, ran.err
    told = json.loads(ran.out)
    assert (told["changed"], told["dropped"], told["goes"]) == ([NAME], [], goes)
    after = sections(space)
    assert after == {"": HEAD, **{path: text for path, text in before.items() if path and path not in goes}}
    assert {path for path, text in own(space).items() if mine.get(path) != text} == {f"patches/{NAME}"}
    now = read_tree(space.source)
    assert {path for path in {*tree, *now} if tree.get(path) != now.get(path)} == set(goes)
    assert now["web/package.json" if "web/other.json" in goes else "api/app.py"]


def test_check_says_what_goes_and_stays_and_changes_nothing(space: WorkspaceFixture) -> None:
    mine, head = own(space), space.git("rev-parse", "HEAD")
    ran = inv("patch.drop", "both", "--file", "api/app.py", "--check", cwd=space.root)
    assert ran.code == 0, ran.err
    assert ran.out.splitlines() == [
        "goes: api/app.py",
        "stays: api/controllers/console/__init__.py",
        "stays: web/package.json",
        "stays: web/other.json",
    ]
    assert "nothing builds on what goes" in ran.err
    assert (own(space), space.git("rev-parse", "HEAD")) == (mine, head)
    whole = inv("patch.drop", "later", "--check", "--json", cwd=space.root)
    assert json.loads(whole.out)["goes"] == ["api/controllers/console/__init__.py"]
    assert own(space) == mine


@pytest.mark.parametrize("check", [["--check"], []])
def test_what_a_later_patch_builds_on_stays_and_it_is_named(space: WorkspaceFixture, check: list[str]) -> None:
    mine = own(space)
    ran = inv("patch.drop", "both", "--file", "api/controllers/console/__init__.py", *check, cwd=space.root)
    assert ran.code == 1
    assert "patches/0004-later.patch builds on it in api/controllers/console/__init__.py" in ran.err
    assert own(space) == mine


@pytest.mark.parametrize(
    ("file", "near"),
    [
        ("api/ap.py", "api/app.py"),
        ("app.py", "api/app.py"),
        ("web/Other.json", "web/other.json"),
        ("zzz", "api/app.py"),
    ],
)
def test_a_path_that_it_does_not_touch_is_refused_with_the_nearest(
    space: WorkspaceFixture, file: str, near: str
) -> None:
    mine = own(space)
    ran = inv("patch.drop", "both", "--file", "api/app.py", "--file", file, cwd=space.root)
    assert ran.code == 1
    assert f"patches/{NAME} does not touch {file}; it touches:" in ran.err
    assert f"\n  {near}" in ran.err
    assert own(space) == mine


def test_a_patch_of_which_nothing_is_left_goes(space: WorkspaceFixture) -> None:
    assert inv("patch.drop", "later", cwd=space.root).code == 0
    argv = [word for path in PATHS for word in ("--file", path)]
    ran = inv("patch.drop", "both", *argv, cwd=space.root)
    assert ran.code == 0, ran.err
    assert not (space.root / "patches" / NAME).exists()
    assert NAME not in (space.root / "patches" / "series").read_text()


def test_a_patch_that_does_not_fit_loses_a_file_too(space: WorkspaceFixture) -> None:
    place = space.root / "patches" / NAME
    place.write_text(place.read_text().replace("-print('two')", "-print('other')").replace("index ", "index ", 1))
    ran = inv("patch.drop", "both", "--file", "api/app.py", cwd=space.root)
    assert ran.code == 0, ran.err
    assert "api/app.py" not in place.read_text()
    assert inv("sync", cwd=space.root).code == 0
