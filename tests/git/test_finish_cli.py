"""`difykit modify` and `difykit finish` as they are typed."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.authoring import edit, spaced
from tests.support.cli import inv
from tests.support.trees import read_tree, write_tree
from tests.support.workspaces import WorkspaceFixture


@pytest.fixture
def space(tmp_path: Path) -> WorkspaceFixture:
    return spaced(tmp_path)


def test_modify_tells_the_folder_and_the_next_command(space: WorkspaceFixture) -> None:
    ran = inv("modify", "--at", "0001", cwd=space.root)
    assert ran.code == 0
    assert f"{space.source}: after patches/0001-one.patch" in ran.err
    assert "then: difykit finish" in ran.err
    told = json.loads(inv("modify", "--json", cwd=space.root).out)
    assert told == {"path": str(space.source), "at": "", "commit": space.git("rev-parse", "HEAD"), "edited": False}


def test_check_is_words_or_json_and_changes_nothing(space: WorkspaceFixture) -> None:
    assert inv("finish", "--check", cwd=space.root).out == "nothing is edited that is not in a patch or overlay\n"
    edit(space.source, "api/own.py", "Y = 2", "Y = 3")
    before = read_tree(space.root, skip=(".difykit",))
    assert inv("finish", "--check", cwd=space.root).out == "api/own.py:2 (1 removed and 1 added) -> overlay own\n"
    told = json.loads(inv("finish", "--check", "--json", cwd=space.root).out)
    assert told["complete"]
    assert [(each["path"], each["kind"], each["target"]) for each in told["edits"]] == [
        ("api/own.py", "overlay", "own")
    ]
    assert read_tree(space.root, skip=(".difykit",)) == before


def test_finish_says_what_it_did_and_the_next_one_that_there_is_nothing(space: WorkspaceFixture) -> None:
    edit(space.source, "api/long.py", "line 15\n", "line fifteen\n")
    ran = inv("finish", "--new-patch", "Say fifteen", "--json", cwd=space.root)
    assert ran.code == 0, ran.err
    assert json.loads(ran.out)["new"] == ["0003-say-fifteen.patch"]
    assert "api/long.py:16 (1 removed and 1 added) -> new patch: Say fifteen" in ran.err
    assert "its message has no `Why:`" in ran.err
    again = inv("finish", cwd=space.root)
    assert (again.code, again.out) == (0, "")
    assert "no edits that are not in a patch or overlay" in again.err


STAGED_AND_TAKEN_BACK = {
    "a text": (["sed", "-i", "s/Y = 2/Y = 3/", "api/own.py"], ["sed", "-i", "s/Y = 3/Y = 2/", "api/own.py"]),
    "a mode": (["chmod", "755", "api/own.py"], ["chmod", "644", "api/own.py"]),
    "a new file": (["cp", "api/own.py", "api/new.py"], ["rm", "api/new.py"]),
    "a deletion": (["mv", "api/own.py", "api/own.log"], ["mv", "api/own.log", "api/own.py"]),
    "a link": (["ln", "-sf", "long.py", "api/link.py"], ["rm", "api/link.py"]),
}


@pytest.mark.parametrize("change", STAGED_AND_TAKEN_BACK)
def test_what_was_staged_and_taken_back_is_no_edit_for_the_sync_after_it(space: WorkspaceFixture, change: str) -> None:
    files = read_tree(space.source)
    there, back = STAGED_AND_TAKEN_BACK[change]
    subprocess.run(there, cwd=space.source, check=True)
    space.git("add", "--all")
    subprocess.run(back, cwd=space.source, check=True)
    assert space.git("status", "--porcelain")
    ran = inv("finish", cwd=space.root)
    assert ran.code == 0, ran.err
    assert "what was staged and is in the files no more is staged no more" in ran.err
    assert space.git("status", "--porcelain") == ""
    assert read_tree(space.source) == files
    assert inv("sync", cwd=space.root).code == 0


def test_nobody_is_asked_where_nobody_is_there(space: WorkspaceFixture) -> None:
    write_tree(space.source, {"api/new.py": "N = 1\n"})
    ran = inv("finish", cwd=space.root)
    assert ran.code == 1
    assert "difykit finish --into NAME; NAME is one of: own, edits, patches" in ran.err


def test_in_a_terminal_the_user_is_asked(space: WorkspaceFixture) -> None:
    write_tree(space.source, {"api/new.py": "N = 1\n"})
    edit(space.source, "api/long.py", "line 15\n", "line fifteen\n")
    keys, screen = pty.openpty()
    child = subprocess.Popen(
        [sys.executable, "-m", "difykit", "finish"],
        cwd=space.root,
        stdin=screen,
        stdout=subprocess.DEVNULL,
        stderr=screen,
    )
    os.write(keys, b"own\nSay fifteen\nIt is nicer\n")
    assert child.wait(120) == 0
    os.close(keys)
    os.close(screen)
    assert (space.root / "overlays/own/tree/api/new.py").read_text() == "N = 1\n"
    assert "Why: It is nicer\n" in (space.root / "patches/0003-say-fifteen.patch").read_text()


def test_an_unknown_overlay_is_answered_with_those_there_are(space: WorkspaceFixture) -> None:
    write_tree(space.source, {"api/new.py": "N = 1\n"})
    ran = inv("finish", "--into", "others", cwd=space.root)
    assert ran.code == 1
    assert "one of: 0001-one.patch, 0002-two.patch, own, edits, patches" in ran.err


def test_a_sync_says_that_finish_keeps_edits(space: WorkspaceFixture) -> None:
    edit(space.source, "api/own.py", "Y = 2", "Y = 3")
    ran = inv("sync", cwd=space.root)
    assert ran.code == 1
    assert "keep them: difykit finish; drop them: difykit sync --discard" in ran.err
