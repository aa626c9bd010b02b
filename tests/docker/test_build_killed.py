"""A build that is killed: what runs is not touched, half an image is never taken for one, the next build finishes."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator

import pytest

from difykit import docker as engine
from difykit.workspace import state
from tests.support.fault_injection import WORDS, Stack, killed, left_readers, readers, started

pytestmark = [pytest.mark.docker, pytest.mark.kills]

KILLS = 10


@pytest.fixture
def stack(docker: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:  # noqa: ARG001 - the engine must be there
    one = Stack(tmp_path_factory.mktemp("killed") / "ws")
    try:
        one.run()
        yield one
    finally:
        one.remove()


def content(stack: Stack) -> tuple[str, str]:
    """The name of the api image that the last build made, and the module that is in it."""
    images = state.read_images(stack.workspace.derived)
    assert images
    api = next(one for one in images.images if one.name == "api")
    with engine.open_image(api.reference) as opened:
        module = opened.look("/app/api/controllers/hello.py")
    assert module
    return api.reference, module.content.decode()


def test_killed_at_ten_random_moments_the_next_build_finishes(stack: Stack) -> None:
    before, held, dice = stack.containers(), readers(), random.Random(4)
    stack.words("measured")
    assert stack.command("sync").code == 0
    begun = time.perf_counter()
    assert stack.command("build").code == 0
    length = time.perf_counter() - begun
    with stack.watched() as said:
        for number in range(KILLS):
            stack.words(f"words {number}")
            assert stack.command("sync").code == 0
            made = content(stack)
            killed(started("build", cwd=stack.folder), (number + dice.random()) / KILLS * length)
            assert content(stack)[1] in {made[1], stack.module.read_text()}
            if number % 3 == 2:  # also what is never built again must not stay behind
                stack.words(f"other words {number}")
                assert stack.command("sync").code == 0
            ran = stack.command("build")
            assert ran.code == 0, ran.err
            assert content(stack)[1] == stack.module.read_text()
    assert set(said) == {WORDS}
    assert stack.containers() == before
    assert [tag for tag in stack.tags() if tag.endswith(("-unproved", "-base"))] == []
    assert stack.unfinished() == []
    assert left_readers(held) == set()
    assert stack.command("deploy").code == 0
    assert stack.answer() == f"words {KILLS - 1}"
