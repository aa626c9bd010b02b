"""Running programs: both streams, exit codes, and what is said when there is no such program."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from difykit.core import process
from difykit.core.errors import CommandFailed, MissingTool


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def test_run_returns_both_streams() -> None:
    done = process.run(python("import sys; print('out'); print('err', file=sys.stderr)"))
    assert (done.code, done.text, done.stderr) == (0, "out\n", b"err\n")


def test_run_hands_on_its_input() -> None:
    assert process.run(python("print(input())"), stdin=b"hello\n").text == "hello\n"


def test_a_failure_tells_the_command_the_code_and_the_last_lines() -> None:
    with pytest.raises(CommandFailed, match=r"failed with exit code 3:\nno luck") as caught:
        process.run(python("import sys; sys.exit((print('no luck', file=sys.stderr), 3)[1])"))
    assert caught.value.code == 3


def test_a_failure_is_returned_where_it_was_asked_for() -> None:
    assert process.run(python("raise SystemExit(4)"), check=False).code == 4


def test_a_missing_program_is_named() -> None:
    with pytest.raises(MissingTool, match="no-such-program is not installed"):
        process.run(["no-such-program"])


def test_a_missing_folder_is_not_taken_for_a_missing_program(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="gone"):
        process.run([sys.executable], cwd=tmp_path / "gone")


def test_no_answer_in_time_is_a_failure() -> None:
    with pytest.raises(CommandFailed, match="no answer within"):
        process.run(python("import time; time.sleep(60)"), timeout=0.1)


def test_stream_hands_on_lines_and_meters_and_keeps_all_in_the_log(tmp_path: Path) -> None:
    lines: list[str] = []
    code = "import sys; sys.stdout.write('one\\n\\n 10%\\r 20%\\rlast'); sys.stdout.flush()"
    assert process.stream(python(code), lines.append, log=tmp_path / "log") == 0
    assert lines == ["one", " 10%", " 20%", "last"]
    assert (tmp_path / "log").read_bytes() == b"one\n\n 10%\r 20%\rlast"


def test_a_carriage_return_begins_no_line_where_no_meters_are() -> None:
    lines: list[str] = []
    code = r"print('bad-1  | x\r  ok deployed\r\nend', end='')"
    process.stream([sys.executable, "-c", code], lines.append, meters=False)
    assert lines == ["bad-1  | x\r  ok deployed", "end"]


def test_a_line_without_an_end_is_handed_on_in_pieces() -> None:
    lines: list[str] = []
    process.stream([sys.executable, "-c", "print('x' * (3 << 20), end='')"], lines.append)
    assert "".join(lines) == "x" * (3 << 20)
    assert max(map(len, lines)) < 2 << 20


def test_stream_names_the_log_on_failure(tmp_path: Path) -> None:
    with pytest.raises(CommandFailed) as caught:
        process.stream(python("print('no'); raise SystemExit(1)"), lambda _: None, log=tmp_path / "log")
    assert caught.value.hint == f"the whole output is in {tmp_path / 'log'}"


def test_stream_survives_bytes_that_are_no_text() -> None:
    lines: list[str] = []
    process.stream(python(r"import sys; sys.stdout.buffer.write(b'\xff\n')"), lines.append)
    assert lines == ["\ufffd"]


def test_what_a_program_prints_is_read_as_it_comes() -> None:
    with process.reading(python("print('one'); print('two' * 100_000)")) as source:
        assert source.readline() == b"one\n"  # and the rest of it blocks nobody


def test_a_program_that_breaks_off_says_why_before_its_reader_does() -> None:
    code = "import sys; print('half'); sys.stdout.flush(); sys.exit('the disk is full')"

    def read() -> None:
        with process.reading(python(code)) as source:
            source.read()
            raise ValueError("only half of it came")

    with pytest.raises(CommandFailed, match="the disk is full"):
        read()
    with pytest.raises(ValueError, match="not its fault"), process.reading(python("import time; time.sleep(60)")):
        raise ValueError("not its fault")


def test_a_program_reads_what_is_written() -> None:
    code = "import sys; sys.exit(0 if sys.stdin.buffer.read() == b'x' * 300_000 else 'another text')"
    with process.feeding(python(code)) as write:
        for _ in range(3):
            write(b"x" * 100_000)
    with pytest.raises(CommandFailed, match="another text"), process.feeding(python(code)) as write:
        write(b"y")


def test_a_program_that_does_not_read_on_says_why() -> None:
    def feed() -> None:
        with process.feeding(python("import sys; sys.stdin.buffer.read(10); sys.exit('no more')")) as write:
            while True:
                write(b"x" * 100_000)

    with pytest.raises(CommandFailed, match="no more"):
        feed()
