"""Each verb that asks a registry, with one that misbehaves: no bug, bounded memory, an end, and building goes on."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.support.bundled_stack import Small
from tests.support.misbehaving_registries import Piece, Row, stranger
from tests.support.odd_answers import ROWS
from tests.support.sweeps import swept

pytestmark = pytest.mark.docker

MEMORY = 400 << 10  # KiB of a child; without a registry it takes a quarter of that
PATIENCE = 240  # seconds, of which a healthy machine needs two
HEAVY = (
    "a login page",
    "an empty mapping",
    "null",
    "a list",
    "a number",
    "brackets without an end",
    "mappings without an end",
    "a key twice",
    "the first schema",
    "both at once",
    "an entry that is a number",
    "an entry without a digest",
    "a digest of another kind",
    "a digest that is a path",
    "a size beyond all",
    "an entry that is not there",
    "an index without entries",
    "ten thousand entries",
    "an index of a hundred indexes",
    "an index in an index without end",
    "a configuration that is a list",
    "labels that are numbers",
    "a hundred thousand labels",
    "labels beyond all bounds",
    "a configuration of another digest",
    "500 MB with their length",
    "no end",
    "a packed gigabyte",
    "interim answers without end",
    "a header of ten megabytes",
    "a chunk below nothing",
    "no HTTP",
    "a move in a circle",
    "a move to the cloud's own",
    "too many requests",
    "a realm without end",
    "a token that is absent",
)
"""Those of the table that cost time or memory, or once ended a run as a bug."""

ALWAYS = (
    "a login page",
    "null",
    "an index in an index without end",
    "500 MB with their length",
    "a packed gigabyte",
    "no HTTP",
    "a move to the cloud's own",
    "a realm without end",
)
"""One of each kind; what every answer means is looked at in tests/unit too, without a process for each."""
TABLE = swept([row for row in ROWS if row.name in HEAVY], lambda row: row.name in ALWAYS)


class Ended(NamedTuple):
    """How a child ended, and the most memory that it had, in KiB."""

    code: int
    out: str
    memory: int


MEASURED = """
import os, subprocess, sys
_, status, used = os.wait4(subprocess.Popen(sys.argv[2:]).pid, 0)
with open(sys.argv[1], "w") as file:
    file.write(str(used.ru_maxrss))
os._exit(os.waitstatus_to_exitcode(status) % 256)
"""
"""The most memory of a program includes that of the process that it was forked from, so that one must be small."""


def verb(*args: str, cwd: Path, env: dict[str, str], log: Path) -> Ended:
    memory = log.with_suffix(".memory")
    launcher = [sys.executable, "-I", "-S", "-c", MEASURED, str(memory)]
    with log.open("wb") as sink:
        child = subprocess.Popen(
            [*launcher, sys.executable, "-m", "difykit", *args],
            cwd=cwd,
            env={**os.environ, **env},
            stdout=sink,
            stderr=sink,
            start_new_session=True,
        )
    try:
        child.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()
        pytest.fail(f"difykit {' '.join(args)} does not end")
    return Ended(child.returncode, log.read_text("utf-8", "replace"), int(memory.read_text()))


@pytest.fixture(scope="module")
def fresh(small: Small, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small stack's workspace once more, with a file whose image is not there, and which no test builds."""
    return another(small, tmp_path_factory.mktemp("fresh") / "work")


def another(small: Small, folder: Path) -> Path:
    """The small stack's workspace, with one more file that no other has, synced."""
    shutil.copytree(small.folder, folder, ignore=shutil.ignore_patterns(".difykit"))
    (folder / "overlays/more/tree/api/new.py").write_text(f"NEW = {uuid.uuid4().hex!r}\n")
    small.run("sync", cwd=folder)
    return folder


def _bounded(ended: Ended, row: Row) -> None:
    assert ended.code in {0, 1}, ended.out
    assert "bug in difykit" not in ended.out
    assert ended.memory < MEMORY, f"{row.name}: {ended.memory} KiB"


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
def test_every_verb_ends_within_bounds(small: Small, tmp_path: Path, row: Row) -> None:
    log = tmp_path / "log"
    with stranger(row.answer) as host:
        shown = verb("image.show", f"{host}/team/thing:1", cwd=small.folder, env={}, log=log)
        _bounded(shown, row)
        assert row.says in shown.out
        there = verb("publish", "--check", "--to", f"{host}/team/", cwd=small.folder, env={}, log=log)
        _bounded(there, row)
        assert there.code == 1


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
def test_where_building_is_the_way_on_it_is_said_and_it_builds(fresh: Path, tmp_path: Path, row: Row) -> None:
    log = tmp_path / "log"
    with stranger(row.answer) as host:
        ended = verb("build", "--check", cwd=fresh, env={"DIFYKIT_REUSE": f"{host}/team/"}, log=log)
    _bounded(ended, row)
    assert ended.code == 0, ended.out
    assert "will be built: " in ended.out


def test_a_build_asks_and_then_builds(small: Small, tmp_path: Path) -> None:
    folder = another(small, tmp_path / "work")
    row = next(row for row in ROWS if row.name == "a login page")
    with stranger(row.answer) as host:
        ended = verb("build", cwd=folder, env={"DIFYKIT_REUSE": f"{host}/team/"}, log=tmp_path / "log")
    _bounded(ended, row)
    assert ended.code == 0, ended.out
    assert "it is a web page; so it is built" in ended.out


def test_a_byte_every_two_seconds_ends(small: Small, tmp_path: Path) -> None:
    def drip(_: str, __: str) -> Iterator[Piece]:
        yield b"HTTP/1.1 200 OK\r\n\r\n"
        while True:
            yield b" "
            yield 2.0

    with stranger(drip) as host:
        ended = verb("image.show", f"{host}/team/thing:1", cwd=small.folder, env={}, log=tmp_path / "log")
    _bounded(ended, ROWS[0])
    assert ended.code == 1
    assert "did not end its answer" in ended.out
