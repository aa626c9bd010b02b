"""patch.split, patch.join, overlay.split: the source stays what it is, or nothing is changed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from difykit.source.patch import load
from tests.support.authoring import TEXT, add_patch, edit, spaced
from tests.support.cli import inv
from tests.support.trees import read_tree, write_tree
from tests.support.workspaces import WorkspaceFixture


@pytest.fixture
def space(tmp_path: Path) -> WorkspaceFixture:
    return spaced(tmp_path)


def series(space: WorkspaceFixture) -> list[str]:
    return (space.root / "patches/series").read_text().split()


def tree(space: WorkspaceFixture) -> str:
    return space.git("rev-parse", "HEAD^{tree}")


def content(space: WorkspaceFixture) -> dict[str, str]:
    return read_tree(space.root, skip=(".difykit",))


def mixed(space: WorkspaceFixture) -> None:
    """A patch of every kind of change, two of its hunks in one file."""
    edit(space.source, "api/long.py", "line 1\n", "line 1 of mixed\n")
    edit(space.source, "api/long.py", "line 18\n", "line 18 of mixed\nand more\n")
    edit(space.source, "api/app.py", "one", "ONE")
    (space.source / "README.md").rename(space.source / "LESEN.md")
    (space.source / "web/i18n/en-US/login.json").unlink()
    write_tree(space.source, {"api/raw.bin": b"\0\1\2" * 40, "api/new.py": "N = 1"})
    space.git("add", "--all")
    diff = space.git("diff", "--cached", "--full-index", "--binary", "--find-renames") + "\n"
    space.git("reset", "--quiet", "--hard")
    head = "From: Ann <ann@example.org>\nDate: Mon, 1 Jan 2024 10:00:00 +0100\nSubject: [PATCH] Mixed\n"
    space.patch("0003-mixed.patch", f"{head}\nBecause.\n\nWhy: it\nMade-for: 1.0.0\n---\n{diff}")
    (space.root / "overlays/edits/overlay.yaml").write_text("version: 1\ndescription: nothing\n")
    space.sync()


def wide(space: WorkspaceFixture) -> None:
    """A patch with two hunks."""
    add_patch(space, "0003-wide.patch", {"line 1\n": "line 1 of wide\n", "line 18\n": "line 18 of wide\n"})


@pytest.mark.parametrize(
    ("options", "files"),
    [
        (("--file", "api/app.py"), [5, 1]),
        (("--file", "LESEN.md"), [5, 1]),
        (("--file", "README.md", "--file", "api/new.py"), [4, 2]),
        (("--hunk", "api/long.py:1"), [6, 1]),
        (("--hunk", "api/long.py:2", "--file", "api/raw.bin"), [5, 2]),
        (("--by", "file"), [1] * 6),
        (("--by", "hunk"), [1] * 7),
    ],
)
def test_a_patch_is_taken_apart_and_the_source_stays(
    space: WorkspaceFixture, options: tuple[str, ...], files: list[int]
) -> None:
    mixed(space)
    before = tree(space)
    ran = inv("patch.split", "mixed", *options, cwd=space.root)
    assert ran.code == 0, ran.err
    assert tree(space) == before
    parts = load(space.root / "patches")[2:]
    assert [len(patch.changes) for patch in parts] == files
    assert {(patch.author, patch.date, patch.trailer("Why")) for patch in parts} == {
        ("Ann", "Mon, 1 Jan 2024 10:00:00 +0100", "it")
    }
    assert series(space)[:3] == ["0001-one.patch", "0002-two.patch", "0003-mixed.patch"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ((), "what is to be taken out of it is not said"),
        (("--file", "api/nope.py"), "does not touch api/nope.py"),
        (("--hunk", "api/long.py:3"), "has no hunk api/long.py:3"),
        (("--hunk", "api/long.py"), "has no hunk api/long.py"),
        (("--by", "line"), "there is no such way"),
        (("--by", "file", "--file", "api/app.py"), "takes all of the patch"),
        (("--by", "hunk", "--subject", "Parts"), "--subject names one patch, and --by hunk makes 2"),
        (("--hunk", "api/long.py:1", "--hunk", "api/long.py:2"), "nothing would be left"),
    ],
)
def test_a_split_that_cannot_be_is_refused_and_nothing_changes(
    space: WorkspaceFixture, options: tuple[str, ...], words: str
) -> None:
    wide(space)
    before = content(space)
    ran = inv("patch.split", "wide", *options, cwd=space.root)
    assert (ran.code, content(space) == before) == (1, True), ran.err
    assert words in ran.err


def test_what_is_one_piece_is_not_split(space: WorkspaceFixture) -> None:
    ran = inv("patch.split", "one", "--by", "hunk", cwd=space.root)
    assert (ran.code, "it is one piece:\n  api/long.py: one piece" in ran.err) == (1, True)


def test_check_writes_nothing(space: WorkspaceFixture) -> None:
    wide(space)
    before = content(space)
    ran = inv("patch.split", "wide", "--hunk", "api/long.py:1", "--check", "--json", cwd=space.root)
    assert ran.code == 0, ran.err
    assert json.loads(ran.out)["changed"] == ["0003-wide.patch"]
    assert content(space) == before


def test_join_undoes_a_split(space: WorkspaceFixture) -> None:
    wide(space)
    before, names = tree(space), series(space)
    assert inv("patch.split", "wide", "--hunk", "api/long.py:2", "--subject", "Ten", cwd=space.root).code == 0
    assert series(space) == [*names, "0004-ten.patch"]
    ran = inv("patch.join", "ten", "wide", "--json", cwd=space.root)
    assert ran.code == 0, ran.err
    assert json.loads(ran.out) == {"changed": ["0003-wide.patch"], "dropped": ["0004-ten.patch"]}
    assert (tree(space), series(space)) == (before, names)
    joined = load(space.root / "patches")[2]
    assert (joined.subject, joined.author, joined.trailer("Why")) == ("0003-wide.patch", "Ann", "it")
    assert "Ten" in joined.body


def test_join_over_a_patch_between_that_is_about_other_files(space: WorkspaceFixture) -> None:
    add_patch(space, "0003-three.patch", {"one": "ONE"}, path="api/app.py", message="Why: other\nUpstream: no")
    add_patch(space, "0004-four.patch", {"line 18\n": "line 18 of four\n"})
    before = tree(space)
    ran = inv("patch.join", "one", "two", "--also", "four", cwd=space.root)
    assert ran.code == 0, ran.err
    assert (tree(space), series(space)) == (before, ["0001-one.patch", "0003-three.patch"])


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (("one", "three"), "patches/0002-two.patch lies between, and changes api/long.py too"),
        (("one", "one"), "needs two patches"),
        (("one", "for"), "differ in their Applies-to"),
    ],
)
def test_a_join_that_cannot_be_is_refused_and_nothing_changes(
    space: WorkspaceFixture, names: tuple[str, str], words: str
) -> None:
    add_patch(space, "0003-three.patch", {"line 18\n": "line 18 of three\n"})
    add_patch(space, "0004-for.patch", {"line 19\n": "line 19 of four\n"}, message="Why: it\nApplies-to: >=1")
    before = content(space)
    ran = inv("patch.join", *names, cwd=space.root)
    assert (ran.code, content(space) == before) == (1, True), ran.err
    assert words in ran.err


def test_patches_that_undo_each_other_are_not_joined(space: WorkspaceFixture) -> None:
    texts = {"line 3 of one\nline of two\n": "line 3 of one\n", "line 10 of two\n": "line 10\n"}
    add_patch(space, "0003-undo.patch", texts)
    ran = inv("patch.join", "two", "undo", cwd=space.root)
    assert (ran.code, "the patches undo each other" in ran.err) == (1, True)


def whole(space: WorkspaceFixture, name: str) -> dict[str, str]:
    return read_tree(space.root / "overlays" / name)


def test_files_of_an_overlay_become_one_of_their_own(space: WorkspaceFixture) -> None:
    before = tree(space)
    ran = inv("overlay.split", "own", "--into", "page", "--file", "web", cwd=space.root)
    assert ran.code == 0, ran.err
    assert tree(space) == before
    assert set(whole(space, "own")) == {"overlay.yaml", "tree/api/own.py"}
    assert set(whole(space, "page")) == {"overlay.yaml", "tree/web/package.json"}
    assert [line.strip() for line in (space.root / "difykit.yaml").read_text().splitlines() if "overlays" in line] == [
        "overlays: [own, page, edits]"
    ]


Names = tuple[str, ...]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("own", "--into", "page"), "needs the files to move"),
        (("own", "--file", "web"), "needs the name of the new overlay"),
        (("own", "--into", "edits", "--file", "web"), "has overlays/edits already"),
        (("own", "--into", "Page", "--file", "web"), "cannot be the name of an overlay"),
        (("own", "--into", "page", "--file", "docker"), "has no file docker"),
        (("own", "--into", "page", "--file", "/"), "has no file /"),
        (("own", "--into", "page", "--file", ""), "has no file ''"),
        (("own", "--into", "page", "--file", "web", "--file", "api"), "left without a file"),
        (("hello-page", "--into", "page", "--file", "web"), "difykit ships"),
        (("nope", "--into", "page", "--file", "web"), "no overlay nope"),
    ],
)
def test_an_overlay_that_cannot_be_split_is_left_as_it_is(space: WorkspaceFixture, words: Names, said: str) -> None:
    before = content(space)
    ran = inv("overlay.split", *words, cwd=space.root)
    assert (ran.code, content(space) == before) == (1, True), ran.err
    assert said in ran.err


@pytest.mark.parametrize(
    "verb",
    [
        lambda: ("patch.split", "two", "--by", "hunk"),
        lambda: ("patch.join", "one", "two"),
        lambda: ("overlay.split", "own", "--into", "page", "--file", "web"),
    ],
)
def test_edits_in_the_source_are_never_lost(space: WorkspaceFixture, verb: Callable[[], Names]) -> None:
    edit(space.source, "api/long.py", "line 15\n", "line fifteen\n")
    before = content(space)
    ran = inv(*verb(), cwd=space.root)
    assert (ran.code, content(space) == before) == (1, True), ran.err
    assert "line fifteen" in (space.source / "api/long.py").read_text()
    assert TEXT
