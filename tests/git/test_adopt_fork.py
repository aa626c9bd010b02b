"""`adopt`: a fork with everything that git can hold becomes a workspace whose sync is that fork, byte for byte."""

from __future__ import annotations

import json
import re
import unicodedata
from pathlib import Path
from typing import Any

import pytest

from difykit.core.files import tree_files
from difykit.source.patch import load
from tests.support.cli import inv
from tests.support.forks import Fork
from tests.support.hints import run_hint
from tests.support.repos import Upstream
from tests.support.trees import Content, Link, Script, read_tree
from tests.support.workspaces import WorkspaceFixture

LONG = "".join(f"line {number}\n" for number in range(60))
MARKERS = LONG.replace("line 30\n", "<<<<<<< HEAD\nours\n=======\ntheirs\n>>>>>>> upstream_main\n")
FIRST: dict[str, Content] = {
    "api/old.py": "OLD = 1\n",
    "api/text.py": LONG,
    "api/mine.py": LONG,
    "api/moves.py": LONG + "X = 1\n",
    "api/folder/a.txt": "a\n",
    "api/folder/b.txt": "b\n",
    "api/file": "a file\n",
    "api/run.sh": "#!/bin/sh\n",
    "api/picture.png": bytes(range(256)) * 20,
    "api/link": Link("app.py"),
    "api/lost.py": "fixed = False\n" + LONG,
    "web/i18n/uk-UA/login.json": "{}\n",
    "web/i18n/uk-UA/app.json": "{}\n",
    "AGENTS.md": "agents\n",
    ".gitattributes": "*.sh text eol=lf\n",
    **{f"api/core/part_{number}.py": "PART = 1\n" for number in range(20)},
}
SECOND: dict[str, Content] = {
    **{f"api/core/part_{number}.py": "PART = 2\n" for number in range(5)},
    "api/lost.py": "fixed = True\n" + LONG,
    "web/package.json": '{"version": "1.1.0"}\n',
}
OWN: dict[str, Content] = {
    "api/controllers/own/routes.py": 'from flask import Blueprint\n\nbp = Blueprint("own", __name__)\n',
    "api/controllers/own/empty.py": "",
    "api/controllers/own/windows.txt": b"one\r\ntwo\r\n",
    "api/controllers/own/no_end.txt": "no end",
    "api/controllers/own/start.sh": Script("#!/bin/sh\n"),
    "api/controllers/own/to_app": Link("../../app.py"),
    "api/controllers/own/raw.bin": b"\0\1\2\r\n\xff" * 50,
    "api/controllers/own/__pycache__/kept.pyc": b"\0compiled",
    "admin/.gitattributes": "*.txt text eol=crlf\n",
    "admin/.gitignore": "*\n",
    "admin/ignored.txt": "one\ntwo\n",
    "docs/" + unicodedata.normalize("NFD", "Änderung.md"): "umlaut\n",
    "docs/two\nlines.md": "odd\n",
    'docs/"quoted" and spaced.md': "odd\n",
    "docs/back\\slash.md": "odd\n",
}
CHANGED: dict[str, Content] = {
    "api/mine.py": LONG.replace("line 3\n", "line three\n").replace("line 50\n", ""),
    "api/moves.py": None,
    "api/moved/here.py": LONG + "X = 2\n",
    "api/folder/a.txt": None,
    "api/folder/b.txt": None,
    "api/file": None,
    "api/run.sh": None,
    "api/picture.png": bytes(range(256)) * 20 + b"\0more",
    "api/link": None,
    "api/lost.py": "fixed = False\n" + LONG,
    "web/i18n/uk-UA/login.json": None,
    "web/i18n/uk-UA/app.json": None,
    "AGENTS.md": None,
}
AFTER: dict[str, Content] = {
    "api/file/inside.txt": "a folder now\n",
    "api/folder": "a file now\n",
    "api/run.sh": Script("#!/bin/sh\n"),
    "api/link": "no link any more\n",
    "api/old.py": "OLD = 1\n",
    "AGENTS.md~upstream_main": "agents\n",
}


@pytest.fixture
def upstream(tmp_path: Path) -> Upstream:
    made = Upstream(tmp_path)
    made.git("config", "uploadpack.allowFilter", "true")
    made.release("1.0.0", FIRST)
    made.release("1.1.0", {**SECOND, "api/old.py": None})
    made.release("1.2.0", {"api/text.py": LONG + "more\n", "api/new.py": "NEW = 1\n"})
    return made


