"""The source: what sync makes of a workspace, as files and as commits."""

from __future__ import annotations

import os
import stat
import time
from pathlib import Path

import pytest

from difykit.core.errors import DifyKitError
from tests.support.repos import DIFY, Upstream
from tests.support.trees import Link, Script, read_tree, snapshot, write_tree
from tests.support.workspaces import APP_PATCH, RecordingProgress, WorkspaceFixture, patch_text

HELLO = "api: {blueprints: ['controllers.hello:bp']}\ngateway: {routes: [{path: /custom-endpoint}]}\n"


@pytest.fixture
def space(tmp_path: Path, upstream: Upstream) -> WorkspaceFixture:
    return WorkspaceFixture(tmp_path / "space", upstream)


def test_without_customisation_the_source_is_the_release(space: WorkspaceFixture, upstream: Upstream) -> None:
    source = space.sync()
    assert source.commit == source.base == upstream.git("rev-parse", "1.0.0")
    assert read_tree(space.source) == {path: content for path, content in DIFY.items() if content is not None}


def test_patch_overlay_and_wiring_are_commits_in_this_order(space: WorkspaceFixture) -> None:
    space.patch("0001-app.patch", APP_PATCH)
    space.overlay("hello", {"api/controllers/hello.py": "bp = 1\n"}, HELLO)
    space.sync()
    assert space.git("log", "--reverse", "--format=%an: %s", "HEAD~3..").splitlines() == [
        "Ann: change it",
        "difykit: overlay hello: hello",
        "difykit: wiring: register what the overlays add (hello)",
    ]


def test_the_files_of_all_layers_are_in_the_work_tree(space: WorkspaceFixture) -> None:
    space.patch("0001-app.patch", APP_PATCH)
    space.overlay("hello", {"api/controllers/hello.py": "bp = 1\n"}, HELLO)
    space.sync()
    tree = read_tree(space.source)
    assert tree["api/app.py"].endswith("print('drei')\n")
    assert tree["api/controllers/hello.py"] == "bp = 1\n"
    assert "after_blueprints(app)" in tree["api/extensions/ext_blueprints.py"]
    assert "controllers.hello" in tree["api/difykit_overlays/__init__.py"]
    assert "location /custom-endpoint {" in tree["docker/nginx/conf.d/default.conf.template"]


def test_blame_names_the_overlay_that_owns_a_line(space: WorkspaceFixture) -> None:
    space.overlay("title", manifest="edits: [{file: README.md, replace: {find: Dify, with: Ours}}]\n")
    space.sync()
    assert "overlay title: title" in space.git("log", "-1", "--format=%s", "--", "README.md")


def test_a_patch_says_in_its_commit_where_it_comes_from(space: WorkspaceFixture) -> None:
    space.patch("0001-app.patch", APP_PATCH)
    space.sync()
    message = "change it\n\nWhy: to see it\nDifykit-Patch: patches/0001-app.patch"
    assert space.git("log", "-1", "--format=%B").strip() == message


def test_an_edit_is_chosen_by_what_the_release_has(space: WorkspaceFixture) -> None:
    edits = """\
edits:
- one_of:
  - {when: {exists: web/i18n/en-US/login.ts}, file: web/i18n/en-US/login.ts, replace: {find: a, with: b}}
  - {when: {exists: web/i18n/en-US/login.json}, file: web/i18n/en-US/login.json, json: {merge: {signBtn: Enter}}}
"""
    space.overlay("title", manifest=edits)
    space.sync()
    assert '"signBtn": "Enter"' in read_tree(space.source)["web/i18n/en-US/login.json"]


def test_alternatives_of_which_none_holds_are_refused(space: WorkspaceFixture) -> None:
    space.overlay("x", manifest="edits:\n- one_of:\n  - {when: {dify: '>=2'}, file: a, json: {merge: {}}}\n")
    with pytest.raises(DifyKitError, match=r"0 of the 1 alternatives hold for release 1\.0\.0"):
        space.sync()


def test_a_tree_with_a_condition_is_laid_only_where_it_holds(space: WorkspaceFixture) -> None:
    trees = "trees: [{from: old, when: {dify: '<1'}}, {from: new, when: {dify: '>=1'}}]\n"
    space.overlay("x", manifest=trees)
    space.write({"overlays/x/old/old.txt": "", "overlays/x/new/new.txt": ""})
    space.sync()
    assert (space.source / "new.txt").exists()
    assert not (space.source / "old.txt").exists()


