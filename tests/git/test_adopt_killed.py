"""An adoption that is cut off leaves nothing, or all of it."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support.cli import difykit, inv
from tests.support.forks import Fork
from tests.support.repos import Upstream
from tests.support.trees import Content, read_tree, write_tree

KILLS = 20
# Python tells of every rename before it is made: the Nth one is the last thing that this process wants to do.
KILLED = """
import os, signal, sys
left = int(sys.argv.pop(1))
def count(event, args):
    global left
    if event == "os.rename" and os.sep + ".difykit" + os.sep not in str(args[1]):
        left -= 1
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(count)
from difykit.__main__ import main
main()
"""
LINES = "".join(f"line {number}\n" for number in range(40))


@pytest.fixture
def upstream(tmp_path: Path) -> Upstream:
    made = Upstream(tmp_path)
    made.release("1.0.0", {f"api/core/part_{number}.py": LINES for number in range(12)})
    return made


@pytest.fixture
def fork(tmp_path: Path, upstream: Upstream) -> Fork:
    made = Fork(tmp_path, upstream, "1.0.0")
    own: dict[str, Content] = {f"api/own/file_{number}.py": f"X = {number}\n" for number in range(60)}
    changed: dict[str, Content] = {f"api/core/part_{number}.py": LINES.replace("7\n", "7!\n") for number in range(5)}
    made.commit({**own, **changed})
    return made


def fresh(folder: Path, upstream: Upstream) -> Path:
    assert inv("init", str(folder), cwd=folder.parent).code == 0
    text = (folder / "difykit.yaml").read_text()
    write_tree(folder, {"difykit.yaml": text.replace("https://github.com/langgenius/dify.git", upstream.url)})
    return folder


def mine(root: Path) -> dict[str, str]:
    return read_tree(root, skip=(".difykit",))


def command(fork: Fork) -> list[str]:
    return ["adopt", "--fork", fork.url, "--ref", "main", "--by", "file"]


@pytest.mark.kills
def test_a_run_killed_at_a_random_moment_leaves_nothing_or_all(tmp_path: Path, upstream: Upstream, fork: Fork) -> None:
    whole = fresh(tmp_path / "whole", upstream)
    started = time.perf_counter()
    ran = difykit(*command(fork), cwd=whole)
    length = time.perf_counter() - started
    assert ran.code == 0, ran.err
    after = mine(whole)
    root = fresh(tmp_path / "killed", upstream)
    before = mine(root)
    dice = random.Random(11)
    for _ in range(KILLS):
        child = subprocess.Popen(
            [sys.executable, "-m", "difykit", *command(fork)],
            cwd=root,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        time.sleep(dice.uniform(0.2, 1.05) * length)
        if child.poll() is None:
            os.killpg(child.pid, signal.SIGKILL)
        else:
            length *= 0.7  # it was measured while the machine had more to do
        child.wait()
        assert inv("patch.list", cwd=root).code == 0
        now = mine(root)
        assert now in (before, after)
        if now == after:
            root = fresh(tmp_path / f"killed-{_}", upstream)
    last = difykit(*command(fork), cwd=root)
    assert (last.code, mine(root)) == (0, after), last.err


def test_killed_at_each_rename_of_the_move_the_next_command_finishes_it(
    tmp_path: Path, upstream: Upstream, fork: Fork
) -> None:
    whole = fresh(tmp_path / "whole", upstream)
    assert difykit(*command(fork), cwd=whole).code == 0
    after = mine(whole)
    partly = 0
    for number in range(1, 30):
        root = fresh(tmp_path / f"ws-{number}", upstream)
        done = subprocess.run(
            [sys.executable, "-c", KILLED, str(number), *command(fork)], cwd=root, capture_output=True, check=False
        )
        if done.returncode == 0:
            assert mine(root) == after
            break
        assert done.returncode == -signal.SIGKILL, done.stderr.decode()
        partly += mine(root) != after
        assert inv("overlay.list", cwd=root).code == 0
        now = {path: text for path, text in mine(root).items() if not path.endswith(".new")}
        assert now == after
    assert number == partly + 1
    assert partly >= 8  # the overlay, five patches, the series, the settings


def test_of_two_at_once_one_says_who_is_at_work(tmp_path: Path, upstream: Upstream, fork: Fork) -> None:
    root = fresh(tmp_path / "ws", upstream)
    argv = [sys.executable, "-m", "difykit", *command(fork)]
    children = [subprocess.Popen(argv, cwd=root, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    said = [child.communicate()[1] for child in children]
    codes = sorted(child.returncode for child in children)
    assert codes == [0, 1]
    assert any("is at work in this workspace" in text or "already" in text for text in said)
    assert difykit("sync", cwd=root).code == 0