@pytest.fixture
def fork(tmp_path: Path, upstream: Upstream) -> Fork:
    made = Fork(tmp_path, upstream, "1.1.0")
    made.commit(OWN, "our own files")
    made.commit(CHANGED, "change what is Dify's\n\nIt has to be so.")
    made.commit({**AFTER, "api/text.py": MARKERS}, "merge")
    return made


def fresh(folder: Path, upstream: Upstream) -> WorkspaceFixture:
    """A workspace as `init` makes it, on the test's upstream."""
    assert inv("init", str(folder), cwd=folder.parent).code == 0
    settings = folder / "difykit.yaml"
    settings.write_text(settings.read_text().replace("https://github.com/langgenius/dify.git", upstream.url))
    space = WorkspaceFixture.__new__(WorkspaceFixture)
    space.root = folder
    return space


def adopted(space: WorkspaceFixture, fork: Fork, *options: str) -> dict[str, Any]:
    ran = inv("adopt", "--fork", fork.url, "--ref", "main", "--json", *options, cwd=space.root)
    assert ran.code == 0, ran.err
    told: dict[str, Any] = json.loads(ran.out)
    return told


@pytest.mark.parametrize("way", ["area", "file", "commit"])
def test_a_sync_of_the_result_is_the_fork_byte_for_byte(
    tmp_path: Path, upstream: Upstream, fork: Fork, way: str
) -> None:
    space = fresh(tmp_path / "ws", upstream)
    told = adopted(space, fork, "--by", way)
    assert told["base"]["ref"] == "1.1.0"
    assert told["equal"]
    assert told["tree"] == fork.tree()
    ran = inv("sync", cwd=space.root)
    assert ran.code == 0, ran.err
    assert space.git("rev-parse", "HEAD^{tree}") == fork.tree()
    assert space.git("status", "--porcelain", "--ignored") == ""
    assert inv("patch.check", cwd=space.root).code == 0


def test_what_an_overlay_cannot_carry_is_in_a_patch_and_said(tmp_path: Path, upstream: Upstream, fork: Fork) -> None:
    space = fresh(tmp_path / "ws", upstream)
    told = adopted(space, fork)
    carried = {each["path"] for each in told["findings"] if each["kind"] == "taken along"}
    assert carried == {
        "admin/.gitattributes",
        "admin/.gitignore",
        "api/controllers/own/__pycache__/kept.pyc",
        "docs/" + unicodedata.normalize("NFD", "Änderung.md"),
        "docs/two\nlines.md",
        "docs/back\\slash.md",
        "api/file/inside.txt",
        "api/folder",
    }
    tree = {path for path, _ in tree_files(space.root / "overlays" / "my-fork" / "tree")}
    assert carried.isdisjoint(tree)
    assert {"admin/ignored.txt", "api/controllers/own/start.sh"} <= tree
    assert "api/moved/here.py" not in tree
    renames = [one for patch in load(space.root / "patches") for one in patch.changes if one.kind == "rename"]
    assert [(one.old_path, one.new_path) for one in renames] == [("api/moves.py", "api/moved/here.py")]


def test_what_merges_left_is_told_with_the_command_that_takes_it_out(
    tmp_path: Path, upstream: Upstream, fork: Fork
) -> None:
    space = fresh(tmp_path / "ws", upstream)
    told = adopted(space, fork)
    drops = {(each["kind"], each["path"]): each["drop"] for each in told["findings"]}
    assert drops["merge copy", "AGENTS.md~upstream_main"] == "rm 'overlays/my-fork/tree/AGENTS.md~upstream_main'"
    assert drops["stale", "api/old.py"] == "rm overlays/my-fork/tree/api/old.py"
    for path in ("web/i18n/uk-UA/login.json", "web/i18n/uk-UA/app.json"):
        assert re.fullmatch(rf"difykit patch\.drop 00\S+\.patch --file {path}", drops["deleted", path])
    marker = next(each for each in told["findings"] if each["kind"] == "conflict markers")
    assert (marker["path"], marker["line"]) == ("api/text.py", 31)
    old = next(each for each in told["findings"] if each["kind"] == "old content")
    assert (old["path"], old["text"]) == ("api/lost.py", "it is the file of 1.0.0: what Dify changed since is lost")
    assert any(each["kind"] == "blueprint" and "controllers.own.routes:bp" in each["text"] for each in told["findings"])
    page = (space.root / "overlays" / "my-fork" / "ADOPTED.md").read_text()
    assert all(each["drop"] in page for each in told["findings"])


