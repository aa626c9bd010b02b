"""What the upgrade commands print, their exit codes, and what they say about a landing that was cut off."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from difykit.core import files
from tests.support.cli import difykit, inv
from tests.support.upgrades import Moving, patch_of, text, upstream_of


@pytest.fixture
def space(tmp_path: Path) -> Moving:
    releases = {"api/long.py": text(l20="upstream's"), "README.md": "# Dify\n"}
    made = Moving(tmp_path / "ws", upstream_of(tmp_path, ("1.0.0", {"api/long.py": text()}), ("1.1.0", releases)))
    made.patch("0001-a.patch", patch_of({"api/long.py": (text(), text(l20="mine"))}, message="Why: twenty is wrong\n"))
    made.patch("0002-b.patch", patch_of({"README.md": ("Dify\n", "# Dify\n")}))
    return made


def test_a_conflict_is_told_with_the_files_the_why_and_the_next_commands(space: Moving) -> None:
    ran = inv("upgrade.start", "--to", "1.1.0", cwd=space.root)
    assert ran.code == 1
    for words in (
        f"patch 0001-a.patch conflicts with Dify 1.1.0 in one file, in {space.work}:",
        "  api/long.py: one hunk",
        "Why: twenty is wrong",
        "difykit upgrade.continue",
        "difykit upgrade.abort",
    ):
        assert words in ran.err


def test_status_says_what_is_left_and_as_json(space: Moving) -> None:
    inv("upgrade.start", "--to", "1.1.0", cwd=space.root)
    ran = inv("upgrade.status", cwd=space.root)
    assert ran.code == 0
    assert "patch 0001-a.patch: conflict\n  patch 0002-b.patch: to do\n" in ran.out
    assert f"left: {space.work}/api/long.py:20: a conflict" in ran.out
    found = json.loads(inv("upgrade.status", "--json", cwd=space.root).out)
    assert (found["state"], found["from"], found["to"]) == ("conflict", "1.0.0", "1.1.0")
    assert [layer["state"] for layer in found["layers"]] == ["conflict", "to do"]
    [path] = found["conflict"]["paths"]
    assert (path["path"], path["kind"], path["hunks"]) == ("api/long.py", "content", 1)
    assert found["conflict"]["work"] == str(space.work)


def test_continue_goes_on_to_the_end_and_says_what_became_of_each(space: Moving) -> None:
    inv("upgrade.start", "--to", "1.1.0", cwd=space.root)
    (space.work / "api/long.py").write_text(text(l20="both"))
    ran = inv("upgrade.continue", "--json", cwd=space.root)
    assert ran.code == 0
    assert "patch 0001-a.patch: ported: resolved by hand" in ran.err
    assert "patch 0002-b.patch: dropped: already in Dify 1.1.0" in ran.err
    found = json.loads(ran.out)
    assert (found["state"], found["next"]) == ("done", "invoke sync build deploy")
    assert inv("upgrade.status", cwd=space.root).out == "no upgrade is under way\n"


@pytest.mark.parametrize("verb", ["continue", "abort"])
def test_without_an_upgrade_there_is_nothing_to_go_on_with(space: Moving, verb: str) -> None:
    ran = inv(f"upgrade.{verb}", cwd=space.root)
    assert ran.code == 1
    assert "no upgrade is under way" in ran.err


def test_start_asks_for_the_release(space: Moving) -> None:
    ran = inv("upgrade.start", cwd=space.root)
    assert ran.code == 1
    assert "difykit upgrade.start --to" in ran.err


def test_abort_says_that_it_is_given_up(space: Moving) -> None:
    before = space.mine()
    inv("upgrade.start", "--to", "1.1.0", cwd=space.root)
    ran = inv("upgrade.abort", cwd=space.root)
    assert (ran.code, space.mine()) == (0, before)
    assert "the upgrade to Dify 1.1.0 is given up" in ran.err


def test_of_two_starts_at_once_one_says_who_is_at_work(space: Moving) -> None:
    with files.locked(space.root / ".difykit/lock", "difykit sync"):
        ran = difykit("upgrade.start", "--to", "1.1.0", cwd=space.root)
    assert ran.code == 1
    assert "difykit sync" in ran.err
    assert "is at work in this workspace" in ran.err


def test_the_next_command_of_any_kind_finishes_a_landing_that_was_cut_off(space: Moving) -> None:
    (space.root / "patches/series").write_text("0002-b.patch\n")
    (space.root / "patches/0001-a.patch").unlink()
    cut = (
        "from pathlib import Path; import os; from difykit.core.transaction import carry\n"
        "from difykit.porting.apply import verbs as do\n"
        "from difykit.core.progress import Silent; from difykit.workspace.workspace import Workspace\n"
        "put = carry._forward\n"
        "carry._forward = lambda journal, step: os._exit(9) if step.path == 'patches/series' else put(journal, step)\n"
        "do.start(Workspace.open(Path('.')), '1.1.0', Silent())\n"
    )
    done = subprocess.run([sys.executable, "-c", cut], cwd=space.root, capture_output=True, check=False)
    assert done.returncode == 9, done.stderr
    assert "'1.1.0'" in (space.root / "difykit.yaml").read_text()
    assert (space.root / "patches/0002-b.patch").exists() is False
    assert json.loads(inv("upgrade.status", "--json", cwd=space.root).out)["state"] == "landing"
    ran = inv("sync", "--locked", cwd=space.root)
    assert ran.code == 0, ran.err
    assert (space.root / "patches/series").read_text() == ""


def test_check_says_what_the_forecast_says_and_changes_nothing(space: Moving) -> None:
    before = space.mine()
    ran = inv("upgrade.start", "--to", "1.1.0", "--check", "--json", cwd=space.root)
    assert ran.code == 0, ran.err
    [found] = json.loads(ran.out)["releases"]
    assert found["release"] == "1.1.0"
    assert [each["state"] for each in found["customisations"]] == ["conflicts", "already upstream"]
    assert space.mine() == before
    assert inv("upgrade.status", cwd=space.root).out == "no upgrade is under way\n"


def test_once_landed_no_verb_speaks_of_the_release_before(tmp_path: Path) -> None:
    made = Moving(tmp_path / "ws", upstream_of(tmp_path, ("1.0.0", {"api/long.py": text()}), ("1.1.0", {})))
    assert inv("sync", cwd=made.root).code == 0
    assert inv("upgrade.start", "--to", "1.1.0", cwd=made.root).code == 0
    for verb in (("build", "--check"), ("build",), ("render",), ("deploy",)):
        ran = difykit(*verb, cwd=made.root)
        assert (ran.code, ran.out) == (1, "")
        assert "the source is of Dify 1.0.0, and difykit.yaml pins 1.1.0" in ran.err
        assert "invoke sync" in ran.err
    planned = difykit("deploy", "--check", cwd=made.root)
    assert (planned.code, planned.out.split("\n")[0][:10], "1.0.0" in planned.out) == (0, "Dify 1.1.0", False)
    assert inv("sync", cwd=made.root).code == 0
    assert "1.0.0" not in difykit("build", "--check", cwd=made.root).err
