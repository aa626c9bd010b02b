"""What a person resolved is looked at like what a machine merged: what may not stand is told, and asked again."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.resolutions import BINARY, FILES, conflict_of, good

Change = Callable[[str], str | bytes]
BAD: dict[str, tuple[str, Change, str]] = {
    "the divider of a conflict": (
        "api/a.py",
        lambda text: text.replace("v4 = 4\n", "v4 = 4\n=======\n"),
        ":7: a mark of",
    ),
    "the start of a conflict": (
        "api/a.txt",
        lambda text: text + "<<<<<<< ours\n",
        ":11: a mark of a conflict, <<<<<<<",
    ),
    "the base of a conflict": (
        "docker/a.yaml",
        lambda text: "||||||| base\n" + text,
        ":1: a mark of a conflict, |||||||",
    ),
    "the end of a conflict, in lines of Windows": (
        "api/a.txt",
        lambda text: (text + ">>>>>>> theirs\n").replace("\n", "\r\n"),
        ":11: a mark of a conflict, >>>>>>>",
    ),
    "a divider below a heading's underline": (
        "docs/a.md",
        lambda text: text.replace("Words v4 4.\n", "Words v4 4.\n=======\n"),
        ":13: a mark of a conflict, =======",
    ),
    "bytes in a program": ("web/a.tsx", lambda _: BINARY, ":1: it holds a NUL byte, and is text on each side"),
    "Latin-1": ("api/a.txt", lambda text: text.encode() + b"caf\xe9\n", ":11: it is not UTF-8 text"),
    "UTF-16": ("api/a.py", lambda text: text.encode("utf-16"), ":1: it holds a NUL byte"),
    "nothing": ("api/a.py", lambda _: "", ": it is empty, and on no side is it"),
    "blank lines": ("docs/a.md", lambda _: "\n \n", ": it is empty, and on no side is it"),
    "no Python": (
        "api/a.py",
        lambda text: text.replace("v4 = 4", "v4 = ("),
        ":6: it is no Python: '(' was never closed",
    ),
    "no TypeScript": ("web/a.tsx", lambda text: text.replace("v4 = 4", "v4 = ({"), ": it is no TypeScript: the parser"),
    "no JSON": ("web/a.json", lambda text: text.replace('"v4": 4,', '"v4": 4'), ":7: it is no JSON"),
    "a comma too many in JSON": ("web/a.json", lambda text: text.replace("1\n}", "1,\n}"), ":11: it is no JSON"),
    "no YAML": ("docker/a.yaml", lambda text: text.replace("v4: 4", "v4: [4"), "it is no YAML"),
    "no TOML": ("api/a.toml", lambda text: text.replace("[a]", "[a"), ":1: it is no TOML"),
    "a key twice in JSON": (
        "web/a.json",
        lambda text: text.replace('  "v4": 4,', '  "v4": 4,\n  "v4": 5,'),
        ":7: the key v4",
    ),
    "a key twice in YAML": ("docker/a.yaml", lambda text: text + "v4: 5\n", "v4: this key is given twice"),
    "an import twice": ("api/a.py", lambda text: "import os\n" + text, ":2: the name os stands there again"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_may_not_stand_is_told_with_its_line_and_asked_again(tmp_path: Path, name: str) -> None:
    path, change, reason = BAD[name]
    conflict = conflict_of(tmp_path, path)
    before = conflict.space.mine()
    conflict.resolve(change(good(path)))
    conflict.git("add", path)
    ran = conflict.run("upgrade.continue")
    assert ran.code == 1
    assert f"  {conflict.place}{reason}" in ran.err or (f"  {conflict.place}:" in ran.err and reason in ran.err)
    assert f"difykit upgrade.continue --accept {path}" in ran.err
    assert json.loads(conflict.run("upgrade.status", "--json").out)["conflict"]["left"]
    assert conflict.space.mine() == before
    conflict.resolve(good(path))
    assert conflict.run("upgrade.continue").code == 0
    assert "4" in conflict.patched()


@pytest.mark.parametrize("name", ["the divider of a conflict", "bytes in a program", "no YAML", "nothing"])
def test_whoever_insists_is_taken_at_his_word_and_the_note_says_so(tmp_path: Path, name: str) -> None:
    path, change, _ = BAD[name]
    conflict = conflict_of(tmp_path, path)
    conflict.resolve(change(good(path)))
    ran = conflict.run("upgrade.continue", "--accept", path)
    assert ran.code == 0, ran.err
    assert f"patch 0001-a.patch: ported: resolved by hand, taken as it is: {path}" in ran.err


@pytest.mark.parametrize("name", ["the divider of a conflict", "bytes in a program", "no TOML", "nothing"])
def test_what_may_not_stand_is_not_remembered_by_abort_which_says_so(tmp_path: Path, name: str) -> None:
    path, change, _ = BAD[name]
    conflict = conflict_of(tmp_path, path)
    conflict.resolve(change(good(path)))
    ran = conflict.run("upgrade.abort")
    assert ran.code == 0
    assert f"not remembered: {conflict.place}" in ran.err
    assert json.loads(conflict.run("upgrade.resolutions", "--json").out)["resolutions"] == []
    assert conflict.run("upgrade.start", "--to", "1.1.0").code == 1
    assert b"<<<<<<< Dify 1.1.0" in conflict.place.read_bytes()


def test_abort_says_nothing_of_what_nobody_touched(tmp_path: Path) -> None:
    conflict = conflict_of(tmp_path, "api/a.py")
    ran = conflict.run("upgrade.abort")
    assert (ran.code, "not remembered" in ran.err) == (0, False)


def test_what_was_insisted_on_is_remembered_as_that(tmp_path: Path) -> None:
    conflict = conflict_of(tmp_path, "api/a.py")
    conflict.space.in_git()
    conflict.resolve("v4 = (\n")
    assert conflict.run("upgrade.continue", "--accept", "api/a.py").code == 0
    conflict.space.home("switch", "--quiet", "main")
    again = conflict.run("upgrade.start", "--to", "1.1.0")
    assert again.code == 0, again.err
    assert "ported: resolved as before, taken as it is: api/a.py" in again.err


GOOD: dict[str, tuple[str, Change]] = {
    **{f"a good {path}": (path, str) for path in FILES},
    "another title above a side's underline": ("docs/a.md", lambda text: text.replace("Title", "Other")),
    "lines of Windows": ("docs/a.md", lambda text: text.replace("\n", "\r\n")),
    "a longer rule": ("docs/a.md", lambda text: text.replace("Words v4 4.\n", "========\n")),
    "the release's file": ("api/a.toml", lambda _: FILES["api/a.toml"][1]),
    "the patch's file": ("api/a.toml", lambda _: FILES["api/a.toml"][2]),
    "odd letters": ("api/a.py", lambda text: text.replace("v4 = 4", "v4 = 'ä中\u2028'")),
}


@pytest.mark.parametrize("name", GOOD)
def test_what_may_stand_is_taken(tmp_path: Path, name: str) -> None:
    path, change = GOOD[name]
    conflict = conflict_of(tmp_path, path)
    conflict.resolve(change(good(path)))
    ran = conflict.run("upgrade.continue")
    assert ran.code == 0, ran.err
    assert "resolved by hand" in ran.err
    assert "taken as it is" not in ran.err


@pytest.mark.parametrize("path", ["api/a.py", "web/a.json", "docker/a.yaml", "api/a.toml", "web/a.tsx"])
def test_a_file_that_no_side_has_sound_need_not_become_sound(tmp_path: Path, path: str) -> None:
    was, new, mine = (f"( [ {{ : <<\n{text}" for text in FILES[path])
    conflict = conflict_of(tmp_path, path, (was, new, mine))
    conflict.resolve(f"( [ {{ : <<\n{good(path)}")
    assert conflict.run("upgrade.continue").code == 0


def test_a_file_that_was_removed_is_asked_about_and_can_be_had_back(tmp_path: Path) -> None:
    conflict = conflict_of(tmp_path, "api/a.py")
    marked = conflict.place.read_text()
    conflict.place.unlink()
    ran = conflict.run("upgrade.continue")
    assert ran.code == 1
    said = f"{conflict.place}: was removed, and git was not told; drop it: git rm api/a.py"
    assert f"  {said}; have it back: git checkout --merge -- api/a.py" in ran.err
    conflict.git("checkout", "--merge", "--", "api/a.py")
    assert marked.count("=======") == conflict.place.read_text().count("=======") == 1
    assert conflict.run("upgrade.continue").code == 1
    conflict.resolve(good("api/a.py"))
    assert conflict.run("upgrade.continue").code == 0


def test_a_file_that_git_was_told_to_remove_is_dropped_and_the_note_and_the_commit_say_so(tmp_path: Path) -> None:
    conflict = conflict_of(tmp_path, "api/a.py")
    conflict.space.in_git()
    conflict.git("rm", "--quiet", "api/a.py")
    ran = conflict.run("upgrade.continue")
    assert ran.code == 0, ran.err
    assert "patch 0001-a.patch: ported: resolved by hand, api/a.py was dropped" in ran.err
    assert "+++ /dev/null" in conflict.patched()
    assert "api/a.py was dropped" in conflict.space.home("log", "--format=%B", "main..")


def test_a_folder_in_the_place_of_a_file_is_asked_about(tmp_path: Path) -> None:
    conflict = conflict_of(tmp_path, "api/a.py")
    conflict.place.unlink()
    conflict.place.mkdir()
    ran = conflict.run("upgrade.continue")
    assert ran.code == 1
    assert f"{conflict.place}: is no file any more" in ran.err


def test_a_link_in_the_place_of_a_file_is_asked_about(tmp_path: Path) -> None:
    conflict = conflict_of(tmp_path, "api/a.py")
    conflict.place.unlink()
    conflict.place.symlink_to("/etc/passwd")
    ran = conflict.run("upgrade.continue")
    assert ran.code == 1
    assert f"{conflict.place}: it is a link, and a file on each side" in ran.err


def test_other_files_that_a_person_changes_on_the_way_are_looked_at_too(tmp_path: Path) -> None:
    conflict = conflict_of(tmp_path, "api/a.py")
    conflict.resolve(good("api/a.py"))
    (conflict.space.work / "api/more.py").write_text("def f(:\n")
    (conflict.space.work / "web/package.json").write_text("{\n<<<<<<< x\n")
    (conflict.space.work / "README.md").unlink()
    conflict.git("add", "api/more.py")
    ran = conflict.run("upgrade.continue")
    assert ran.code == 1
    assert f"{conflict.space.work}/api/more.py:1: it is no Python" in ran.err
    assert f"{conflict.space.work}/web/package.json:2: a mark of a conflict, <<<<<<<" in ran.err
    assert f"{conflict.space.work}/README.md: was removed, and git was not told" in ran.err
    conflict.git("rm", "--quiet", "README.md")
    (conflict.space.work / "api/more.py").write_text("def f(): pass\n")
    ran = conflict.run("upgrade.continue", "--accept", "web/package.json")
    assert ran.code == 0, ran.err
    assert "resolved by hand, taken as it is: web/package.json, README.md was dropped" in ran.err


@pytest.mark.parametrize("accept", ["api/b.py", "README.md", "/etc/passwd", ""])
def test_only_what_waits_can_be_accepted(tmp_path: Path, accept: str) -> None:
    conflict = conflict_of(tmp_path, "api/a.py")
    conflict.resolve(good("api/a.py"))
    ran = conflict.run("upgrade.continue", "--accept", accept)
    assert ran.code == 1
    assert f"--accept {accept}: this path does not wait for you" in ran.err


def test_a_conflict_that_nobody_touched_cannot_be_accepted(tmp_path: Path) -> None:
    conflict = conflict_of(tmp_path, "api/a.py")
    ran = conflict.run("upgrade.continue", "--accept", "api/a.py")
    assert ran.code == 1
    assert f"{conflict.place}:6: a conflict" in ran.err
