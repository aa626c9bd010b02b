"""`finish`: each kind of edit lands where it came from, and a sync gives exactly what was edited."""

from __future__ import annotations

from pathlib import Path

import pytest

from difykit.authoring import FinishChoice, finish, plan_finish
from difykit.core.errors import DifyKitError
from difykit.workspace.workspace import Workspace
from tests.support.authoring import edit, spaced
from tests.support.trees import Link, Script, read_tree, write_tree
from tests.support.workspaces import RecordingProgress, WorkspaceFixture


@pytest.fixture
def space(tmp_path: Path) -> WorkspaceFixture:
    return spaced(tmp_path)


def fold(space: WorkspaceFixture, **choice: str) -> RecordingProgress:
    """Finish, and see that the source is what was edited and nothing is left to do."""
    wanted = read_tree(space.source)
    heard = RecordingProgress()
    finish(Workspace.open(space.root), heard, FinishChoice(**choice))  # type: ignore[arg-type]
    assert read_tree(space.source) == wanted
    assert space.git("status", "--porcelain") == ""
    again = finish(Workspace.open(space.root), RecordingProgress(), FinishChoice())
    assert again.rebuilt is None
    space.sync()
    assert read_tree(space.source) == wanted
    return heard


def patches(space: WorkspaceFixture) -> dict[str, str]:
    return read_tree(space.root / "patches")


def test_nothing_edited_is_nothing_to_do(space: WorkspaceFixture) -> None:
    before = read_tree(space.root, skip=(".difykit",))
    fold(space)
    assert read_tree(space.root, skip=(".difykit",)) == before


def test_a_line_of_a_patch_goes_into_it_and_the_next_patch_is_written_anew(space: WorkspaceFixture) -> None:
    edit(space.source, "api/long.py", "line 3 of one\n", "line 3 of the first\n")
    fold(space)
    now = patches(space)
    assert "+line 3 of the first\n" in now["0001-one.patch"]
    assert " line 3 of the first\n+line of two\n" in now["0002-two.patch"]
    assert now["0001-one.patch"].startswith("From: Ann <ann@example.org>\nDate: Mon, 1 Jan 2024 10:00:00 +0100\n")


def test_a_line_of_the_second_patch_leaves_the_first_as_it_is(space: WorkspaceFixture) -> None:
    before = patches(space)
    edit(space.source, "api/long.py", "line of two\n", "line of two\nmore of two\n")
    edit(space.source, "api/long.py", "line of two\n", "a line of two\n")
    fold(space)
    now = patches(space)
    assert now["0001-one.patch"] == before["0001-one.patch"]
    assert "+a line of two\n+more of two\n" in now["0002-two.patch"]


def test_upstreams_lines_go_into_a_new_patch_with_its_trailers(space: WorkspaceFixture) -> None:
    edit(space.source, "api/long.py", "line 12\n", "line twelve\n")
    with pytest.raises(DifyKitError, match=r"api/long.py:13 \(1 removed and 1 added\)") as caught:
        finish(Workspace.open(space.root), RecordingProgress(), FinishChoice())
    assert "--new-patch" in caught.value.hint
    fold(space, subject="Say twelve", why="because")
    text = patches(space)["0003-say-twelve.patch"]
    assert "Subject: [PATCH] Say twelve\n" in text
    assert "Why: because\nUpstream: not sent\nMade-for: 1.0.0\n---\n" in text
    assert patches(space)["series"].endswith("0002-two.patch\n0003-say-twelve.patch\n")


def test_an_overlays_file_goes_into_its_tree_modes_and_all(space: WorkspaceFixture) -> None:
    edit(space.source, "api/own.py", "Y = 2", "Y = 3")
    (space.source / "api/own.py").chmod(0o755)
    edit(space.source, "web/package.json", "mine", "ours")
    fold(space)
    tree = space.root / "overlays/own/tree"
    assert (tree / "api/own.py").read_text() == "X = 1\nY = 3\n"
    assert (tree / "api/own.py").stat().st_mode & 0o111
    assert (tree / "web/package.json").read_text() == '{"name": "ours"}\n'


def test_a_deleted_overlay_file_goes_and_what_it_replaced_is_deleted_by_a_patch(space: WorkspaceFixture) -> None:
    (space.source / "api/own.py").unlink()
    fold(space)
    assert not (space.root / "overlays/own/tree/api").exists()
    (space.source / "web/package.json").unlink()
    fold(space, subject="No package")
    assert "deleted file mode" in patches(space)["0003-no-package.patch"]


