"""The commands as they are typed, where that starts a program."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.support.cli import difykit, inv
from tests.support.trees import write_tree

# Invoke hands out the help of an option once, to whoever asks first.
ARGUMENTS = """
import json
from difykit.commands import namespace
found = {name: {one.name: one.help for one in namespace[name].get_arguments()} for name in namespace.task_names}
print(json.dumps(found))
"""


def test_every_option_is_explained() -> None:
    done = subprocess.run([sys.executable, "-c", ARGUMENTS], capture_output=True, check=True)
    found = json.loads(done.stdout)
    assert [f"{task} --{name}" for task, options in found.items() for name, text in options.items() if not text] == []


def test_no_option_has_a_short_form_that_the_next_one_would_change(tmp_path: Path) -> None:
    assert " -c, --check" not in difykit("--help", "sync", cwd=tmp_path).out


def test_an_unknown_task_is_no_traceback(tmp_path: Path) -> None:
    ran = difykit("synk", cwd=tmp_path)
    assert ran.code != 0
    assert "Traceback" not in ran.err


def test_version_is_told(tmp_path: Path) -> None:
    assert difykit("--version", cwd=tmp_path).out.startswith("difykit ")


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
