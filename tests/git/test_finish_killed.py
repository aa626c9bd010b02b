"""A finish that is cut off: by SIGKILL, by a full disk, between two files, by another finish. No edit is lost."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from difykit.authoring import FinishChoice, finish
from difykit.authoring.rebuild import FileWrite
from difykit.authoring.writing import write_down
from difykit.core.errors import DifyKitError
from difykit.core.transaction import carry
from difykit.git import Store, WorkTree
from difykit.workspace.workspace import Workspace
from tests.support.authoring import edit, spaced
from tests.support.cli import difykit
from tests.support.trees import read_tree, write_tree
from tests.support.workspaces import RecordingProgress, WorkspaceFixture

KILLS = 25
VERBS = ("finish", "sync", "patch.list")
WORDS = ("finish", "--into", "own", "--new-patch", "Say twelve", "--why", "nicer")


def edited(space: WorkspaceFixture) -> None:
    """One edit of each kind: of two patches, of upstream, of an overlay's file, a new one, a deleted one."""
    edit(space.source, "api/long.py", "line 3 of one\n", "line 3 of the first\n")
    edit(space.source, "api/long.py", "line 12\n", "line twelve\n")
    edit(space.source, "api/own.py", "Y = 2", "Y = 3")
    write_tree(space.source, {"api/new.py": "N = 1\n", "web/i18n/en-US/login.json": None})
    space.git("add", "api/new.py")


def mine(space: WorkspaceFixture) -> dict[str, str]:
    """The workspace's files, without the date of a new patch and where the test is."""
    tree = read_tree(space.root, skip=(".difykit", "difykit.yaml", "difykit.lock"))
    return {path: "\n".join(line for line in text.split("\n") if line[:6] != "Date: ") for path, text in tree.items()}


@pytest.fixture
def pristine(tmp_path: Path) -> WorkspaceFixture:
    space = spaced(tmp_path)
    shutil.copytree(space.root, tmp_path / "pristine", symlinks=True)
    return space


def put_back(space: WorkspaceFixture) -> None:
    shutil.rmtree(space.root)
    shutil.copytree(space.root.parent / "pristine", space.root, symlinks=True)


