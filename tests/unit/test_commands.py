"""The commands as they are typed: `--list` and `--help` are the manual, and `init` needs nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.cli import inv
from tests.support.trees import write_tree


def test_the_list_has_one_line_for_each_task(tmp_path: Path) -> None:
    listed = inv("--list", cwd=tmp_path)
    assert listed.code == 0
    lines = [line for line in listed.out.splitlines() if line.startswith("  ")]
    assert len(lines) >= 9
    assert [line for line in lines if line.startswith("   ") or len(line.split()) < 3] == []


@pytest.mark.parametrize("flag", ["--help", "-h"])
@pytest.mark.parametrize("task", ["init", "image.show", "overlay.new", "patch.new", "publish"])
def test_help_behind_a_task_is_its_help_and_no_name(tmp_path: Path, task: str, flag: str) -> None:
    ran = inv(task, flag, cwd=tmp_path)
    assert (ran.code, list(tmp_path.iterdir())) == (0, [])
    assert f" {task} [--options]" in ran.out


def test_init_makes_a_workspace_and_says_how_to_go_on(tmp_path: Path) -> None:
    ran = inv("init", "new", cwd=tmp_path)
    assert (ran.code, ran.out) == (0, "")
    assert "  ok new/difykit.yaml\n" in ran.err
    assert "hint cd new" in ran.err


def test_init_refuses_a_workspace(tmp_path: Path) -> None:
    inv("init", ".", cwd=tmp_path)
    ran = inv("init", ".", cwd=tmp_path)
    assert ran.code == 1
    assert "already; nothing was written" in ran.err


def test_init_refuses_a_file(tmp_path: Path) -> None:
    write_tree(tmp_path, {"file": "mine"})
    ran = inv("init", "file", cwd=tmp_path)
    assert ran.code == 1
    assert "Traceback" not in ran.err
    assert (tmp_path / "file").read_text() == "mine"
