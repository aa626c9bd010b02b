"""The series file and the folder around it."""

from __future__ import annotations

from pathlib import Path

import pytest

from difykit.core.errors import ConfigError
from difykit.source.patch import load, read_series

GOOD = "diff --git a/x b/x\nold mode 100644\nnew mode 100755\n"


def folder(tmp_path: Path, series: str, *names: str) -> Path:
    (tmp_path / "series").write_text(series)
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(GOOD)
    return tmp_path


def problems(path: Path) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load(path)
    return [str(problem) for problem in caught.value.problems]


def test_comments_and_blank_lines_are_skipped() -> None:
    text = "# first\n\n a.patch \r\narea/b c.patch # why\n"
    assert read_series(text) == (("a.patch", 3), ("area/b c.patch", 4))


def test_patches_come_in_the_order_of_the_series(tmp_path: Path) -> None:
    path = folder(tmp_path, "z.patch\narea/a.patch\n", "area/a.patch", "z.patch")
    assert [patch.name for patch in load(path)] == ["z.patch", "area/a.patch"]


def test_no_folder_and_an_empty_one_hold_no_patches(tmp_path: Path) -> None:
    assert load(tmp_path / "patches") == ()
    assert load(tmp_path) == ()


def test_every_problem_is_told_at_once(tmp_path: Path) -> None:
    path = folder(tmp_path, "a.patch\na.patch\ngone.patch\nbad.patch\n", "a.patch", "area/extra.patch")
    (path / "bad.patch").write_text("diff --git a/x b/x\n")
    assert problems(path) == [
        "patches/series:2: a.patch is in line 1 already",
        "patches/series:3: patches/gone.patch does not exist",
        "patches/bad.patch:1: this changes nothing",
        "patches/area/extra.patch: not in patches/series: add it there, or remove it",
    ]


def test_a_patch_without_any_series_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "a.patch").write_text(GOOD)
    assert problems(tmp_path) == ["patches/a.patch: not in patches/series: add it there, or remove it"]


@pytest.mark.parametrize("name", ["../a.patch", "/a.patch", "area/../a.patch", "./a.patch", "area//a.patch"])
def test_a_name_that_leaves_the_folder_is_refused(tmp_path: Path, name: str) -> None:
    (found,) = problems(folder(tmp_path, f"{name}\n"))
    assert found.startswith("patches/series:1: ")
    assert "relative to patches/" in found


def test_symlinks_are_refused(tmp_path: Path) -> None:
    outside = folder(tmp_path, "", "outside/a.patch") / "outside"
    path = tmp_path / "patches"
    path.mkdir()
    (path / "a.patch").symlink_to(outside / "a.patch")
    (path / "area").symlink_to(outside)
    (path / "series").write_text("a.patch\narea/a.patch\n")
    assert problems(path) == [
        "patches/area: a symlink: put the folder itself here",
        "patches/series:1: a.patch is a symlink: put the patch itself here",
        "patches/series:2: area/a.patch is a symlink: put the patch itself here",
    ]


def test_a_folder_and_a_text_that_is_not_utf8_are_problems(tmp_path: Path) -> None:
    (tmp_path / "a.patch").mkdir()
    (tmp_path / "series").write_text("a.patch\n")
    assert problems(tmp_path) == ["patches/series:1: patches/a.patch is not a file"]
    (tmp_path / "series").write_bytes(b"\xff\n")
    assert problems(tmp_path) == ["patches/series: not UTF-8 text"]
