"""Text of others on a terminal: shown, never obeyed; and tables that stay tables."""

from __future__ import annotations

import json
import re

import pytest

from difykit.cli.screen import Screen, document, program_said, result, table
from difykit.core.errors import visible
from difykit.core.terminal import Lines, coloured_line, plain, program_line

# What it is, the characters, how they are shown.
ODD = [
    ("escape", "\x1b[31m", "\\x1b[31m"),
    ("clipboard", "\x1b]52;c;aGk=\x07", "\\x1b]52;c;aGk=\\x07"),
    ("link", "\x1b]8;;http://x\x1b\\", "\\x1b]8;;http://x\\x1b\\"),
    ("bell", "\x07", "\\x07"),
    ("carriage return", "\r", "\\r"),
    ("line feed", "\n", "\\n"),
    ("tab", "\t", "\\t"),
    ("backspace", "\x08", "\\x08"),
    ("nul", "\0", "\\x00"),
    ("vertical tab", "\x0b", "\\x0b"),
    ("delete", "\x7f", "\\x7f"),
    ("next line", "\x85", "\\x85"),
    ("c1 csi", "\x9b2J", "\\x9b2J"),
    ("c1 osc", "\x9d0;x\x9c", "\\x9d0;x\\x9c"),
    ("right to left", "\u202e", "\\u202e"),
    ("isolate", "\u2066", "\\u2066"),
    ("mark", "\u200f", "\\u200f"),
    ("no width", "\u200b", "\\u200b"),
    ("joiner", "\u200d", "\\u200d"),
    ("byte order mark", "\ufeff", "\\ufeff"),
    ("line separator", "\u2028", "\\u2028"),
    ("paragraph separator", "\u2029", "\\u2029"),
    ("surrogate", "\udcff", "\\udcff"),
    ("tag", "\U000e0041", "\\U000e0041"),
    ("soft hyphen", "\xad", "\\xad"),
    ("filler", "\u3164", "\\u3164"),
]
ALLOWED = ["plain", "ä ö", "定制的 Dify", "中文\u3000空格", "👍", "e\u0301", "a\u00a0b", "→ ·"]
RAW = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")


@pytest.mark.parametrize(("text", "shown"), [row[1:] for row in ODD], ids=[row[0] for row in ODD])
def test_nothing_that_can_be_obeyed_is_left(text: str, shown: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert plain(f"a{text}b") == f"a{shown}b"
    screen = Screen()
    screen.ok(f"a{text}b")
    screen.command(["git", f"a{text}b"])
    with screen.step(f"a{text}b"):
        screen.line(f"a{text}b")
    result(f"a{text}b")
    result(Lines([f"a{text}b", "own"]))
    result(table(("H", "I"), [(f"a{text}b", "x")]))
    program_said(f"a{text}b")
    streams = capsys.readouterr()
    assert not RAW.search(streams.out + streams.err)
    document({f"k{text}": f"a{text}b"})
    said = capsys.readouterr().out
    assert not RAW.search(said)
    assert said.count("\n") == 1
    # A byte that is not UTF-8, which Python keeps as half a character, is spelled out: other readers refuse a half.
    assert json.loads(said) == {f"k{visible(text)}": f"a{visible(text)}b"}


@pytest.mark.parametrize("text", ALLOWED)
def test_what_people_write_stays(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert plain(text) == text
    document({"a": text})
    assert text in capsys.readouterr().out


def test_a_value_cannot_begin_a_line_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    forged = "x\n  ok forged\nfail forged"
    Screen().warn(forged)
    result(forged)
    result(Lines(["head", forged]))
    result(table(("A", "B"), [(forged, "y")]))
    streams = capsys.readouterr()
    assert streams.err == "warn x\n     ok forged\n     fail forged\n"
    assert [line for line in streams.out.splitlines() if line.lstrip().startswith(("ok", "fail"))] == []


def test_a_cell_is_one_line_as_wide_as_a_terminal_shows_it() -> None:
    rows = [("中文", "x"), ("e\u0301e", "y"), ("a\nb\tc", "z"), ("👍", "w")]
    assert table(("name", "b"), rows).split("\n") == [
        "name     b",
        "中文     x",
        "e\u0301e       y",
        "a\\nb\\tc  z",
        "👍       w",
    ]


def test_a_cell_has_an_end() -> None:
    line = table(("a", "b"), [("x" * 100_000, "y")]).split("\n")[1]
    assert len(line) < 1000
    assert line.endswith("…  y")


def test_a_program_s_line_loses_its_colours_and_movements() -> None:
    assert program_line("\x1b[32mgreen\x1b[0m \x1b[2K\x1b[1Atext\tx") == "green text  x"


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("\x1b[1;32mok\x1b[0m x", "\x1b[1;32mok\x1b[0m x\x1b[m"),
        ("\x1b[8mhidden", "hidden"),
        ("\x1b[38;5;8mgrey", "\x1b[38;5;8mgrey\x1b[m"),
        ("\x1b[2Jx\x1b]0;t\x07", "x\\x1b]0;t\\x07"),
        ("plain", "plain"),
        ("\x1b[" + "3" * 5000, "\\x1b[" + "3" * 5000),
    ],
)
def test_colours_of_a_program_end_with_its_line(said: str, shown: str) -> None:
    assert coloured_line(said) == shown


def test_lines_within_lines_stay_lines() -> None:
    assert Lines([Lines(["a", "b\nc"]), "d\ne"]) == "a\nb\\nc\nd\\ne"
