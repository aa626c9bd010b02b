"""A difykit that is ended alone, by its id, while it is at work; and what must not be left of it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.support.workspaces import WorkspaceFixture

PATIENCE = 20.0


def start(root: Path, *args: str) -> subprocess.Popen[str]:
    """Start difykit in a workspace; what it says on standard error is kept for `communicate`."""
    argv = [sys.executable, "-m", "difykit", *args]
    return subprocess.Popen(argv, cwd=root, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def processes(root: Path) -> list[str]:
    """The command lines of what is at work in a folder: it names it, or stands in it."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
            folder = (entry / "cwd").readlink()
        except OSError:
            continue
        if int(entry.name) != os.getpid() and (str(root) in line or folder.is_relative_to(root)):
            found.append(line)
    return found


def none_left(root: Path) -> list[str]:
    """What is still at work in a folder once all had the time to end."""
    until = time.monotonic() + PATIENCE
    while (left := processes(root)) and time.monotonic() < until:
        time.sleep(0.05)
    return left


def end_alone(child: subprocess.Popen[str], number: signal.Signals, after: float) -> str:
    """Send a signal to this process and no other, after some seconds; what it had said."""
    time.sleep(after)
    if child.poll() is None:
        os.kill(child.pid, number)
    assert child.stderr
    said = child.stderr.read()
    child.wait()
    child.stderr.close()
    return said


@contextmanager
def committing(space: WorkspaceFixture, *words: str) -> Iterator[subprocess.Popen[bytes]]:
    """`git commit` in the work tree, which waits in its editor for the block, and then goes on."""
    going, ready = space.root.parent / "editor-goes-on", space.root.parent / "editor-waits"
    for path in (going, ready):
        path.unlink(missing_ok=True)
    editor = space.root.parent / "editor"
    editor.write_text(f'#!/bin/sh\ntouch "{ready}"\nwhile [ ! -e "{going}" ]; do sleep 0.05; done\necho mine > "$1"\n')
    editor.chmod(0o755)
    who = {f"GIT_{role}_{part}": "me" for role in ("AUTHOR", "COMMITTER") for part in ("NAME", "EMAIL")}
    argv: Sequence[str] = ["git", "commit", "--quiet", *words]
    child = subprocess.Popen(argv, cwd=space.source, env={**os.environ, **who, "GIT_EDITOR": str(editor)})
    until = time.monotonic() + PATIENCE
    while not ready.exists():
        assert time.monotonic() < until
        time.sleep(0.02)
    try:
        yield child
    finally:
        going.touch()
        child.wait()


def locks(space: WorkspaceFixture) -> list[str]:
    """Every lock of git's, and every copy of difykit's, in the repositories of a workspace."""
    folders = [space.source / ".git", space.root / ".difykit" / "upstream.git"]
    names = [path for folder in folders for path in folder.rglob("*.lock")]
    own = [path for path in (space.source / ".git").glob("difykit-*") if path.name != "difykit-modify.json"]
    cut_off = (*folders[1].glob("difykit-fetch-*"), *folders[1].glob("objects/pack/tmp_*"))
    return [str(path) for path in (*names, *own, *cut_off)]
