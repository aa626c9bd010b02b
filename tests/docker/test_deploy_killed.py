"""A deployment that is killed: what runs comes back by itself, and the next deployment finishes."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Iterator

import pytest

from tests.support.cli import difykit
from tests.support.trouble import Stack, killed, started

pytestmark = pytest.mark.docker

KILLS = 10


@pytest.fixture(scope="module")
def stack(docker: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:  # noqa: ARG001 - the engine must be there
    one = Stack(tmp_path_factory.mktemp("killed") / "ws")
    try:
        one.run()
        yield one
    finally:
        one.remove()


def test_killed_at_ten_random_moments(stack: Stack) -> None:
    stack.sql("create table mine (words text); insert into mine values ('kept')")
    stack.words("measured")
    stack.make()
    begun = time.perf_counter()
    ran = difykit("deploy", cwd=stack.folder)
    assert ran.code == 0
    length = time.perf_counter() - begun
    print("length", length)
    dice, old = random.Random(4), "measured"
    for number in range(KILLS):
        new = f"words {number}"
        stack.words(new)
        if number % 4 == 3:
            stack.overlay("size", {}, f"env: {{NGINX_CLIENT_MAX_BODY_SIZE: {number}0M}}\n")
        stack.make()
        ids = stack.containers()
        moment = dice.uniform(0.05, 1) * length
        t0=time.time()
        with stack.watched() as said:
            hit = killed(started("deploy", cwd=stack.folder), moment)
            t1=time.time()
            got = stack.comes_back(old, new)
            t2=time.time()
            time.sleep(2)
            got2 = stack.comes_back(old, new)
        print(number, "moment %.2f hit %s came back %.1f %r %r" % (moment, hit, t2-t1, got, got2), "gaps", said.count(""), "of", len(said), "unfinished", stack.unfinished(), [n for n in stack.names() if re.search('[0-9a-f]{12}_', n)], flush=True)
        t3=time.time()
        ran = difykit("deploy", cwd=stack.folder)
        print('   deploy', ran.code, "%.1f" % (time.time()-t3), repr(stack.answer()), stack.unfinished(), [n for n in stack.names() if re.search('[0-9a-f]{12}_', n)], flush=True)
        if ran.code or stack.answer() != new: print(ran.err)
        stack.comes_back(new)
        old = new
    print(stack.sql("select words from mine"))
