"""`difykit sync` as it is typed: what is printed where, and the exit codes."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support.cli import difykit, inv
from tests.support.repos import Upstream
from tests.support.trees import Script, snapshot, write_tree
from tests.support.workspaces import APP_PATCH, WorkspaceFixture


@pytest.fixture
def space(tmp_path: Path, upstream: Upstream) -> WorkspaceFixture:
    made = WorkspaceFixture(tmp_path / "space", upstream)
    made.overlay("x", {"x": "1"})
    return made


def test_sync_says_what_it_does_on_standard_error(space: WorkspaceFixture) -> None:
    ran = inv("sync", cwd=space.root)
    base = space.git("rev-parse", "HEAD~1")[:12]
    assert (ran.code, ran.out) == (0, "")
    assert f"  ok Dify 1.0.0 is commit {base}\n" in ran.err
    assert "  ok overlay x: commit " in ran.err


def test_sync_as_a_process_of_its_own(space: WorkspaceFixture) -> None:
    ran = difykit("sync", cwd=space.root)
    assert (ran.code, ran.out) == (0, "")
    assert (space.source / "x").read_text() == "1"


def test_invoke_finds_the_workspaces_tasks_from_a_subfolder(space: WorkspaceFixture) -> None:
    write_tree(space.root, {"tasks.py": "from difykit.commands import namespace\n", "a/b/c": ""})
    argv = [sys.executable, "-m", "invoke", "sync"]
    subprocess.run(argv, cwd=space.root / "a/b", capture_output=True, check=True)
    assert (space.source / "x").exists()


def test_json_is_one_document_on_standard_output(space: WorkspaceFixture) -> None:
    ran = inv("sync", "--json", cwd=space.root)
    assert ran.code == 0
    assert ran.out.count("\n") == 1
    source = json.loads(ran.out)
    assert source["commit"] == space.git("rev-parse", "HEAD")
    assert [layer["name"] for layer in source["layers"]] == ["x"]


def test_a_failure_with_json_prints_nothing_on_standard_output(space: WorkspaceFixture) -> None:
    space.pin("9.9.9")
    ran = inv("sync", "--json", cwd=space.root)
    assert (ran.code, ran.out) == (1, "")
    assert "has no release 9.9.9" in ran.err


@pytest.mark.parametrize("flags", [["--check"], ["--check", "--json"], ["--check", "--discard"]])
def test_check_changes_nothing_on_disk_before_the_first_sync(space: WorkspaceFixture, flags: list[str]) -> None:
    before = snapshot(space.root), sorted(space.root.rglob("*"))
    assert inv("sync", *flags, cwd=space.root).code == 0
    assert (snapshot(space.root), sorted(space.root.rglob("*"))) == before


def test_check_changes_nothing_on_disk_after_it(space: WorkspaceFixture) -> None:
    inv("sync", cwd=space.root)
    space.write({"overlays/x/tree/x": "2"})
    before = snapshot(space.root), sorted(space.root.rglob("*"))
    assert inv("sync", "--check", cwd=space.root).code == 0
    assert (snapshot(space.root), sorted(space.root.rglob("*"))) == before


def test_check_says_in_words_what_would_change(space: WorkspaceFixture) -> None:
    assert inv("sync", "--check", cwd=space.root).out.splitlines() == [
        "Dify 1.0.0: would be fetched",
        "overlay x: would be made",
        "work tree: would be made",
    ]
    base = json.loads(inv("sync", "--json", cwd=space.root).out)["base"][:12]
    assert inv("sync", "--check", cwd=space.root).out.splitlines() == [
        f"Dify 1.0.0: commit {base}, here already",
        "overlay x: as before",
        "work tree: as it should be",
    ]
    space.overlay("y", {"y": ""})
    assert inv("sync", "--check", cwd=space.root).out.splitlines()[1:] == [
        "overlay x: as before",
        "overlay y: would be made",
        "work tree: would be moved",
    ]


def test_check_names_patches_that_are_left_out(space: WorkspaceFixture) -> None:
    space.patch("0001-app.patch", APP_PATCH.replace("Why: to see it", "Applies-to: >=2"))
    assert "patch 0001-app.patch: left out, it is for another release" in inv("sync", "--check", cwd=space.root).out


def test_check_with_json_is_one_document(space: WorkspaceFixture) -> None:
    ran = inv("sync", "--check", "--json", cwd=space.root)
    assert ran.err == ""
    plan = json.loads(ran.out)
    assert (plan["fetch"], plan["work_tree"]) == (True, "make")
    assert plan["layers"] == [{"kind": "overlay", "name": "x", "made": False}]


def test_check_says_that_sync_would_refuse_edits_in_the_work_tree(space: WorkspaceFixture) -> None:
    inv("sync", cwd=space.root)
    write_tree(space.source, {"README.md": "mine"})
    assert "as it should be" not in inv("sync", "--check", cwd=space.root).out


def test_check_says_that_an_interrupted_move_would_go_on(space: WorkspaceFixture) -> None:
    inv("sync", cwd=space.root)
    head = space.git("rev-parse", "HEAD")
    (space.source / ".git/difykit-moving.json").write_text(json.dumps([head]))
    assert "as it should be" not in inv("sync", "--check", cwd=space.root).out


def test_check_says_that_a_deleted_store_would_be_fetched(space: WorkspaceFixture) -> None:
    inv("sync", cwd=space.root)
    shutil.rmtree(space.root / ".difykit/upstream.git")
    assert inv("sync", "--check", cwd=space.root).out.splitlines()[:2] == [
        "Dify 1.0.0: would be fetched",
        "overlay x: would be made",
    ]


def test_a_subfolder_is_in_the_workspace(space: WorkspaceFixture) -> None:
    assert inv("sync", cwd=space.root / "overlays/x/tree").code == 0
    assert (space.source / "x").exists()


def test_the_work_tree_is_in_the_workspace_too(space: WorkspaceFixture) -> None:
    inv("sync", cwd=space.root)
    assert inv("sync", cwd=space.source / "api").code == 0


def test_outside_of_a_workspace_the_way_to_one_is_told(tmp_path: Path) -> None:
    ran = inv("sync", cwd=tmp_path)
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == (
        f"fail {tmp_path} is not in a difykit workspace (no difykit.yaml here or above)\n"
        "hint make one: difykit init my-dify\n"
    )


def test_a_wrong_workspace_is_exit_code_2_with_all_problems(space: WorkspaceFixture) -> None:
    space.write({"overlays/x/overlay.yaml": "version: 1\ndescripton: x\nenvv: {}\n"})
    ran = inv("sync", cwd=space.root)
    assert ran.code == 2
    assert "overlays/x/overlay.yaml:2: descripton: unknown key; did you mean description?\n" in ran.err
    assert "overlays/x/overlay.yaml:3: envv: unknown key; did you mean env?\n" in ran.err
    assert "overlays/x/overlay.yaml:1: description: is missing\n" in ran.err


@pytest.mark.parametrize("text", ["version: 1\nupstream: {ref: '1.0.0'} # \a\n", "version: 1\nupstream: !!bool x\n"])
def test_settings_that_are_no_yaml_are_exit_code_2(space: WorkspaceFixture, text: str) -> None:
    write_tree(space.root, {"difykit.yaml": text})
    ran = difykit("sync", cwd=space.root)
    assert ran.code == 2
    assert "Traceback" not in ran.err


def test_discard_is_a_flag(space: WorkspaceFixture) -> None:
    inv("sync", cwd=space.root)
    write_tree(space.source, {"README.md": "mine"})
    refused = inv("sync", cwd=space.root)
    assert refused.code == 1
    assert "holds edits that sync would lose:\n  README.md\n" in refused.err
    assert inv("sync", "--discard", cwd=space.root).code == 0


def test_locked_is_a_flag(space: WorkspaceFixture) -> None:
    ran = inv("sync", "--locked", cwd=space.root)
    assert ran.code == 1
    assert "difykit.lock is not what this workspace gives" in ran.err


def test_in_ci_the_lock_is_kept_unless_told_otherwise(space: WorkspaceFixture) -> None:
    assert difykit("sync", cwd=space.root, env={"CI": "true"}).code == 1
    assert difykit("sync", "--no-locked", cwd=space.root, env={"CI": "true"}).code == 0
    assert difykit("sync", "--locked", cwd=space.root, env={"CI": "true"}).code == 0


def test_a_script_can_turn_the_lock_off_everywhere(space: WorkspaceFixture) -> None:
    assert difykit("sync", "--no-locked", cwd=space.root).code == 0


@pytest.mark.parametrize("value", ["false", "0", ""])
def test_ci_turned_off_is_no_ci(space: WorkspaceFixture, value: str) -> None:
    assert difykit("sync", cwd=space.root, env={"CI": value}).code == 0


def test_an_interrupt_is_exit_code_130_and_leaves_nothing_half_done(space: WorkspaceFixture) -> None:
    waiting = space.root.parent / "waiting"
    ssh = write_tree(space.root.parent, {"ssh": Script(f"#!/bin/sh\ntouch {waiting}\nexec sleep 60\n")}) / "ssh"
    url = space.url
    space.url = "ssh://localhost/dify.git"
    space.write({})
    env = {**os.environ, "GIT_SSH_COMMAND": str(ssh), "GIT_ALLOW_PROTOCOL": "ssh"}
    argv = [sys.executable, "-m", "difykit", "sync"]
    with subprocess.Popen(
        argv, cwd=space.root, env=env, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as run:
        while not waiting.exists():
            assert run.poll() is None
            time.sleep(0.02)
        os.killpg(run.pid, signal.SIGINT)
        _, said = run.communicate()
    assert run.returncode == 130
    assert "fail interrupted; run the command again to go on\n" in said
    space.url = url
    space.write({})
    assert inv("sync", cwd=space.root).code == 0