def test_a_release_candidate_counts_as_of_its_range(space: WorkspaceFixture, upstream: Upstream) -> None:
    upstream.release("1.1.0-rc1")
    space.overlay("x", {"x": ""}, "requires: {dify: '>=1.0'}\n")
    space.pin("1.1.0-rc1")
    space.sync()
    assert (space.source / "x").exists()


def test_a_patch_for_another_release_is_left_out_and_said(space: WorkspaceFixture) -> None:
    space.patch("0001-app.patch", APP_PATCH.replace("Why: to see it", "Applies-to: >=2"))
    heard = RecordingProgress()
    assert space.sync(heard).layers == ()
    assert heard.texts("skip")[0] == "patch 0001-app.patch: not for Dify 1.0.0 (its Applies-to)"


@pytest.mark.parametrize("key", ["Applies-To", "applies-to"])
def test_a_trailer_is_read_in_any_case_as_git_does(space: WorkspaceFixture, key: str) -> None:
    space.patch("0001-app.patch", APP_PATCH.replace("Why: to see it", f"{key}: >=2"))
    assert space.sync().layers == ()


def test_a_patch_for_this_release_is_applied(space: WorkspaceFixture) -> None:
    space.patch("0001-app.patch", APP_PATCH.replace("Why: to see it", "Applies-to: >=1,<2"))
    assert [layer.name for layer in space.sync().layers] == ["0001-app.patch"]


def test_the_version_of_a_branch_is_what_its_web_says(space: WorkspaceFixture) -> None:
    space.pin("main")
    space.overlay("x", {"x": ""}, "requires: {dify: '>=1.0,<1.1'}\n")
    space.sync()
    assert (space.source / "x").exists()


def test_executables_and_links_stay_what_they_are(space: WorkspaceFixture) -> None:
    space.overlay("x", {"run.sh": Script("#!/bin/sh\n"), "web/link": Link("../run.sh"), "plain": ""})
    space.sync()
    assert (space.source / "run.sh").stat().st_mode & stat.S_IXUSR
    assert not (space.source / "plain").stat().st_mode & stat.S_IXUSR
    assert (space.source / "web/link").readlink() == Path("../run.sh")


def test_files_with_any_name_are_laid(space: WorkspaceFixture) -> None:
    names = {"web/app/(x)/[y]/page.tsx": "1", 'a "b"\\c': "2", '"q"': "3", " s ": "4", "ü\n\t": "5", "-x": "6"}
    space.overlay("x", names)
    space.sync()
    tree = read_tree(space.source)
    assert {name: tree[name] for name in names} == names


def test_a_file_whose_name_is_no_text_is_laid(space: WorkspaceFixture) -> None:
    name = os.fsdecode(b"web/\xff")
    space.overlay("x", {name: "x"})
    space.sync()
    assert (space.source / name).read_text() == "x"


def test_bytes_stay_bytes_whatever_upstreams_attributes_say(space: WorkspaceFixture, upstream: Upstream) -> None:
    attributes = "* text eol=crlf ident\n*.u16 working-tree-encoding=UTF-16\n*.lfs filter=lfs\n*.x export-ignore\n"
    files = {".gitattributes": attributes, "a.txt": "a\nb\n", "b.txt": "a\r\n$Id$\n", "c.u16": "c\n", "d.lfs": "d\n"}
    upstream.release("1.1.0", files)
    space.pin("1.1.0")
    space.sync()
    assert {name: (space.source / name).read_bytes().decode() for name in files} == files
    assert space.git("status", "--porcelain") == ""


def test_an_overlays_tree_that_the_release_ignores_is_laid(space: WorkspaceFixture, upstream: Upstream) -> None:
    upstream.release("1.1.0", {".gitignore": "*.local\n"})
    space.pin("1.1.0")
    space.overlay("x", {"a.local": "x"})
    space.sync()
    assert (space.source / "a.local").read_text() == "x"


def test_a_file_that_an_overlay_no_longer_has_goes(space: WorkspaceFixture) -> None:
    space.overlay("x", {"web/x/one": "", "two": ""})
    space.sync()
    write_tree(space.root, {"overlays/x/tree/web/x/one": None})
    space.sync()
    assert not (space.source / "web/x").exists()
    assert (space.source / "two").exists()


def test_a_file_that_an_overlay_replaced_comes_back(space: WorkspaceFixture) -> None:
    space.overlay("x", {"README.md": "ours\n"})
    space.sync()
    assert (space.source / "README.md").read_text() == "ours\n"
    space.overlays = ()
    space.write({})
    space.sync()
    assert (space.source / "README.md").read_text() == "Dify\n"


