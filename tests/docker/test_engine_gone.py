"""The engine or a registry goes away half way: a clear message, and the next run finishes."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from difykit import docker as engine
from difykit.core.errors import DifyKitError
from difykit.core.progress import Silent
from difykit.targets import deploy
from tests.support.cli import Ran
from tests.support.fault_injection import Stack, left_readers, readers
from tests.support.fault_registry import lent

pytestmark = pytest.mark.docker

SOCKET = "/var/run/docker.sock"


@pytest.fixture(scope="module")
def stack(docker: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:  # noqa: ARG001 - the engine must be there
    if not Path(SOCKET).is_socket():
        pytest.skip(f"the engine's socket is not {SOCKET}")
    one = Stack(tmp_path_factory.mktemp("gone") / "ws")
    try:
        one.run()
        yield one
    finally:
        one.remove()


def cut(stack: Stack, verb: str, when: Callable[[], bool]) -> Ran:
    """Run a verb on an engine that goes away once `when` holds."""
    happened: list[bool] = []

    def until() -> bool:
        if not happened and when():
            happened.append(True)
        return bool(happened)

    with lent(SOCKET, until) as port:
        ran = stack.command(verb, env={"DOCKER_HOST": f"tcp://127.0.0.1:{port}"})
    assert happened
    return ran


def clear(ran: Ran, stack: Stack) -> None:
    """It is told what went away and what to do, once and in words."""
    lines = ran.err.splitlines()
    assert ran.code == 1, ran.err
    assert stack.crashes() == []
    (fail,) = (number for number, line in enumerate(lines) if line.startswith("fail "))
    assert re.search(r"Docker (engine|daemon)", " ".join(lines[fail:])), ran.err
    assert not re.search(r"ConnectionPool|RemoteDisconnected|--format|--filter", " ".join(lines[fail:])), ran.err
    assert len([line for line in lines if line.startswith("hint ")]) == 1, ran.err


def baking(stack: Stack) -> Callable[[], bool]:
    """Whether BuildKit has begun to speak."""
    old = set(stack.workspace.logs.glob("build-*.log"))

    def holds() -> bool:
        new = set(stack.workspace.logs.glob("build-*.log")) - old
        return any(path.stat().st_size for path in new)

    return holds


def renewed(stack: Stack) -> Callable[[], bool]:
    """Whether another api runs."""
    before = stack.containers()["api"]
    return lambda: stack.containers().get("api", before) != before


def written(stack: Stack) -> Callable[[], bool]:
    """Whether the release folder is written anew."""
    before = stack.workspace.release.stat().st_ino
    return lambda: stack.workspace.release.exists() and stack.workspace.release.stat().st_ino != before


def reading(_: Stack) -> Callable[[], bool]:
    """Whether a build reads files of an image."""
    before = readers()
    return lambda: not readers() <= before


@pytest.mark.parametrize("moment", ["reading", "baking"])
def test_the_engine_goes_away_in_a_build(stack: Stack, moment: str) -> None:
    stack.words(f"gone while {moment}")
    assert stack.command("sync").code == 0
    before, held = stack.containers(), readers()
    when = reading(stack) if moment == "reading" else baking(stack)
    clear(cut(stack, "build", when), stack)
    assert stack.containers() == before
    ran = stack.command("build")
    assert ran.code == 0, ran.err
    assert [tag for tag in stack.tags() if tag.endswith(("-unproved", "-base"))] == []
    assert left_readers(held) == set()


@pytest.mark.parametrize("moment", ["checking", "replacing", "waiting"])
def test_the_engine_goes_away_in_a_deployment(stack: Stack, moment: str) -> None:
    stack.words(f"gone while {moment}")
    stack.make()
    when = {
        "checking": written(stack),
        "replacing": lambda: bool(stack.renamed()),
        "waiting": renewed(stack),
    }[moment]
    ran = cut(stack, "deploy", when)
    again = stack.command("deploy")
    assert again.code == 0, again.err
    assert stack.comes_back(f"gone while {moment}")
    assert stack.renamed() == []
    assert stack.unfinished() == []
    clear(ran, stack)


def test_a_registry_that_never_answers_is_named_and_nothing_is_touched(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, live = stack.containers(), (stack.data / "releases" / "current").resolve()
    monkeypatch.setattr(engine.pull, "__kwdefaults__", {"patience": 2.0})
    with socket.create_server(("127.0.0.1", 0), backlog=50) as deaf:
        reference = f"127.0.0.1:{deaf.getsockname()[1]}/x/extra:1"
        stack.overlay(
            "extra",
            {"compose.yaml": f"services: {{extra: {{image: {reference}}}}}\n"},
            "compose: {files: [compose.yaml]}\n",
        )
        stack.make()
        with pytest.raises(DifyKitError, match=f"the image {reference} cannot be pulled: .* said nothing for 2 s"):
            deploy(stack.workspace, Silent())
    assert stack.containers() == before
    assert (stack.data / "releases" / "current").resolve() == live
    stack.overlay("extra", {"compose.yaml": "services: {}\n"}, "compose: {files: [compose.yaml]}\n")
    stack.make()
    assert stack.command("deploy").code == 0
