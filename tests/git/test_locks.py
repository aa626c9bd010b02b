"""A lock between processes, and what a process that was killed leaves in its workspace."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from difykit.core.errors import DifyKitError
from difykit.core.files import locked, write

HOLD = """
import sys
from pathlib import Path
from difykit.core.files import locked
with locked(Path(sys.argv[1]), "difykit sync"):
    print("held", flush=True)
    sys.stdin.read()
"""


def holder(lock: Path) -> subprocess.Popen[str]:
    """Another process that holds the lock until its input ends."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(lock)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_a_lock_held_by_another_process_is_refused_and_the_process_named(tmp_path: Path) -> None:
    with holder(tmp_path / "lock") as other:
        with pytest.raises(DifyKitError) as caught, locked(tmp_path / "lock", "difykit build"):
            pass
        other.communicate("")
    assert caught.value.message == f"difykit sync (process {other.pid}) is at work in this workspace"
    assert caught.value.hint == "wait for it, then difykit build again"


def test_a_lock_ends_with_its_process(tmp_path: Path) -> None:
    with holder(tmp_path / "lock") as other:
        other.kill()
    with locked(tmp_path / "lock", "difykit sync"):
        pass


@pytest.mark.parametrize("name", [".env", ".difykit/images.json", ".difykit/build/bake.json", ".difykit/source/a.py"])
def test_what_a_killed_run_leaves_does_not_lie_among_the_users_files(name: str, tmp_path: Path) -> None:
    (tmp_path / "difykit.yaml").write_text("version: 1\n")
    program = (
        "import os, signal, sys; from pathlib import Path; from difykit.core import files\n"
        "os.fsync = lambda _: os.kill(os.getpid(), signal.SIGKILL)\n"
        "files.write(Path(sys.argv[1]), b'SECRET=1\\n', mode=0o600)\n"
    )
    for _ in range(2):
        subprocess.run([sys.executable, "-c", program, str(tmp_path / name)], check=False)
    assert [path for path in tmp_path.rglob("*") if path.is_file() and path.parent.name != "new"] == [
        tmp_path / "difykit.yaml"
    ]
    unfinished = list((tmp_path / ".difykit" / "new").iterdir())
    assert [path.read_bytes() for path in unfinished] == [b"SECRET=1\n"] * 2
    for path in unfinished:
        os.utime(path, (1, 1))
    write(tmp_path / name, b"SECRET=2\n", mode=0o600)
    assert list((tmp_path / ".difykit" / "new").iterdir()) == []
