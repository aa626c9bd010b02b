"""A disk that does not take what git writes: said in one message, and the next run needs nothing put right."""

from __future__ import annotations

import errno
import os
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from difykit.git.disk import disk_fault
from tests.support.cli import Ran, difykit
from tests.support.kills import locks
from tests.support.repos import Upstream
from tests.support.spaces import Space

FULL = os.strerror(errno.ENOSPC)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own, whose size a test may change."""
    place = tmp_path / "disk"
    place.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "tmpfs", str(place)], capture_output=True, check=False)
    if done.returncode:
        pytest.skip("a small file system can only be mounted by root")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


def resize(disk: Path, options: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{options}", str(disk)], check=True)


def filled(disk: Path, tmp_path: Path) -> Space:
    """A release of 1.3 MB packed, and 2.4 MB when it is checked out."""
    upstream = Upstream(tmp_path)
    upstream.release("1.0.0", {f"api/random/{number}": os.urandom(8000).hex() for number in range(150)})
    return Space(disk / "ws", upstream)


def is_said(ran: Ran, *words: str) -> None:
    assert ran.code == 1, ran.err
    told = [line for line in ran.err.splitlines() if line.startswith(("fail", "hint"))]
    assert len(told) == 2, ran.err
    assert all(word in " ".join(told) for word in words), ran.err
    assert "network" not in told[1]


@pytest.mark.parametrize(
    ("size", "words"),
    [
        ("900k", ("cannot fetch Dify 1.0.0", "no space left on device", "are free there", "make room")),
        ("1500k", ("cannot write the work tree", "no space left on device", "make room")),
        ("2800k", ("cannot write the work tree", "no space left on device", "make room")),
        *((f"20m,nr_inodes={count}", ("no space left on", "make room", "df -i")) for count in (20, 24, 28, 30, 34, 44)),
        ("20m,nr_inodes=120", ("no space left on device", "files that are free there", "make room")),
    ],
)
def test_a_full_disk_is_one_message_and_nothing_of_it_stays(
    disk: Path, tmp_path: Path, size: str, words: tuple[str, ...]
) -> None:
    space = filled(disk, tmp_path)
    resize(disk, f"size={size}")
    is_said(difykit("sync", cwd=space.root), *words)
    resize(disk, "size=40m,nr_inodes=10000")
    ran = difykit("sync", cwd=space.root)
    assert ran.code == 0, ran.err
    assert space.git("status", "--porcelain") == ""
    assert locks(space) == []


def test_a_disk_that_is_full_while_commits_are_made_is_the_same_message(disk: Path, tmp_path: Path) -> None:
    """Git names no reason for a file of objects that took only a part."""
    space = filled(disk, tmp_path)
    assert difykit("sync", cwd=space.root).code == 0
    space.overlay("many", {"api/many.py": os.urandom(400_000).hex()})
    with (disk / "fill").open("wb", buffering=0) as fill, suppress(OSError):
        while fill.write(os.urandom(1 << 16)):
            pass
    is_said(difykit("sync", cwd=space.root), "cannot write the objects", "no space left on device", "make room")
    (disk / "fill").unlink()
    ran = difykit("sync", cwd=space.root)
    assert ran.code == 0, ran.err
    assert locks(space) == []
    assert not list((space.root / ".difykit" / "upstream.git").glob("fast_import_crash_*"))


def test_what_killed_gits_left_is_removed_by_the_next_run(tmp_path: Path) -> None:
    upstream = Upstream(tmp_path)
    upstream.release("1.0.0")
    space = Space(tmp_path / "ws", upstream)
    space.sync()
    store = space.root / ".difykit" / "upstream.git"
    (store / "objects/pack/tmp_pack_ab12cd").write_bytes(b"PACK")
    (store / "objects/pack/tmp_idx_ab12cd").write_bytes(b"")
    (store / "objects/aa").mkdir(exist_ok=True)
    (store / "objects/aa/tmp_obj_ab12cd").write_bytes(b"")
    (store / "difykit-fetch-ab12cd/objects/pack").mkdir(parents=True)
    (store / "difykit-fetch-ab12cd/objects/pack/tmp_pack_ab12cd").write_bytes(b"PACK")
    assert difykit("sync", cwd=space.root).code == 0
    assert locks(space) == []


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (f"fatal: write error: {FULL}\nfatal: fetch-pack: invalid index-pack output", "no space left on device"),
        (f"error: unable to create temporary file: {os.strerror(errno.EDQUOT)}", "quota"),
        (f"fatal: cannot create '/x/y': {os.strerror(errno.EROFS)}", "Read-only file system"),
        (f"error: unable to create temporary file: {os.strerror(errno.EACCES)}", "Permission denied"),
        (f"fatal: cannot create pipe: {os.strerror(errno.EMFILE)}", "Too many open files"),
        (f"fatal: sha1 file '<stdout>' write error. Out of diskspace: {os.strerror(errno.EIO)}", "Input/output error"),
        ("fatal: sha1 file 'objects/pack/tmp_pack_x' write error. Out of diskspace", "no space left on device"),
        (f"remote: fatal: write error: {FULL}\nfatal: the remote end hung up unexpectedly", ""),
        ("git@host: Permission denied (publickey).\nfatal: Could not read from remote repository.", ""),
        (f"fatal: unable to access 'https://h/r/': {os.strerror(errno.EACCES)}", ""),
        ("fatal: unable to access 'https://h/r/': Could not resolve host: h", ""),
        ("error: unable to write file api/x.py", ""),
    ],
)
def test_a_disk_is_told_from_a_network_and_from_a_server(tmp_path: Path, said: str, words: str) -> None:
    fault = disk_fault(said, tmp_path, "fetch Dify 1.0.0")
    assert (fault is not None) == bool(words)
    if fault:
        assert words in fault.message
        assert str(tmp_path) in fault.message
        assert fault.hint
