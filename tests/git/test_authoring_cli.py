"""The authoring verbs as they are typed: patch.new, .edit, .drop, .reorder, .export, .stats, .check, overlay.diff."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.authoring import add_patch, edit, spaced
from tests.support.cli import inv
from tests.support.repos import Upstream
from tests.support.trees import read_tree, write_tree
from tests.support.workspaces import RecordingProgress, WorkspaceFixture


@pytest.fixture
def space(tmp_path: Path) -> WorkspaceFixture:
    return spaced(tmp_path)


def series(space: WorkspaceFixture) -> list[str]:
    return (space.root / "patches/series").read_text().split()


def test_patch_new_takes_all_edits_into_one_patch(space: WorkspaceFixture) -> None:
    edit(space.source, "api/long.py", "line of two\n", "line of three\n")
    write_tree(space.source, {"api/new.py": "N = 1\n"})
    space.git("add", ".")
    space.git("commit", "-qm", "not my name")
    edit(space.source, "api/long.py", "line 15\n", "line fifteen\n")
    wanted = read_tree(space.source)
    ran = inv("patch.new", "All of it", "--why", "to see", "--json", cwd=space.root)
    assert ran.code == 0, ran.err
    assert json.loads(ran.out)["new"] == ["0003-all-of-it.patch"]
    assert json.loads(ran.out)["changed"] == []
    assert read_tree(space.source) == wanted


def test_patch_edit_and_finish_change_the_patch_in_its_place(space: WorkspaceFixture) -> None:
    ran = inv("patch.edit", "one", cwd=space.root)
    assert "after patches/0001-one.patch" in ran.err
    edit(space.source, "api/long.py", "line 3 of one", "line 3 of ONE")
    assert inv("finish", cwd=space.root).code == 0
    assert "+line 3 of ONE" in (space.root / "patches/0001-one.patch").read_text()


def test_patch_drop_and_reorder(space: WorkspaceFixture) -> None:
    add_patch(space, "0003-three.patch", {"line 18\n": "line 18 of three\n"})
    assert inv("patch.reorder", "three", "--before", "one", cwd=space.root).code == 0
    assert series(space) == ["0003-three.patch", "0001-one.patch", "0002-two.patch"]
    assert inv("patch.reorder", "three", "--after", "two", cwd=space.root).code == 0
    assert series(space) == ["0001-one.patch", "0002-two.patch", "0003-three.patch"]
    again = inv("patch.reorder", "three", "--to", "3", cwd=space.root)
    assert (again.code, "nothing was changed" in again.err) == (0, True)
    assert inv("patch.reorder", "three", cwd=space.root).code == 1
    ran = inv("patch.drop", "two", "--json", cwd=space.root)
    dropped = {"patch": "0002-two.patch", "goes": ["api/long.py"], "stays": []}
    assert json.loads(ran.out) == {"changed": ["0003-three.patch"], "dropped": ["0002-two.patch"], **dropped}
    assert series(space) == ["0001-one.patch", "0003-three.patch"]


def test_fresh_fails_where_something_is_in_no_patch(space: WorkspaceFixture) -> None:
    for name in ("0001-one.patch", "0002-two.patch"):
        edit(space.root, f"patches/{name}", "Why: it", "Why: it\nUpstream: not sent\nMade-for: 1.0.0")
    assert "from other files, from patch 0001-one.patch on" in inv("patch.check", "--fresh", cwd=space.root).out
    space.sync()
    ran = inv("patch.check", "--fresh", cwd=space.root)
    assert (ran.code, ran.out) == (0, ""), ran.err
    assert inv("patch.export", "--json", cwd=space.root).out == '{"changed": [], "dropped": []}\n'
    edit(space.source, "api/own.py", "Y = 2", "Y = 3")
    ran = inv("patch.check", "--fresh", cwd=space.root)
    assert ran.code == 1
    assert "api/own.py: edited in the work tree" in ran.out
    assert inv("patch.check", cwd=space.root).code == 0


def test_stats_tell_the_burden(space: WorkspaceFixture) -> None:
    told = json.loads(inv("patch.stats", "--json", cwd=space.root).out)
    assert (told["count"], told["added"], told["removed"]) == (2, 3, 2)
    assert told["files"] == [{"path": "api/long.py", "patches": 2}]
    words = inv("patch.stats", cwd=space.root).out
    assert "2 patches" in words
    assert "2        api/long.py" in words


def test_a_patch_that_upstream_absorbed_is_named_and_can_be_dropped(tmp_path: Path) -> None:
    space = spaced(tmp_path)
    upstream = Upstream.__new__(Upstream)
    upstream.path, upstream._work = tmp_path / "dify.git", tmp_path / "dify-work"
    text = (space.source / "api/long.py").read_text().replace("line 1\n", "line 0\nline 1\n")
    upstream._env = {
        "GIT_AUTHOR_NAME": "x",
        "GIT_AUTHOR_EMAIL": "x",
        "GIT_COMMITTER_NAME": "x",
        "GIT_COMMITTER_EMAIL": "x",
    }
    upstream.release("1.1.0", {"api/long.py": text})
    space.pin("1.1.0")
    assert inv("sync", cwd=space.root).code == 1
    ran = inv("patch.check", cwd=space.root)
    assert "patches/0001-one.patch: upstream has this change already: difykit patch.drop 0001-one.patch" in ran.out
    assert "patches/0002-two.patch: upstream has this change already" in ran.out
    for name in ("one", "two"):
        assert inv("patch.drop", name, cwd=space.root).code == 0
    assert series(space) == []
    assert inv("sync", cwd=space.root).code == 0


def test_what_the_licence_reserves_is_warned_of_once_at_sync_and_in_every_check(tmp_path: Path) -> None:
    upstream = Upstream(tmp_path)
    upstream.release(
        "1.0.0", {"web/public/logo/logo.svg": "<svg/>\n", "web/app/about.tsx": "a\n© LangGenius, Inc.\nb\n"}
    )
    space = WorkspaceFixture(tmp_path / "ws", upstream)
    space.overlay("brand", {"web/public/logo/logo.svg": "<our/>\n"})
    space.sync()
    add_patch(space, "0001-mine.patch", {"© LangGenius, Inc.": "© Us"}, path="web/app/about.tsx")
    (space.root / ".difykit/source.json").unlink()
    heard = RecordingProgress()
    space.sync(heard)
    clause = "Dify's licence, 1b: whoever uses Dify's frontend may not remove or change the logo"
    assert [text for text in heard.texts("warn") if clause in text] == heard.texts("warn")
    assert len(heard.texts("warn")) == 2
    again = RecordingProgress()
    space.sync(again)
    assert again.texts("warn") == []
    ran = inv("patch.check", "--json", cwd=space.root)
    assert "patches/0001-mine.patch removes or changes a copyright notice: web/app/about.tsx" in ran.err
    assert [each["path"] for each in json.loads(ran.out)["licence"]] == ["web/app/about.tsx"]
    ran = inv("overlay.check", cwd=space.root)
    assert ran.code == 0
    assert "overlay brand changes Dify's logo: web/public/logo/logo.svg" in ran.err


def test_overlay_diff_shows_whole_files_against_upstreams(space: WorkspaceFixture) -> None:
    out = inv("overlay.diff", "own", cwd=space.root).out
    assert "--- /dev/null\n+++ b/api/own.py\n@@ -0,0 +1,2 @@\n+X = 1\n+Y = 2\n" in out
    assert '-{"name": "dify-web", "version": "1.0.0"}\n+{"name": "mine"}\n' in out
    told = json.loads(inv("overlay.diff", "own", "--json", cwd=space.root).out)
    assert told["files"] == [
        {"path": "api/own.py", "new": True, "added": 2, "removed": 0},
        {"path": "web/package.json", "new": False, "added": 1, "removed": 1},
    ]
    assert "has no whole files" in inv("overlay.diff", "edits", cwd=space.root).err
