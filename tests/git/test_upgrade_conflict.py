"""What git and difykit cannot merge: a normal conflict in a work tree, and what is remembered of its resolution."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from difykit.core.errors import DifyKitError
from difykit.porting.apply.status import read_status
from tests.support.upgrades import LINES, Moving, patch_of, text, upstream_of
from tests.support.workspaces import RecordingProgress

BINARY = bytes(range(256))


@pytest.fixture
def space(tmp_path: Path) -> Moving:
    """Two patches, of which the second one and an overlay are in conflict with 1.1.0."""
    upstream = upstream_of(
        tmp_path,
        ("1.0.0", {"api/long.py": text(), "web/page.ts": text()}),
        ("1.1.0", {"api/long.py": text(l20="upstream's"), "web/page.ts": text(["head", *LINES], l11="upstream's")}),
        ("1.2.0", {"README.md": "# more\n", "api/long.py": text(l20="upstream's", l29="more")}),
    )
    made = Moving(tmp_path / "ws", upstream)
    made.patch("0001-a.patch", patch_of({"api/long.py": (text(), text(l3="three"))}))
    second = patch_of(
        {"api/long.py": (text(l3="three"), text(l3="three", l20="mine"))}, message="Why: twenty is wrong\n"
    )
    made.patch("0002-b.patch", second)
    made.overlay("own", {"web/page.ts": text(l10="mine")})
    made.sync()
    made.in_git()
    return made


def resolve(place: Path, *lines: str) -> None:
    """Put these lines in the place of the one conflict in a file."""
    before, rest = place.read_text().split("<<<<<<< ", 1)
    after = rest.split(">>>>>>> ", 1)[1].split("\n", 1)[1]
    place.write_text(before + "".join(f"{line}\n" for line in lines) + after)


def git(space: Moving, *args: str) -> str:
    """Run git in the work tree of the conflict, as its user."""
    return subprocess.run(["git", *args], cwd=space.work, capture_output=True, text=True, check=True).stdout


def test_a_conflict_is_one_as_git_has_it_with_the_patch_and_its_why(space: Moving) -> None:
    before, state = space.mine(), space.git_state()
    done = space.start("1.1.0")
    assert (done.state, done.stop.label if done.stop else "") == ("conflict", "patch 0002-b.patch")
    assert [(layer.name, layer.state) for layer in done.layers] == [
        ("0001-a.patch", "untouched"),
        ("0002-b.patch", "conflict"),
        ("own", "to do"),
    ]
    said = "\n".join(done.words())
    assert "Why: twenty is wrong" in said
    assert f"left: {space.work}/api/long.py:20: a conflict" in said
    assert git(space, "status", "--porcelain") == "UU api/long.py\n"
    marked = (space.work / "api/long.py").read_text()
    wanted = "<<<<<<< Dify 1.1.0\nupstream's\n||||||| base\nline 20\n=======\nmine\n>>>>>>> patches/0002-b.patch\n"
    assert wanted in marked
    assert "three" in marked
    assert (space.mine(), space.git_state()) == (before, state)


def test_continue_refuses_what_is_unresolved_and_names_the_line(space: Moving) -> None:
    space.start("1.1.0")
    with pytest.raises(DifyKitError, match=r"0002-b\.patch is not resolved yet:\n  .*/api/long\.py:20: a conflict"):
        space.go_on()
    git(space, "add", "api/long.py")  # with the markers in it
    with pytest.raises(DifyKitError, match="is not resolved yet"):
        space.go_on()


def finish(space: Moving) -> None:
    resolve(space.work / "api/long.py", "both")
    second = space.go_on()
    assert second.stop
    assert (second.state, second.stop.label) == ("conflict", "overlay own")
    resolve(space.work / "web/page.ts", "mine", "upstream's")
    assert space.go_on().state == "done"


def test_resolved_conflicts_are_in_the_patch_and_in_the_overlay(space: Moving) -> None:
    space.start("1.1.0")
    finish(space)
    space.ref = "1.1.0"
    space.sync(locked=True)
    assert (space.source / "api/long.py").read_text() == text(l3="three", l20="both")
    assert "-upstream's\n+both\n" in (space.root / "patches/0002-b.patch").read_text()
    assert "Why: twenty is wrong\nMade-for: 1.1.0\n" in (space.root / "patches/0002-b.patch").read_text()
    page = (space.root / "overlays/own/tree/web/page.ts").read_text()
    assert page.startswith("head\nline 1\n")
    assert "mine\nupstream's\n" in page
    assert not space.work.exists()


def test_what_was_resolved_survives_abort_and_comes_back_and_is_said(space: Moving) -> None:
    before, state = space.mine(), space.git_state()
    space.start("1.1.0")
    resolve(space.work / "api/long.py", "both")
    assert space.go_on().state == "conflict"
    space.give_up()
    assert (space.mine(), space.git_state()) == (before, state)
    heard = RecordingProgress()
    again = space.start("1.1.0", heard)
    assert "patch 0002-b.patch: ported: resolved as before" in heard.texts("ok")
    assert again.stop
    assert again.stop.label == "overlay own"


def test_a_resolution_that_was_not_taken_yet_is_remembered_too(space: Moving) -> None:
    space.start("1.1.0")
    resolve(space.work / "api/long.py", "both")
    space.give_up()
    again = space.start("1.1.0")
    assert again.stop
    assert again.stop.label == "overlay own"


def test_a_hunk_that_was_resolved_is_remembered_for_another_release(space: Moving) -> None:
    space.start("1.1.0")
    resolve(space.work / "api/long.py", "both")
    space.go_on()
    space.give_up()
    heard = RecordingProgress()
    again = space.start("1.2.0", heard)  # where the file is another one, and the hunk the same
    assert again.stop
    assert again.stop.label == "overlay own"
    assert "patch 0002-b.patch: ported: resolved as before" in heard.texts("ok")


def test_forget_asks_again(space: Moving) -> None:
    space.start("1.1.0")
    resolve(space.work / "api/long.py", "both")
    space.give_up()
    again = space.start("1.1.0", forget=True)
    assert again.stop
    assert again.stop.label == "patch 0002-b.patch"


def test_resolved_to_what_upstream_has_the_patch_is_dropped(space: Moving) -> None:
    space.start("1.1.0")
    git(space, "checkout", "HEAD", "--", "api/long.py")
    done = space.go_on()
    assert [layer.state for layer in done.layers[:2]] == ["untouched", "dropped"]


def test_a_commit_of_the_users_in_the_work_tree_is_a_resolution(space: Moving) -> None:
    space.start("1.1.0")
    resolve(space.work / "api/long.py", "both")
    git(space, "-c", "user.name=me", "-c", "user.email=me@x", "commit", "--quiet", "--all", "--message=done")
    assert space.go_on().layers[1].state == "ported"


def test_what_a_merge_tool_leaves_is_no_part_of_the_patch_and_what_is_added_is(space: Moving) -> None:
    space.start("1.1.0")
    resolve(space.work / "api/long.py", "both")
    (space.work / "api/long.py.orig").write_text("x")
    (space.work / "api/more.py").write_text("x\n")
    git(space, "add", "api/more.py")
    heard = RecordingProgress()
    space.go_on(heard)
    resolve(space.work / "web/page.ts", "x")
    space.go_on()
    assert heard.texts("warn") == ["left out, since git was not told of them (git add): api/long.py.orig"]
    written = (space.root / "patches/0002-b.patch").read_text()
    assert "b/api/more.py" in written
    assert ".orig" not in written


def one(tmp_path: Path, old: dict[str, str | bytes | None], new: dict[str, str | bytes | None], patch: str) -> Moving:
    upstream = upstream_of(tmp_path, ("1.0.0", old), ("1.1.0", new))
    made = Moving(tmp_path / "ws", upstream)
    made.patch("0001-a.patch", patch)
    return made


def test_a_file_that_upstream_deleted_waits_for_add_or_rm(tmp_path: Path) -> None:
    made = one(tmp_path, {"a": text()}, {"a": None}, patch_of({"a": (text(), text(l3="x"))}))
    assert made.start("1.1.0").state == "conflict"
    with pytest.raises(DifyKitError, match="keep it: git add a; drop it: git rm a"):
        made.go_on()
    git(made, "add", "a")
    assert made.go_on().state == "done"
    made.ref = "1.1.0"
    made.sync(locked=True)
    assert (made.source / "a").read_text() == text(l3="x")


def test_a_file_that_upstream_deleted_can_be_dropped(tmp_path: Path) -> None:
    made = one(tmp_path, {"a": text()}, {"a": None}, patch_of({"a": (text(), text(l3="x"))}))
    made.start("1.1.0")
    git(made, "rm", "--quiet", "a")
    done = made.go_on()
    note = "resolved by hand, a was dropped, nothing of it is left"
    assert [(layer.state, layer.note) for layer in done.layers] == [("dropped", note)]


def test_a_file_that_yours_deletes_and_upstream_changed(tmp_path: Path) -> None:
    made = one(tmp_path, {"a": text()}, {"a": text(l3="new")}, patch_of({"a": (text(), None)}))
    assert made.start("1.1.0").state == "conflict"
    with pytest.raises(DifyKitError, match="yours deletes it"):
        made.go_on()
    git(made, "rm", "--quiet", "a")
    assert made.go_on().layers[0].state == "ported"
    made.ref = "1.1.0"
    made.sync(locked=True)
    assert not (made.source / "a").exists()


def test_edits_that_do_not_fit_are_mended_in_a_copy_and_the_mend_is_remembered(tmp_path: Path) -> None:
    upstream = upstream_of(tmp_path, ("1.0.0", {}), ("1.1.0", {"README.md": "# Other\n"}))
    made = Moving(tmp_path / "ws", upstream)
    made.overlay("own", manifest="edits: [{file: README.md, replace: {find: Dify, with: Ours}}]\n")
    before = made.mine()
    done = made.start("1.1.0")
    assert done.stop
    assert "overlays/own/overlay.yaml:3" in done.stop.text
    assert made.go_on().state == "conflict"
    copy = Path(done.work) / "overlay.yaml"
    copy.write_text(copy.read_text().replace("find: Dify", "find: Other"))
    made.give_up()
    assert made.mine() == before
    heard = RecordingProgress()
    assert made.start("1.1.0", heard).state == "done"
    assert "overlay own: its overlay.yaml is mended as before" in heard.texts("ok")
    assert "find: Other" in (made.root / "overlays/own/overlay.yaml").read_text()


def test_a_second_start_says_what_is_under_way(space: Moving) -> None:
    space.start("1.1.0")
    for to in ("1.1.0", "1.2.0"):
        with pytest.raises(DifyKitError, match=r"an upgrade to 1\.1\.0 is under way already"):
            space.start(to)


def test_a_workspace_that_changed_meanwhile_is_not_landed_on(space: Moving) -> None:
    space.start("1.1.0")
    resolve(space.work / "api/long.py", "both")
    space.write({"overlays/own/tree/other": "x"})
    with pytest.raises(DifyKitError, match="was changed since") as caught:
        space.go_on()
    assert "upgrade.abort" in caught.value.hint
    space.give_up()
    assert (space.root / "overlays/own/tree/other").exists()


def test_sync_works_on_the_old_pin_meanwhile(space: Moving) -> None:
    space.start("1.1.0")
    assert space.sync(locked=True).release == "1.0.0"
    assert (space.work / "api/long.py").read_text().count("<<<<<<<") == 1
    assert read_status(space.here).state == "conflict"