def test_a_second_sync_changes_nothing(space: WorkspaceFixture) -> None:
    space.patch("0001-app.patch", APP_PATCH)
    space.overlay("hello", {"api/controllers/hello.py": "bp = 1\n"}, HELLO)
    first = space.sync()
    before = snapshot(space.source, skip=(".git",))
    lock = snapshot(space.root, skip=(".difykit",))
    heard = RecordingProgress()
    assert space.sync(heard) == first
    assert snapshot(space.source, skip=(".git",)) == before
    assert snapshot(space.root, skip=(".difykit",)) == lock
    assert heard.texts("step") == heard.texts("ok") == []


def test_only_files_that_differ_are_written(space: WorkspaceFixture) -> None:
    space.overlay("x", {"one": "1", "two": "2"})
    space.sync()
    before = snapshot(space.source, skip=(".git",))
    space.write({"overlays/x/tree/two": "changed"})
    space.sync()
    after = snapshot(space.source, skip=(".git",))
    assert {path for path in after if after[path] != before.get(path)} == {"two"}


def test_layers_before_a_change_are_kept(space: WorkspaceFixture) -> None:
    for name in "abc":
        space.overlay(name, {f"{name}.txt": "1"})
    first = space.sync().layers
    space.write({"overlays/b/tree/b.txt": "2"})
    heard = RecordingProgress()
    second = space.sync(heard).layers
    assert [one.commit == two.commit for one, two in zip(first, second, strict=True)] == [True, False, False]
    assert [text.split(":")[0] for text in heard.texts("ok")] == [
        "overlay b",
        "overlay c",
        f"work tree {space.source} is at {second[-1].commit[:12]}",
    ]


def test_another_order_is_another_source(space: WorkspaceFixture) -> None:
    space.overlay("a", {"a": ""})
    space.overlay("b", {"b": ""})
    first = space.sync()
    space.overlays = ("b", "a")
    space.write({})
    assert space.sync().commit != first.commit


def test_a_commit_id_is_the_same_whether_made_at_once_or_in_steps(
    space: WorkspaceFixture, tmp_path: Path, upstream: Upstream
) -> None:
    other = WorkspaceFixture(tmp_path / "other", upstream)
    for each in (space, other):
        each.overlay("hello", {"api/controllers/hello.py": "bp = 1\n"}, HELLO)
        if each is space:
            each.sync()
        each.overlay("quiet", manifest="env: {A: b}\n")
    assert space.sync().commit == other.sync().commit


def test_a_date_without_a_zone_is_the_same_everywhere(
    tmp_path: Path, upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = "From: Ann <ann@example.org>\nDate: Mon, 1 Jan 2024 10:00:00 -0000\nSubject: [PATCH] x\n"
    text = patch_text("README.md", ["Dify"], ["Ours"], head=head)
    commits = set()
    for zone in ("UTC", "Asia/Tokyo"):
        monkeypatch.setenv("TZ", zone)
        time.tzset()
        space = WorkspaceFixture(tmp_path / zone.replace("/", "-"), upstream)
        space.patch("0001-x.patch", text)
        commits.add(space.sync().commit)
    monkeypatch.delenv("TZ")
    time.tzset()
    assert len(commits) == 1


@pytest.mark.parametrize(
    "date", ["", "soon", "Mon, 1 Jan 1960 10:00:00 +0100", "Mon, 1 Jan 2024 10:00:00 +999999999999"]
)
def test_a_date_that_is_none_does_no_harm(space: WorkspaceFixture, date: str) -> None:
    head = f"From: Ann <ann@example.org>\nDate: {date}\nSubject: [PATCH] x\n"
    space.patch("0001-x.patch", patch_text("README.md", ["Dify"], ["Ours"], head=head))
    assert len(space.sync().layers) == 1


@pytest.mark.parametrize(
    "author", ["Ann <ann@example.org>", "ann@example.org", "<ann@example.org>", "Ä <ä@ö> x", "<<>>", ""]
)
def test_an_odd_author_does_no_harm(space: WorkspaceFixture, author: str) -> None:
    head = f"From: {author}\nDate: Mon, 1 Jan 2024 10:00:00 +0100\nSubject: [PATCH] x\n"
    space.patch("0001-x.patch", patch_text("README.md", ["Dify"], ["Ours"], head=head))
    assert len(space.sync().layers) == 1