def test_without_the_files_and_patches_that_it_names_the_rest_still_syncs(
    tmp_path: Path, upstream: Upstream, fork: Fork
) -> None:
    space = fresh(tmp_path / "ws", upstream)
    told = adopted(space, fork)
    for drop in sorted({each["drop"] for each in told["findings"]} - {""}):
        run_hint(space, drop)
    assert inv("sync", cwd=space.root).code == 0
    files = read_tree(space.source)
    assert files["AGENTS.md"] == "agents\n"
    assert files["api/text.py"] == LONG
    assert {"AGENTS.md~upstream_main", "api/old.py"}.isdisjoint(files)
    assert "web/i18n/uk-UA/login.json" in files


def test_each_commit_of_a_fork_that_merged_nothing_becomes_its_patch(tmp_path: Path, upstream: Upstream) -> None:
    fork = Fork(tmp_path, upstream, "1.1.0")
    fork.commit({"api/mine.py": LONG.replace("line 5\n", "line five\n")}, "five\n\nBecause: it is a word.")
    fork.who("Bob", "bob@example.org")
    fork.commit({"api/mine.py": LONG.replace("line 5\n", "line FIVE\n"), "api/text.py": LONG + "end\n"}, "louder")
    space = fresh(tmp_path / "ws", upstream)
    adopted(space, fork, "--by", "commit", "--base", "1.1.0")
    found = load(space.root / "patches")
    assert [(patch.subject, patch.author, patch.date) for patch in found] == [
        ("five", "Ann", "Sat, 9 Mar 2024 18:00:00 +0200"),
        ("louder", "Bob", "Sat, 9 Mar 2024 18:00:00 +0200"),
    ]
    assert "Because: it is a word." in found[0].body
    assert not (space.root / "overlays" / "my-fork").exists()
    assert inv("sync", cwd=space.root).code == 0
    assert space.git("rev-parse", "HEAD^{tree}") == fork.tree()


def test_the_base_may_be_a_commit_between_releases(tmp_path: Path, upstream: Upstream) -> None:
    between = upstream.commit({f"api/part_{number}.py": f"P = {number}\n" for number in range(9)})
    upstream.release("1.3.0", {f"api/part_{number}.py": f"Q = {number}\n" for number in range(9)})
    fork = Fork(tmp_path, upstream, between)
    fork.commit({"api/mine.py": LONG + "mine\n"})
    space = fresh(tmp_path / "ws", upstream)
    told = adopted(space, fork)
    assert told["base"] == {"ref": between, "commit": between}
    assert [path for each in told["patches"] for path in each["paths"]] == ["api/mine.py"]
    assert f"ref: {between}" in (space.root / "difykit.yaml").read_text()


def test_of_two_releases_that_are_as_near_it_is_the_one_in_the_history(tmp_path: Path, upstream: Upstream) -> None:
    fork = Fork(tmp_path, upstream, "1.1.0")
    fork.commit({"api/text.py": LONG + "ours\n", "api/new.py": "NEW = 2\n"})
    told = adopted(fresh(tmp_path / "ws", upstream), fork)
    assert [each["differs"] for each in told["candidates"][:2]] == [2, 2]
    assert told["base"]["ref"] == "1.1.0"


def test_check_says_the_same_and_writes_nothing(tmp_path: Path, upstream: Upstream, fork: Fork) -> None:
    space = fresh(tmp_path / "ws", upstream)
    before = read_tree(space.root, skip=(".difykit",))
    told = adopted(space, fork, "--check")
    assert told["equal"]
    assert read_tree(space.root, skip=(".difykit",)) == before
    assert not (space.root / ".difykit" / "adopt" / "made").exists()
    assert adopted(space, fork) == told


def test_comments_of_the_series_and_the_settings_stay(tmp_path: Path, upstream: Upstream, fork: Fork) -> None:
    space = fresh(tmp_path / "ws", upstream)
    settings, series = space.root / "difykit.yaml", space.root / "patches" / "series"
    text = settings.read_text()
    series.write_text("# mine\n")
    adopted(space, fork, "--name", "ours")
    wanted = text.replace("ref: 1.15.0", "ref: 1.1.0").replace("overlays: []", "overlays: [ours]")
    assert settings.read_text() == wanted
    assert series.read_text().startswith("# mine\n0001-")
