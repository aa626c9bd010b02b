"""Several files written as one: every kind of change, edits of the user's in between, and paths that leave."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from difykit.core import transaction
from difykit.core.errors import DifyKitError
from difykit.core.progress import Silent
from difykit.core.transaction import Change, Delete, Link, Take, Write
from tests.support.transactions import OWNER, changes, clean, filled, finished, state, written
from tests.support.trees import write_tree
from tests.support.workspaces import RecordingProgress


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return filled(tmp_path / "ws")


def test_every_kind_of_change_is_carried_out(root: Path) -> None:
    before = state(root)
    written(root)
    assert state(root) == {
        "difykit.yaml": before["difykit.yaml"],
        "same": before["same"],
        "changed": ("644", b"after\n" * 300),
        "program": ("755", b"#!/bin/sh\n"),
        "becomes-link": ("link", b"same"),
        "a-link": ("644", b"no link now\n"),
        "becomes-folder/in/it": ("600", b"it\n"),
        "kit/a": ("644", b"a\n"),
        "kit/sub/b": ("644", b"b\n"),
        "replaced/one": ("644", b"one\n"),
        "becomes-file": ("644", b"a file\n"),
        "empty": ("644", b"a file where an empty folder was\n"),
    }
    assert not (root / "deep").exists()
    assert clean(root)


def test_what_is_as_it_is_to_be_is_left_alone(root: Path) -> None:
    os.utime(root / "same", (1, 1))
    written(root)
    assert (root / "same").stat().st_mtime == 1


def test_taken_back_all_is_as_before(root: Path) -> None:
    before = state(root)
    begun = transaction.begin(root, changes(root), OWNER)
    transaction.carry_out(begun)
    transaction.end(transaction.take_back(begun))
    assert state(root) == before
    assert clean(root)


def test_an_edit_before_it_begins_to_move_is_named_and_nothing_is_changed(root: Path) -> None:
    begun = transaction.begin(root, changes(root), OWNER)
    write_tree(root, {"program": "mine\n"})
    now = state(root)
    for step in (transaction.carry_out, transaction.take_back):
        with pytest.raises(DifyKitError, match=r"changed since by somebody else:\n  program$") as caught:
            step(begun)
        assert caught.value.hint.startswith("put them back as they were, then: difykit test; or drop")
        assert state(root) == now
    with pytest.raises(DifyKitError, match="a test was cut off"):
        transaction.finish(root, Silent())


@pytest.mark.parametrize("path", ["changed", "program", "kit/a", "becomes-link", "replaced/one"])
def test_an_edit_after_it_was_moved_stays_and_is_named(root: Path, path: str) -> None:
    begun = transaction.begin(root, changes(root), OWNER)
    transaction.carry_out(begun)
    (root / path).unlink()
    write_tree(root, {path: "mine\n"})
    now, heard = state(root), RecordingProgress()
    transaction.finish(root, heard)
    assert state(root) == now
    top = path.partition("/")[0]
    assert heard.texts("warn") == [f"{top} was changed since it was written, and stays as it is"]
    assert clean(root)


def test_of_what_was_moved_and_edited_nothing_is_taken_back(root: Path) -> None:
    begun = transaction.begin(root, changes(root), OWNER)
    transaction.carry_out(begun)
    write_tree(root, {"changed": "mine\n"})
    now = state(root)
    with pytest.raises(DifyKitError, match=r"changed since by somebody else:\n  changed$"):
        transaction.take_back(begun)
    assert state(root) == now


def test_a_second_transaction_waits_for_the_first(root: Path) -> None:
    transaction.begin(root, [Write("changed", b"x")], OWNER)
    with pytest.raises(DifyKitError, match="a test was cut off between two files") as caught:
        transaction.begin(root, [Write("program", b"x")], OWNER)
    assert caught.value.hint == "end it: difykit test"


OUTSIDE = ["../x", "/x", "a/../../x", "", ".", "a//b", ".git/config", "tree/.git/hooks/x", ".difykit/transaction/0.new"]


@pytest.mark.parametrize("path", OUTSIDE)
@pytest.mark.parametrize("kind", [Delete, lambda path: Write(path, b"x"), lambda path: Link(path, "x")])
def test_no_path_leaves_the_workspace(root: Path, path: str, kind: type[Delete]) -> None:
    before = state(root.parent)
    with pytest.raises(DifyKitError, match="the path"):
        transaction.begin(root, [Write("changed", b"x"), kind(path)], OWNER)
    assert state(root.parent) == before
    assert clean(root)


@pytest.mark.parametrize("kind", ["fifo", "folder with a fifo"])
def test_what_is_no_file_is_not_replaced(root: Path, kind: str) -> None:
    place = root / "pipe" if kind == "fifo" else root / "box/pipe"
    place.parent.mkdir(exist_ok=True)
    os.mkfifo(place)
    path = place.relative_to(root).parts[0]
    with pytest.raises(DifyKitError, match=f"{path} is no file"):
        transaction.begin(root, [Write("changed", b"x"), Write(path, b"x")], OWNER)
    assert (root / "changed").read_text() == "before\n"
    assert clean(root)


def test_a_link_of_the_users_is_followed_by_who_began_and_by_nobody_later(root: Path, tmp_path: Path) -> None:
    write_tree(tmp_path / "shared", {"x": "before\n"})
    (root / "own").symlink_to(tmp_path / "shared")
    begun = transaction.begin(root, [Write("own/x", b"after\n")], OWNER)
    with pytest.raises(transaction.Broken, match="which is a link"):
        transaction.finish(root, Silent())
    assert (tmp_path / "shared/x").read_text() == "before\n"
    transaction.carry_out(begun)
    transaction.end(begun)
    assert (tmp_path / "shared/x").read_text() == "after\n"
    assert (root / "own").is_symlink()


def test_a_link_that_stays_inside_is_no_matter(root: Path) -> None:
    (root / "own").symlink_to("replaced")
    transaction.begin(root, [Write("own/one", b"after\n")], OWNER)
    finished(root)
    assert (root / "replaced/one").read_text() == "after\n"
    assert (root / "own").is_symlink()


@pytest.mark.parametrize("inside", [True, False])
def test_settings_that_are_a_link_are_written_through_it(root: Path, tmp_path: Path, *, inside: bool) -> None:
    real = (root if inside else tmp_path) / "real.yaml"
    real.write_bytes(b"\xef\xbb\xbfversion: 1\n")
    real.chmod(0o600)
    (root / "difykit.yaml").unlink()
    (root / "difykit.yaml").symlink_to(real)
    begun = transaction.begin(root, [transaction.settings(root, b"version: 2\n")], OWNER)
    transaction.carry_out(begun)
    transaction.end(begun)
    assert (real.read_bytes(), real.stat().st_mode & 0o777) == (b"\xef\xbb\xbfversion: 2\n", 0o600)
    assert (root / "difykit.yaml").is_symlink()


def test_what_was_there_can_be_kept_for_the_user(root: Path) -> None:
    before = {path: kept for path, kept in state(root).items() if path in {"changed", "deep/down/gone"}}
    begun = transaction.begin(root, [Write("changed", b"x"), Delete("deep/down/gone"), Write("new", b"")], OWNER)
    transaction.carry_out(begun)
    transaction.keep_originals(begun, root / ".difykit/before")
    transaction.end(begun)
    assert state(root / ".difykit/before") == before


def test_a_copied_file_keeps_its_times_and_mode(root: Path, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_text("x")
    source.chmod(0o664)
    os.utime(source, (7, 7))
    begun = transaction.begin(root, [Take("changed", source)], OWNER)
    transaction.carry_out(begun)
    transaction.end(begun)
    info = (root / "changed").stat()
    assert (info.st_mode & 0o777, info.st_mtime, source.exists()) == (0o664, 7, True)


def test_a_path_is_changed_once(root: Path) -> None:
    twice: list[Change] = [Write("changed", b"x"), Delete("changed")]
    with pytest.raises(ValueError, match="is changed twice"):
        transaction.begin(root, twice, OWNER)
    assert clean(root)


def test_a_folder_of_which_the_journal_goes_first_is_nothing_to_finish(root: Path) -> None:
    transaction.begin(root, changes(root), OWNER)
    (root / ".difykit/transaction/journal.json").unlink()
    before = state(root)
    finished(root)
    assert state(root) == before
    shutil.rmtree(root / ".difykit/made")
    begun = transaction.begin(root, [Write("changed", b"x")], OWNER)
    assert [path.name for path in sorted(begun.folder.iterdir())] == ["0.new", "0.old", "journal.json"]


def test_difykit_s_folder_may_be_a_link_to_another_place(root: Path, tmp_path: Path) -> None:
    (root / ".difykit").rename(tmp_path / "elsewhere")
    (root / ".difykit").symlink_to(tmp_path / "elsewhere")
    transaction.begin(root, changes(root), OWNER)
    assert transaction.pending(root)
    finished(root)
    assert (root / "kit/sub/b").read_text() == "b\n"
    assert clean(root)