@pytest.mark.kills
def test_a_finish_killed_at_many_moments_is_ended_by_the_next(pristine: WorkspaceFixture) -> None:
    space = pristine
    edited(space)
    files = read_tree(space.source)
    started = time.perf_counter()
    assert difykit(*WORDS, cwd=space.root).code == 0
    length = time.perf_counter() - started
    wanted, dice = mine(space), random.Random(5)
    kept = 0
    for _ in range(KILLS):
        put_back(space)
        edited(space)
        child = subprocess.Popen(
            [sys.executable, "-m", "difykit", *WORDS],
            cwd=space.root,
            env=dict(os.environ),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        time.sleep(dice.uniform(0.15, 1.05) * length)
        if child.poll() is None:
            os.killpg(child.pid, signal.SIGKILL)
            kept += 1
        else:
            length *= 0.7  # it was measured while the machine had more to do
        child.wait()
        assert read_tree(space.source) == files
        ran = difykit(*WORDS, cwd=space.root)
        assert ran.code == 0, ran.err
        assert mine(space) == wanted
        assert read_tree(space.source) == files
        assert space.git("status", "--porcelain") == ""
    assert kept > KILLS // 3


@pytest.mark.parametrize("marked", [True, False], ids=["move without its note", "an older difykit's"])
def test_a_sync_cut_off_before_its_note_is_ended_by_the_next_finish(
    pristine: WorkspaceFixture, *, marked: bool
) -> None:
    space = pristine
    edited(space)
    files, before = read_tree(space.source), (space.root / ".difykit/source.json").read_text()
    assert difykit(*WORDS, cwd=space.root).code == 0
    wanted, after = mine(space), (space.root / ".difykit/source.json").read_text()
    assert after != before
    (space.root / ".difykit/source.json").write_text(before)
    if marked:
        commits = [json.loads(text)["commit"] for text in (before, after)]
        (space.source / ".git/difykit-moving.json").write_text(json.dumps({"commits": commits}))
    ran = difykit(*WORDS, cwd=space.root)
    assert ran.code == 0, ran.err
    assert mine(space) == wanted
    assert read_tree(space.source) == files
    assert difykit("sync", cwd=space.root).code == 0
    assert (space.root / ".difykit/source.json").read_text() == after


def test_a_move_notes_its_source_before_it_counts_as_done(
    pristine: WorkspaceFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    space = pristine
    (space.root / "overlays/own/tree/api/own.py").write_text("X = 1\nY = 9\n")

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("difykit.source.sync.carry_out.write_source", killed)
    with pytest.raises(KeyboardInterrupt):
        space.sync()
    monkeypatch.undo()
    assert WorkTree(space.source, Store(space.root / ".difykit/upstream.git")).interrupted()
    ran = difykit("finish", cwd=space.root)
    assert ran.code == 0, ran.err
    assert space.sync().commit == json.loads((space.root / ".difykit/source.json").read_text())["commit"]
    assert space.git("status", "--porcelain") == ""


def test_a_finish_cut_off_between_any_two_files_is_ended_by_the_next(pristine: WorkspaceFixture) -> None:
    """Every order of events after the journal is there, one after the other."""
    space = pristine
    edited(space)
    assert difykit(*WORDS, cwd=space.root).code == 0
    wanted, files = mine(space), read_tree(space.source)
    after = read_tree(space.root, skip=(".difykit",))
    put_back(space)
    before = read_tree(space.root, skip=(".difykit",))
    changed = sorted(path for path in {*before, *after} - {"difykit.lock"} if before.get(path) != after.get(path))
    assert len(changed) >= 6
    for count in range(len(changed) + 1):
        put_back(space)
        edited(space)
        workspace = Workspace.open(space.root)
        writes = [FileWrite(p, ("100644", after[p].encode()) if p in after else None) for p in changed]
        head = space.git("rev-parse", "HEAD")
        taken = space.git("stash", "create")
        space.git("push", "-q", str(space.root / ".difykit/upstream.git"), f"{taken}:refs/difykit/finish/edited")
        begun = write_down(workspace, writes, tree=space.source, head=head, commit=taken)
        for step in begun.steps[:count]:
            carry._forward(begun, step)
        with pytest.raises(DifyKitError, match="a finish was cut off") as caught:
            space.sync()
        assert caught.value.hint == "end it: difykit finish"
        ran = difykit(VERBS[count % len(VERBS)], cwd=space.root)
        assert ran.code == 0, ran.err
        assert "a finish that was cut off is ended" in ran.err
        space.sync()
        assert mine(space) == wanted
        assert read_tree(space.source) == files


def test_a_file_that_somebody_changed_meanwhile_is_not_overwritten(pristine: WorkspaceFixture) -> None:
    space = pristine
    workspace = Workspace.open(space.root)
    writes = [FileWrite("patches/0001-one.patch", ("100644", b"new\n")), FileWrite("patches/x.patch", ("100644", b"x"))]
    write_down(workspace, writes)
    (space.root / "patches/0001-one.patch").write_text("mine\n")
    with pytest.raises(DifyKitError, match=r"changed since by somebody else:\n  patches/0001-one\.patch"):
        finish(workspace, RecordingProgress(), FinishChoice())
    assert (space.root / "patches/0001-one.patch").read_text() == "mine\n"
    assert not (space.root / "patches/x.patch").exists()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of six megabytes."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", str(place)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("a small file system can only be mounted by root")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


@pytest.mark.parametrize("free", [0, 16, 48, 96, 160, 256])
def test_a_full_disk_is_said_and_the_next_finish_ends_it(small_disk: Path, free: int) -> None:
    space = spaced(small_disk)
    edited(space)
    files = read_tree(space.source)
    filler = small_disk / "filler"
    room = os.statvfs(small_disk)
    filler.write_bytes(b"x" * max(0, room.f_bavail * room.f_frsize - free * 1024))
    ran = difykit(*WORDS, cwd=space.root)
    if ran.code:
        assert ran.code == 1, ran.err
        assert "space" in ran.err.lower() or "write" in ran.err.lower(), ran.err
    assert read_tree(space.source) == files
    filler.unlink()
    again = difykit(*WORDS, cwd=space.root)
    assert again.code == 0, again.err
    assert read_tree(space.source) == files
    assert (space.root / "patches/0003-say-twelve.patch").exists()
    assert space.git("status", "--porcelain") == ""


def test_of_two_at_once_one_says_who_is_at_work(pristine: WorkspaceFixture) -> None:
    space = pristine
    edited(space)
    files = read_tree(space.source)
    argv = [sys.executable, "-m", "difykit", *WORDS]
    children = [
        subprocess.Popen(argv, cwd=space.root, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    said = [child.communicate()[1] for child in children]
    codes = sorted(child.returncode for child in children)
    assert codes in ([0, 0], [0, 1])
    if codes == [0, 1]:
        assert any("is at work in this workspace" in text for text in said)
    assert difykit("finish", cwd=space.root).code == 0
    assert read_tree(space.source) == files


def test_edits_made_after_a_finish_was_cut_off_come_next(pristine: WorkspaceFixture) -> None:
    space = pristine
    edit(space.source, "api/own.py", "Y = 2", "Y = 3")
    place = space.root / "overlays/own/tree/api/own.py"
    writes = [FileWrite("overlays/own/tree/api/own.py", ("100644", b"X = 1\nY = 3\n"))]
    space.git("add", "--all")
    tree = space.git("write-tree")
    taken = space.git("commit-tree", tree, "-p", "HEAD", "-m", "taken")
    store = space.root / ".difykit/upstream.git"
    space.git("push", "-q", str(store), f"{taken}:refs/difykit/finish/edited")
    head = space.git("rev-parse", "HEAD")
    write_down(Workspace.open(space.root), writes, tree=space.source, head=head, commit=taken)
    edit(space.source, "api/own.py", "Y = 3", "Y = 3\nZ = 4")
    edit(space.source, "api/long.py", "line of two", "a line of two")
    ran = difykit("finish", cwd=space.root)
    assert ran.code == 0, ran.err
    assert place.read_text() == "X = 1\nY = 3\nZ = 4\n"
    assert "+a line of two" in (space.root / "patches/0002-two.patch").read_text()
    assert space.git("status", "--porcelain") == ""


def test_commits_that_were_taken_in_but_not_finished_are_not_taken_for_finished(pristine: WorkspaceFixture) -> None:
    space = pristine
    edit(space.source, "README.md", "Our Dify", "Their Dify")
    space.git("commit", "-qam", "not to be folded")
    head = space.git("rev-parse", "HEAD")
    for words in (("finish",), ("sync",)):
        assert difykit(*words, cwd=space.root).code == 1
        assert space.git("rev-parse", "HEAD") == head


def test_a_move_that_was_cut_off_is_ended_and_edits_made_since_are_not_lost(pristine: WorkspaceFixture) -> None:
    space = pristine
    head = space.git("rev-parse", "HEAD")
    half = space.git("rev-parse", "HEAD~4")
    space.git("checkout", "-q", half, "--", "api/long.py")
    (space.source / ".git/difykit-moving.json").write_text(f'["{half}", "{head}"]')
    ran = difykit("finish", cwd=space.root)
    assert ran.code == 0, ran.err
    assert space.git("status", "--porcelain") == ""
    (space.source / ".git/difykit-moving.json").write_text(f'["{half}", "{head}"]')
    edit(space.source, "api/own.py", "Y = 2", "Y = 3")
    refused = difykit("finish", cwd=space.root)
    assert refused.code == 1
    assert "api/own.py" in refused.err
    assert (space.source / "api/own.py").read_text() == "X = 1\nY = 3\n"
