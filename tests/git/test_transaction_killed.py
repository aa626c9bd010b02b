"""A transaction killed before each of its steps, and who ends it killed too: all of it or nothing."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from difykit.core import transaction
from tests.support.killed import killed_at
from tests.support.transactions import OWNER, again, changes, clean, filled, finished, state, written


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return filled(tmp_path / "ws")


def test_killed_before_any_step_the_next_verb_gives_all_or_nothing(root: Path) -> None:
    before = state(root)
    written(root)
    after, seen = state(root), []
    for number in itertools.count():
        again(root)
        killed = killed_at(number, lambda: written(root))
        finished(root)
        assert state(root) in (before, after), number
        assert clean(root), number
        seen.append(state(root) == after)
        if not killed:
            break
    assert seen == sorted(seen)  # from one step on it is certain that all of it comes
    assert 30 < seen.index(True) < len(seen) - 30


def half_done(root: Path, steps: int) -> None:
    """A transaction that is written down, and was cut off so many steps later."""
    again(root)
    begun = transaction.begin(root, changes(root), OWNER)
    assert killed_at(steps, lambda: transaction.carry_out(begun))


@pytest.mark.parametrize("steps", [0, 9, 30])
def test_who_finishes_may_be_killed_before_any_step_too(root: Path, steps: int) -> None:
    written(root)
    after = state(root)
    for number in itertools.count():
        half_done(root, steps)
        killed = killed_at(number, lambda: finished(root))
        finished(root)
        assert state(root) == after, number
        assert clean(root), number
        if not killed:
            break
    assert number > 5


@pytest.mark.parametrize("steps", [0, 9, 30])
def test_who_takes_back_may_be_killed_before_any_step_too(root: Path, steps: int) -> None:
    before = state(root)

    def taken_back() -> None:
        begun = transaction.resume(root)
        assert begun
        transaction.end(transaction.take_back(begun))

    undecided = 0
    for number in itertools.count():
        half_done(root, steps)
        killed = killed_at(number, taken_back)
        begun = transaction.pending(root)
        if begun and not begun.back:
            undecided += 1
            continue
        finished(root)
        assert state(root) == before, number
        assert clean(root), number
        if not killed:
            break
    assert 0 < undecided < number - 5
