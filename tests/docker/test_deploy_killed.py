"""A deployment that is killed: what runs comes back by itself, and the next deployment finishes."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator

import pytest

from tests.support.fault_injection import Stack, docker, killed, started

pytestmark = pytest.mark.docker

KILLS = 10


@pytest.fixture(scope="module")
def stack(docker: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:  # noqa: ARG001 - the engine must be there
    """One that answers; each test gives it words of its own first."""
    one = Stack(tmp_path_factory.mktemp("killed") / "ws")
    try:
        one.run()
        yield one
    finally:
        one.remove()


def answering(stack: Stack, words: str) -> None:
    """Let it answer these words."""
    stack.words(words)
    stack.make()
    ran = stack.command("deploy")
    assert ran.code == 0, ran.err


def move_api(stack: Stack) -> None:
    """Give api an address that it cannot have again when it starts anew: the engine hands out the lowest free one."""
    running = stack.containers()
    docker("stop", running["api"])
    (other,) = docker("run", "--detach", "--network", f"{stack.project}_default", "busybox", "sleep", "300")
    docker("start", running["api"])
    docker("rm", "--force", other)
    docker("exec", running["nginx"], "nginx", "-s", "reload")


def test_killed_between_a_new_address_and_the_gateway_it_answers_all_the_same(stack: Stack) -> None:
    answering(stack, "at its first address")
    move_api(stack)
    assert stack.comes_back("at its first address")
    before = stack.containers()["api"]
    stack.words("at another address")
    stack.make()
    child = started("deploy", cwd=stack.folder)
    while stack.containers().get("api", before) == before:
        time.sleep(0.05)
    killed(child)
    by_itself = stack.comes_back("at another address")
    assert stack.command("deploy").code == 0
    assert stack.answer() == "at another address"
    assert by_itself


@pytest.mark.kills
def test_killed_at_ten_random_moments_it_comes_back_and_the_next_deployment_finishes(stack: Stack) -> None:
    stack.sql("create table mine (words text); insert into mine values ('kept')")
    answering(stack, "plain")
    stack.words("measured")
    stack.make()
    begun = time.perf_counter()
    assert stack.command("deploy").code == 0
    length, dice, old = time.perf_counter() - begun, random.Random(4), {"measured"}
    for number in range(KILLS):
        new = f"words {number}"
        stack.words(new)
        if number % 4 == 3:  # the gateway too
            stack.overlay("size", {}, f"env: {{NGINX_CLIENT_MAX_BODY_SIZE: {number}0M}}\n")
        stack.make()
        before = stack.containers()
        with stack.watched() as said:
            killed(started("deploy", cwd=stack.folder), (number + dice.random()) / KILLS * length)
            stack.settle()
            assert stack.comes_back(*old, new), f"killed in tenth {number}"
        assert set(said) <= {*old, new, ""}
        assert "" not in said or stack.containers() != before
        assert stack.renamed() == []
        assert stack.sql("select words from mine") == "kept"
        old.add(new)
        if number % 2:  # else the next one is killed in what this kill left
            ran = stack.command("deploy")
            assert ran.code == 0, ran.err
            assert stack.answer() == new
            old = {new}
    assert stack.unfinished() == []


def test_a_broken_release_whose_deployment_was_killed_is_taken_back_by_the_next(stack: Stack) -> None:
    answering(stack, "right")
    right = (stack.data / "releases" / "current").resolve()
    stack.words("wrong", before="import no_such_module\n")
    stack.make()
    child = started("deploy", cwd=stack.folder)
    while (stack.data / "releases" / "current").resolve() == right:
        time.sleep(0.05)
    killed(child, after=1)
    ran = stack.command("deploy")
    assert ran.code == 1
    assert "no_such_module" in ran.err
    assert stack.comes_back("right")
    assert stack.crashes() == []
