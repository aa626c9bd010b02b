"""What the screen shows where standard error is a terminal."""

from __future__ import annotations

import os
import pty
import subprocess
import sys

import pytest

SHOW = """
from difykit.cli.screen import Screen
screen = Screen()
with screen.step("work"):
    screen.line("a line")
screen.ok("done")
"""


def on_a_terminal(**env: str) -> str:
    """What a person would get: standard error is a terminal."""
    here, there = pty.openpty()
    subprocess.run([sys.executable, "-c", SHOW], stderr=there, env={**os.environ, "TERM": "xterm", **env}, check=True)
    os.close(there)
    said = b""
    try:
        while chunk := os.read(here, 65536):
            said += chunk
    except OSError:  # the other end is closed
        pass
    os.close(here)
    return said.decode().replace("\r\n", "\n")


def test_a_terminal_gets_a_live_line() -> None:
    assert "\x1b[" in on_a_terminal()


@pytest.mark.parametrize("variable", ["CI", "NO_COLOR"])
def test_plain_lines_are_given_where_they_are_asked_for(variable: str) -> None:
    assert on_a_terminal(**{variable: "1"}) == "step work\n      a line\n  ok done\n"
