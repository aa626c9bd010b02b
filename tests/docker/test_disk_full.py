"""A disk that is full, at several levels and at several steps: it is told, nothing is lost, the next run finishes."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.support.cli import Ran
from tests.support.fault_injection import Stack

pytestmark = pytest.mark.docker

KIB = 1024


@contextmanager
def disk(place: Path, size: str, files: int) -> Iterator[None]:
    """A file system of this size at `place`, for so many files."""
    place.mkdir(parents=True)
    options = f"size={size},nr_inodes={files}"
    argv = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(place)]
    if subprocess.run(argv, capture_output=True, check=False).returncode:
        pytest.skip("a small file system can only be mounted by root")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


@pytest.fixture(scope="module")
def stack(docker: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:  # noqa: ARG001 - the engine must be there
    one = Stack(tmp_path_factory.mktemp("full") / "ws")
    with ExitStack() as held:
        held.enter_context(disk(one.data, "1g", 20_000))
        held.enter_context(disk(one.workspace.derived, "16m", 20_000))
        held.callback(one.remove)
        one.run()
        yield one


@contextmanager
def filled(place: Path, *, free: int) -> Iterator[None]:
    """A disk with so many bytes left while the block runs."""
    room = os.statvfs(place)
    filler = place / "filler"
    with filler.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, max(1, room.f_bavail * room.f_frsize - free))
    try:
        yield
    finally:
        filler.unlink()


@contextmanager
def without_files(place: Path, *, free: int) -> Iterator[None]:
    """A disk with bytes, but with room for so many files only."""
    folder = place / "fillers"
    folder.mkdir()
    for number in range(os.statvfs(place).f_ffree - free):
        (folder / str(number)).touch()
    try:
        yield
    finally:
        subprocess.run(["rm", "-r", str(folder)], check=True)


def told(ran: Ran, stack: Stack) -> None:
    """Either it fitted, or it says that there is no space, in one line, and what to do."""
    if ran.code == 0:
        return
    lines = ran.err.splitlines()
    (fail,) = (line for line in lines if line.startswith("fail "))
    assert ran.code == 1, ran.err
    assert "space" in fail, ran.err
    assert "Errno" not in fail, ran.err
    assert len([line for line in lines if line.startswith("hint ")]) == 1, ran.err
    assert stack.crashes() == []


@pytest.mark.parametrize(
    "free", [0, pytest.param(16 * KIB, marks=pytest.mark.kills), pytest.param(64 * KIB, marks=pytest.mark.kills)]
)
def test_a_build_without_space_is_finished_by_the_next(stack: Stack, free: int) -> None:
    stack.words(f"built with {free} bytes")
    assert stack.command("sync").code == 0
    before = stack.containers()
    with filled(stack.workspace.derived, free=free):
        ran = stack.command("build")
    assert ran.code == 1 or free
    told(ran, stack)
    assert stack.containers() == before
    ran = stack.command("build")
    assert ran.code == 0, ran.err
    assert stack.unfinished() == []


@pytest.mark.parametrize("free", [0, pytest.param(16 * KIB, marks=pytest.mark.kills)])
def test_a_deployment_without_space_for_what_is_derived_is_finished_by_the_next(stack: Stack, free: int) -> None:
    stack.words(f"derived with {free} bytes")
    stack.make()
    old = stack.answer()
    with filled(stack.workspace.derived, free=free):
        ran = stack.command("deploy")
        still_runs(stack, ran, old)
    goes_on(stack, f"derived with {free} bytes")
    assert ran.code == 1 or free


def test_a_data_folder_that_is_nearly_full_is_refused_before_anything_is_touched(stack: Stack) -> None:
    before = stack.containers()
    with filled(stack.data, free=400 * KIB**2):
        ran = stack.command("deploy")
    assert ran.code == 1
    assert "MB left, and a deployment wants 512 MB" in ran.err
    assert stack.containers() == before


@pytest.mark.parametrize("free", [0, pytest.param(8, marks=pytest.mark.kills)])
def test_a_deployment_without_space_in_the_data_folder_is_finished_by_the_next(stack: Stack, free: int) -> None:
    stack.words(f"data with {free} files")
    stack.make()
    old = stack.answer()
    with without_files(stack.data, free=free):
        ran = stack.command("deploy")
        still_runs(stack, ran, old)
    goes_on(stack, f"data with {free} files")
    assert ran.code == 1 or free


def still_runs(stack: Stack, ran: Ran, old: str) -> None:
    """Without space, what ran still runs."""
    told(ran, stack)
    assert old
    assert ran.code == 0 or stack.comes_back(old)


def goes_on(stack: Stack, words: str) -> None:
    """With space again, it goes on."""
    again = stack.command("deploy")
    assert again.code == 0, again.err
    assert stack.comes_back(words)
    assert stack.unfinished() == []
