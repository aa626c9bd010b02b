"""Plain lines for pipes and CI; and one boundary that turns errors into messages and exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from difykit.cli.screen import Screen, boundary, document, result, table
from difykit.core.errors import CommandFailed, ConfigError, DifyKitError, DirtyTree, Problem
from tests.support.reports import leave


def test_words_stand_before_texts_on_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    screen = Screen()
    screen.ok("done")
    screen.skip("nothing to do")
    screen.warn("look")
    screen.hint("next")
    streams = capsys.readouterr()
    assert streams.out == ""
    assert streams.err == "  ok done\nskip nothing to do\nwarn look\nhint next\n"


def test_a_step_is_one_plain_line_in_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    screen = Screen()
    with screen.step("fetch Dify"):
        screen.line("Receiving objects:  50% (1/2)")
        screen.line("remote: a word")
    assert capsys.readouterr().err == "step fetch Dify\n      remote: a word\n"


def test_brackets_are_not_taken_for_markup(capsys: pytest.CaptureFixture[str]) -> None:
    screen = Screen()
    with screen.step("web/app/[locale]/page.tsx [bold]"):
        screen.line("[/red] [x]")
    screen.ok("[red]x[/red]")
    assert capsys.readouterr().err == "step web/app/[locale]/page.tsx [bold]\n      [/red] [x]\n  ok [red]x[/red]\n"


def test_long_lines_are_not_cut_in_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    Screen().ok("x" * 500)
    assert capsys.readouterr().err == "  ok " + "x" * 500 + "\n"


def test_a_result_ends_with_one_line_end(capsys: pytest.CaptureFixture[str]) -> None:
    result("text\n")
    assert capsys.readouterr().out == "text\n"


def test_a_document_is_one_line_of_json(capsys: pytest.CaptureFixture[str]) -> None:
    document({"text": "ä\nb", "list": [1]})
    streams = capsys.readouterr()
    assert streams.out.count("\n") == 1
    assert json.loads(streams.out) == {"text": "ä\nb", "list": [1]}


def test_columns_are_as_wide_as_their_widest_cell() -> None:
    assert table(("a", "b"), [("long", "x"), ("y", "")]) == "a     b\nlong  x\ny"


def test_a_message_shows_no_secret_of_the_workspace(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / ".env").write_text("DB_PASSWORD=a-canary-that-sings\nSANDBOX_API_KEY=dify-sandbox\n")
    said = "postgresql://postgres:a-canary-that-sings@db/dify does not answer; image langgenius/dify-sandbox"
    with pytest.raises(SystemExit), boundary(lambda: tmp_path):
        raise DifyKitError(said, hint="look at a-canary-that-sings")
    shown = capsys.readouterr().err
    assert "canary" not in shown
    assert "langgenius/dify-sandbox" in shown


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (DifyKitError("x"), 1),
        (DirtyTree("x"), 1),
        (CommandFailed(["git"], 128, "x"), 1),
        (ConfigError([Problem("a", 1, "x")]), 2),
        (PermissionError(13, "Permission denied", "a"), 1),
        (RuntimeError("x"), 3),
        (RecursionError("x"), 3),
        (KeyboardInterrupt(), 130),
    ],
)
def test_each_failure_has_its_exit_code(error: BaseException, code: int) -> None:
    assert leave(error) == code


def test_what_happened_and_the_way_out_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    leave(DifyKitError("it broke", hint="mend it"))
    assert capsys.readouterr().err == "fail it broke\nhint mend it\n"


def test_every_problem_of_a_file_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    leave(ConfigError([Problem("a.yaml", 3, "is odd"), Problem("b.yaml", 0, "is even")]))
    assert capsys.readouterr().err == "fail a.yaml:3: is odd\nb.yaml: is even\n"


def test_an_error_of_the_system_names_the_file(capsys: pytest.CaptureFixture[str]) -> None:
    leave(PermissionError(13, "Permission denied", "/srv/x"))
    assert capsys.readouterr().err.startswith("fail /srv/x: Permission denied\nhint ")


def test_a_report_that_cannot_be_written_does_not_hide_the_bug(tmp_path: Path) -> None:
    (tmp_path / ".difykit").write_text("in the way")
    assert leave(RuntimeError("odd"), tmp_path) == 3
