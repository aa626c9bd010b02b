"""Files whole or not at all, locks that end with their process, and paths that stay inside."""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path

import pytest

from difykit.core import files
from difykit.core.errors import DifyKitError
from difykit.core.files import fresh_folder, locked, path_fault, tree_files, write
from tests.support.trees import Link, read_tree, write_tree


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_write_makes_the_file_and_the_folders_above_it(tmp_path: Path) -> None:
    assert write(tmp_path / "a/b/c", "text")
    assert read_tree(tmp_path) == {"a/b/c": "text"}


def test_an_unchanged_file_keeps_its_modification_time(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write(path, "same")
    os.utime(path, (1, 1))
    assert not write(path, "same")
    assert path.stat().st_mtime == 1


def test_a_changed_file_is_a_new_file_so_that_readers_see_one_or_the_other(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write(path, "old")
    with path.open() as reader:
        assert write(path, "new")
        assert reader.read() == "old"
    assert path.read_text() == "new"


@pytest.mark.parametrize("wanted", [0o600, 0o644, 0o755])
def test_the_mode_is_what_was_asked_whatever_the_umask(tmp_path: Path, wanted: int) -> None:
    before = os.umask(0o077)
    try:
        write(tmp_path / "file", "x", mode=wanted)
    finally:
        os.umask(before)
    assert mode(tmp_path / "file") == wanted


def test_a_file_that_holds_secrets_is_closed_again(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("x")
    path.chmod(0o644)
    assert write(path, "x", mode=0o600)
    assert mode(path) == 0o600


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    write_tree(tmp_path, {"folder/inside": "x"})
    with pytest.raises(IsADirectoryError):
        write(tmp_path / "folder", "text")
    assert read_tree(tmp_path) == {"folder/inside": "x"}


def test_a_fresh_folder_takes_the_place_of_the_old_one(tmp_path: Path) -> None:
    write_tree(tmp_path / "here", {"old": "x"})
    with fresh_folder(tmp_path / "here") as new:
        write_tree(new, {"new": "y"})
    assert read_tree(tmp_path) == {"here/new": "y"}


def test_a_fresh_folder_that_fails_leaves_the_old_one_and_nothing_else(tmp_path: Path) -> None:
    write_tree(tmp_path / "here", {"old": "x"})
    with contextlib.suppress(RuntimeError), fresh_folder(tmp_path / "here") as new:
        write_tree(new, {"new": "y"})
        raise RuntimeError
    assert [path.name for path in tmp_path.iterdir()] == ["here"]
    assert read_tree(tmp_path) == {"here/old": "x"}


def test_a_fresh_folder_is_open_to_others_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        with fresh_folder(tmp_path / "here"):
            pass
    finally:
        os.umask(before)
    assert mode(tmp_path / "here") == 0o755


def test_a_lock_is_free_after_an_error_in_its_block(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), locked(tmp_path / "lock", "difykit sync"):
        raise RuntimeError
    with locked(tmp_path / "lock", "difykit sync"):
        pass


@pytest.mark.parametrize("path", ["a", "a/b", ".gitignore", ".github/x", "a b/ü", "..a", "a..", ".git-blame", "git~2"])
def test_a_path_inside_the_tree_has_no_fault(path: str) -> None:
    assert path_fault(path) == ""


@pytest.mark.parametrize(
    "path",
    [
        *["", "/", "/etc/passwd", "a\0b", ".", "..", "./a", "../a", "a/..", "a/../b", "a//b", "a/"],
        *[
            ".git",
            ".git/config",
            "a/.git/hooks/x",
            ".GIT/x",
            ".Git",
            ".git./x",
            ".git /x",
            ".git. ./x",
            "git~1",
            "GIT~1/x",
        ],
    ],
)
def test_a_path_that_leaves_the_tree_has_a_fault(path: str) -> None:
    assert path_fault(path)


@pytest.mark.parametrize("path", [".git::$INDEX_ALLOCATION/x", ".git:x", "a\\..\\.git\\config"])
def test_a_path_that_git_would_refuse_to_check_out_has_a_fault(path: str) -> None:
    assert path_fault(path)


def test_the_files_of_a_tree_come_sorted_by_path(tmp_path: Path) -> None:
    write_tree(tmp_path, {"b": "", "a/x": "", "a.txt": "", "a/b/c": ""})
    assert [path for path, _ in tree_files(tmp_path)] == ["a.txt", "a/b/c", "a/x", "b"]


def test_links_are_yielded_and_not_followed(tmp_path: Path) -> None:
    write_tree(tmp_path, {"folder/file": "", "link": Link("folder"), "gone": Link("nowhere")})
    assert {path for path, _ in tree_files(tmp_path)} == {"folder/file", "gone", "link"}


def test_python_caches_are_not_files_of_a_tree(tmp_path: Path) -> None:
    write_tree(tmp_path, {"api/a.py": "", "api/__pycache__/a.cpython-311.pyc": ""})
    assert [path for path, _ in tree_files(tmp_path)] == ["api/a.py"]


def test_a_pipe_in_a_tree_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(DifyKitError, match="pipe is not a regular file"):
        list(tree_files(tmp_path))


def test_files_that_a_kill_left_are_forgotten_as_folders_are(tmp_path: Path) -> None:
    write_tree(
        tmp_path, {".bake.json.a1.new": "", ".layers.b2.new/api/a.py": "", ".layers.b2.old/a": "", "kept.new": ""}
    )
    files.forget_unfinished(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["kept.new"]


def test_a_folder_elsewhere_is_written_beside_its_place(tmp_path: Path) -> None:
    write(tmp_path / "a" / "b", b"1")
    with fresh_folder(tmp_path / "c"):
        assert len(list(tmp_path.glob(".c.*.new"))) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "c"]
