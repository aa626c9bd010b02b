"""The record of a slow machine is that of a fast one: the lines that a step has by its length are not in it."""

from __future__ import annotations

import contextlib
import io
import re
import time
from itertools import count

import pytest

from difykit.cli.screen import Screen
from tests.support.record import without_slow_steps


@pytest.mark.parametrize("text", ["move the work tree", "fetch Dify 1.16.1 from file:///srv/dify.git", "again: 3 s"])
def test_a_long_step_is_recorded_as_a_short_one(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    assert re.search(r": \d+ s$", _said(monkeypatch, text, 11), re.MULTILINE)
    assert without_slow_steps(_said(monkeypatch, text, 11)) == _said(monkeypatch, text, 0)


@pytest.mark.parametrize(
    "text",
    [
        "  ok move the work tree: 11 s\nstep move the work tree\n",  # not what that step said
        "step build\n  ok wait: 11 s\n",
        "step build\n  ok build\n",
        "step build\nwarn build: 11 s\n",
        "step build\n  ok build: 11 s and more\n",
    ],
)
def test_every_other_line_stays(text: str) -> None:
    assert without_slow_steps(text) == text


def _said(monkeypatch: pytest.MonkeyPatch, text: str, seconds: int) -> str:
    ticks = count(0, seconds)
    with monkeypatch.context() as patch, contextlib.redirect_stderr(io.StringIO()) as err:
        patch.setattr(time, "monotonic", lambda: next(ticks))
        screen = Screen()
        with screen.step(text):
            screen.skip("as before")
    return err.getvalue()