@pytest.mark.parametrize("into", ["own", "edits", "patches"])
def test_a_new_file_goes_where_it_is_said_to(space: WorkspaceFixture, into: str) -> None:
    write_tree(space.source, {"api/new.py": "N = 1\n", "api/run.sh": Script("#!/bin/sh\n"), "api/link": Link("own.py")})
    with pytest.raises(DifyKitError, match="where these new files belong") as caught:
        finish(Workspace.open(space.root), RecordingProgress(), FinishChoice())
    assert "own, edits, patches" in caught.value.hint
    if into == "edits":
        (space.source / "api/link").unlink()  # it would leave that overlay's tree
    fold(space, into=into, subject="New files" if into == "patches" else "")
    if into == "patches":
        assert "new file mode 120000" in patches(space)["0003-new-files.patch"]
    else:
        assert (space.root / f"overlays/{into}/tree/api/run.sh").stat().st_mode & 0o111


def test_a_line_of_an_edit_is_refused_with_the_line_of_the_edit(space: WorkspaceFixture) -> None:
    before = read_tree(space.root, skip=(".difykit",))
    edit(space.source, "README.md", "Our Dify", "Their Dify")
    edit(space.source, "api/own.py", "Y = 2", "Y = 3")
    with pytest.raises(DifyKitError, match=r"overlays/edits/overlay.yaml:3: change it there"):
        finish(Workspace.open(space.root), RecordingProgress(), FinishChoice(subject="x"))
    assert read_tree(space.root, skip=(".difykit",)) == before
    assert "Their Dify" in (space.source / "README.md").read_text()


def test_a_text_that_an_edit_sets_is_refused_with_the_line_of_the_edit(space: WorkspaceFixture) -> None:
    text = "edits:\n  - i18n: {locale: en-US, key: login.signBtn, value: In}\n"
    space.overlay("texts", {}, text)
    space.sync()
    edit(space.source, "web/i18n/en-US/login.json", '"In"', '"Into"')
    with pytest.raises(DifyKitError, match=r"overlays/texts/overlay\.yaml:4: change it there"):
        finish(Workspace.open(space.root), RecordingProgress(), FinishChoice(subject="x"))


def test_a_line_of_the_wiring_is_refused(space: WorkspaceFixture) -> None:
    edit(space.source, "docker/nginx/conf.d/default.conf.template", "location /few", "location /many")
    with pytest.raises(DifyKitError, match="wiring: it follows `api` and `gateway`"):
        finish(Workspace.open(space.root), RecordingProgress(), FinishChoice(subject="x"))


def test_own_commits_become_patches_where_they_do_not_fold(space: WorkspaceFixture) -> None:
    edit(space.source, "api/long.py", "line 3 of one\n", "line 3 of the first\n")
    space.git("commit", "-qam", "fold me")
    edit(space.source, "api/long.py", "line 12\n", "line twelve\n")
    write_tree(space.source, {"api/new.py": "N = 1\n"})
    space.git("add", ".")
    space.git("commit", "-qm", "Say twelve\n\nIt is nicer.\n\nWhy: nicer")
    edit(space.source, "api/long.py", "line twelve\n", "line TWELVE\n")
    edit(space.source, "api/own.py", "X = 1", "X = 7")
    fold(space)
    now = patches(space)
    assert sorted(now) == ["0001-one.patch", "0002-two.patch", "0003-say-twelve.patch", "series"]
    assert "+line TWELVE\n" in now["0003-say-twelve.patch"]
    assert "It is nicer.\n\nWhy: nicer\nUpstream: not sent\nMade-for: 1.0.0\n" in now["0003-say-twelve.patch"]
    assert "From: me <me>\n" in now["0003-say-twelve.patch"]


def test_an_amended_commit_is_one_edit_of_the_whole(space: WorkspaceFixture) -> None:
    edit(space.source, "api/long.py", "line of two\n", "a line of two\n")
    space.git("commit", "-qa", "--amend", "-m", "mine now")
    fold(space)
    assert "+a line of two\n" in patches(space)["0002-two.patch"]


