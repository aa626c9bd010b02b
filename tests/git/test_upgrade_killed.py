"""An upgrade that is killed: at random moments of its whole length, and at random moments of its landing."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from difykit.porting.apply.status import read_status
from tests.support.cli import Ran, difykit
from tests.support.upgrades import LINES, Moving, patch_of, text, upstream_of

KILLS = {"": 20, "upgrade/journal.json": 8, "transaction": 12}
"""How often, by the file from whose appearance on the time is counted."""
MANY = 8


def filled(folder: Path) -> Moving:
    """A workspace in a repository, of which an upgrade to 1.1.0 changes about a dozen files."""
    old = {f"api/{number}.py": text() for number in range(MANY)} | {"web/x.ts": text(), "gone": "1\n"}
    new = {f"api/{number}.py": text(["head", *LINES]) for number in range(MANY)} | {"web/x.ts": text(l2="two")}
    made = Moving(folder / "ws", upstream_of(folder, ("1.0.0", old), ("1.1.0", {**new, "gone": "2\n"})))
    for number in range(MANY):
        made.patch(f"{number:04}-a.patch", patch_of({f"api/{number}.py": (text(), text(l5=f"mine {number}"))}))
    made.patch("9999-gone.patch", patch_of({"gone": ("1\n", "2\n")}))
    made.overlay("own", {"web/x.ts": text(l20="mine"), **{f"mine/{number}": "x\n" for number in range(MANY)}})
    made.sync()
    made.in_git()
    return made


def killed(made: Moving, verb: tuple[str, ...], after: float, *, once_there: Path | None = None) -> None:
    """Run a verb, and kill it and its gits after so many seconds: from its start, or from when a file is there."""
    child = subprocess.Popen(
        [sys.executable, "-m", "difykit", *verb],
        cwd=made.root,
        env=dict(os.environ),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    while once_there and not once_there.exists() and child.poll() is None:
        time.sleep(0.0005)
    time.sleep(after)
    if child.poll() is None:
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()


def run(made: Moving, *verb: str) -> Ran:
    return difykit(*verb, cwd=made.root)


def is_done(made: Moving) -> bool:
    """Whether an upgrade has landed whole, and nothing of it is under way."""
    return (
        read_status(made.here).state == "none"
        and made.home("rev-parse", "--abbrev-ref", "HEAD") == "difykit/upgrade-1.1.0"
    )


def back_to_main(made: Moving) -> None:
    made.home("switch", "--quiet", "main")
    made.home("branch", "--quiet", "-D", "difykit/upgrade-1.1.0")


@pytest.mark.parametrize(
    "mark", [*(pytest.param(mark, marks=pytest.mark.kills) for mark in ("", "transaction")), "upgrade/journal.json"]
)
def test_killed_then_aborted_is_as_before_and_killed_then_continued_it_finishes(tmp_path: Path, mark: str) -> None:
    made = filled(tmp_path)
    before, state = made.mine(), made.git_state()
    run(made, "upgrade.start", "--to", "1.1.0")  # which fetches, as the others will not
    back_to_main(made)
    started = time.perf_counter()
    assert run(made, "upgrade.start", "--to", "1.1.0").code == 0
    length = time.perf_counter() - started
    wanted = made.mine()
    assert made.home("status", "--porcelain") == ""
    back_to_main(made)
    assert (made.mine(), made.git_state()) == (before, state)
    there = made.root / ".difykit" / mark if mark else None
    dice = random.Random(11)
    longest = {"": length, "upgrade/journal.json": length / 2, "transaction": length / 8}[mark]
    moments = [0.0, *(dice.uniform(0, longest) for _ in range(KILLS[mark] - 1))]
    for moment in moments:
        killed(made, ("upgrade.start", "--to", "1.1.0"), moment, once_there=there)
        if is_done(made):
            back_to_main(made)
            continue
        ran = run(made, "upgrade.abort")
        assert ran.code == 0 or "no upgrade is under way" in ran.err, ran.err
        assert (made.mine(), made.git_state()) == (before, state)
    finished = 0
    for moment in moments[::3]:
        killed(made, ("upgrade.start", "--to", "1.1.0"), moment, once_there=there)
        if not is_done(made):
            ran = run(made, "upgrade.continue")
            finished += ran.code == 0
            if "no upgrade is under way" in ran.err:  # it was killed before it began
                ran = run(made, "upgrade.start", "--to", "1.1.0")
            assert ran.code == 0, ran.err
        assert made.mine() == wanted
        assert made.home("status", "--porcelain") == ""
        back_to_main(made)
    assert finished or not mark
    made.start("1.1.0")
    made.ref = "1.1.0"
    made.sync(locked=True)


def test_an_abort_and_a_continue_that_are_killed_can_be_run_again(tmp_path: Path) -> None:
    made = filled(tmp_path)
    before, state = made.mine(), made.git_state()
    landing = made.root / ".difykit/transaction"
    dice = random.Random(5)
    for _ in range(4):
        killed(made, ("upgrade.start", "--to", "1.1.0"), dice.uniform(0, 0.05), once_there=landing)
        if is_done(made):
            back_to_main(made)
            continue
        killed(made, ("upgrade.continue",), dice.uniform(0.2, 0.6))
        killed(made, ("upgrade.abort",), dice.uniform(0.2, 0.6))
        run(made, "upgrade.abort")
        if is_done(made):
            back_to_main(made)
        assert made.mine() == before
        assert made.git_state() == state
