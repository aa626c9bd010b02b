"""The commands as they are typed: `--list` and `--help` are the manual."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.cli import inv


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