def test_staged_deleted_renamed_binary_and_mode_changes_of_upstreams_files(space: WorkspaceFixture) -> None:
    (space.source / "api/blob.bin").write_bytes(bytes(range(256)))
    space.git("add", "api/blob.bin")
    space.git("mv", "api/app.py", "api/application.py")
    (space.source / "api/controllers/__init__.py").unlink()
    (space.source / "api/extensions/ext_blueprints.py").chmod(0o755)
    (space.source / "web/i18n/en-US/login.json").unlink()
    (space.source / "web/i18n/en-US/login.json").symlink_to("../../package.json")
    fold(space, into="patches", subject="All kinds")
    text = patches(space)["0003-all-kinds.patch"]
    for part in ("GIT binary patch", "rename from api/app.py", "deleted file mode", "old mode 100644", "120000"):
        assert part in text


def test_ignored_files_stay_out_and_a_users_own_excludes_do_not_count(space: WorkspaceFixture, tmp_path: Path) -> None:
    (tmp_path / "ignore").write_text("*.py\n")
    space.git("config", "core.excludesFile", str(tmp_path / "ignore"))
    space.git("config", "core.hooksPath", ".husky")
    write_tree(space.source, {"web/node_modules/x/index.js": "x\n", "debug.log": "x\n", "api/seen.py": "S = 1\n"})
    heard = RecordingProgress()
    finish(Workspace.open(space.root), heard, FinishChoice(into="own"))
    assert sorted(read_tree(space.root / "overlays/own/tree")) == ["api/own.py", "api/seen.py", "web/package.json"]
    assert (space.source / "web/node_modules/x/index.js").exists()


def test_a_patch_that_is_undone_whole_is_dropped(space: WorkspaceFixture) -> None:
    edit(space.source, "api/long.py", "line of two\n", "")
    edit(space.source, "api/long.py", "line 10 of two\n", "line 10\n")
    fold(space)
    assert sorted(patches(space)) == ["0001-one.patch", "series"]


def test_check_shows_where_each_edit_goes_and_changes_nothing(space: WorkspaceFixture) -> None:
    before = read_tree(space.root, skip=(".difykit",))
    edit(space.source, "api/long.py", "line 3 of one\n", "line 3 of the first\n")
    edit(space.source, "api/long.py", "line 12\n", "")
    write_tree(space.source, {"api/new.py": "N = 1\n"})
    plan = plan_finish(Workspace.open(space.root), FinishChoice(subject="Fewer lines"))
    assert [str(each) for each in plan.placements] == [
        "api/long.py:3 (1 removed and 1 added) -> patches/0001-one.patch",
        "api/long.py:12 (1 removed) -> new patch: Fewer lines",
        "api/new.py (new file) -> not said yet",
    ]
    assert read_tree(space.root, skip=(".difykit",)) == before


def test_a_workspace_that_changed_elsewhere_meanwhile_is_no_trouble(space: WorkspaceFixture) -> None:
    edit(space.source, "api/long.py", "line of two\n", "a line of two\n")
    (space.root / "overlays/own/tree/api/own.py").write_text("X = 9\n")
    finish(Workspace.open(space.root), RecordingProgress(), FinishChoice())
    assert (space.source / "api/own.py").read_text() == "X = 9\n"
    assert "+a line of two\n" in patches(space)["0002-two.patch"]
    assert space.git("status", "--porcelain") == ""


def test_a_workspace_that_changed_the_same_file_is_said(space: WorkspaceFixture) -> None:
    edit(space.source, "api/own.py", "X = 1", "X = 5")
    (space.root / "overlays/own/tree/api/own.py").write_text("X = 9\n")
    with pytest.raises(DifyKitError, match=r"both changed api/own\.py"):
        finish(Workspace.open(space.root), RecordingProgress(), FinishChoice())
    assert (space.root / "overlays/own/tree/api/own.py").read_text() == "X = 9\n"
    assert (space.source / "api/own.py").read_text() == "X = 5\nY = 2\n"


def test_migrations_that_a_sync_would_refuse_are_refused_before_anything_is_written(space: WorkspaceFixture) -> None:
    for name in "ab":
        text = f"revision = {name!r}\ndown_revision = None\n\n\ndef upgrade():\n    pass\n"
        write_tree(space.source, {f"api/migrations/versions/{name}.py": text})
    edited, before = read_tree(space.source), read_tree(space.root, skip=(".difykit",))
    with pytest.raises(DifyKitError, match="Dify's chain has 2 ends"):
        finish(
            Workspace.open(space.root), RecordingProgress(), FinishChoice(into="patches", subject="Two ends", why="it")
        )
    assert read_tree(space.source) == edited
    assert read_tree(space.root, skip=(".difykit",)) == before
