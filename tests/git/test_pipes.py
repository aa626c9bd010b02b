"""A FIFO that another program writes into, and what the shell has opened."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from difykit.core import fifos
from difykit.core.errors import Unreadable


def test_a_fifo_that_says_too_much_is_not_read_on(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with subprocess.Popen(["sh", "-c", f"exec cat /dev/zero > {tmp_path}/pipe"], stderr=subprocess.DEVNULL) as writer:
        with pytest.raises(Unreadable, match="no more than"):
            fifos.read_argument(tmp_path / "pipe", limit=1 << 20)
        writer.wait(10)


def test_a_fifo_whose_writer_stays_silent_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fifos, "_SILENT", 0.3)
    os.mkfifo(tmp_path / "pipe")
    with subprocess.Popen(["sh", "-c", f"exec sleep 60 > {tmp_path}/pipe"]) as writer:
        with pytest.raises(Unreadable, match="did not come to its end"):
            fifos.read_argument(tmp_path / "pipe")
        writer.kill()


@pytest.mark.parametrize("shell", ["bash -c 'difykit <(printf x)'", "printf x |"])
def test_what_the_shell_has_opened_is_read(shell: str) -> None:
    program = "import sys; from pathlib import Path; from difykit.core import fifos as pipes; "
    program += "sys.stdout.buffer.write(pipes.read_argument(Path(sys.argv[1])))"
    if shell.startswith("bash"):
        argv = ["bash", "-c", '"$0" -c "$1" <(printf "x%.0s" {1..70000})', sys.executable, program]
    else:
        argv = ["bash", "-c", 'printf "x%.0s" {1..70000} | "$0" -c "$1" /dev/stdin', sys.executable, program]
    done = subprocess.run(argv, capture_output=True, timeout=20, check=True)
    assert done.stdout == b"x" * 70000


@pytest.mark.parametrize("text", ["true", "sleep 0.2; printf x", "printf x; sleep 0.2"])
def test_a_process_of_the_shell_may_be_late_or_say_nothing(text: str) -> None:
    program = "import sys; from pathlib import Path; from difykit.core import fifos as pipes; "
    program += "sys.stdout.buffer.write(pipes.read_argument(Path(sys.argv[1])))"
    argv = ["bash", "-c", f'"$0" -c "$1" <({text})', sys.executable, program]
    done = subprocess.run(argv, capture_output=True, timeout=20, check=True)
    assert done.stdout == (b"x" if "x" in text else b"")


def test_who_is_waited_for_is_said_once(tmp_path: Path) -> None:
    heard: list[str] = []
    fifos.listen(heard.append)
    os.mkfifo(tmp_path / ".env")
    with subprocess.Popen(["sh", "-c", f"exec >{tmp_path}/.env; sleep 1.5; echo A=1"]):
        assert fifos.read_env(tmp_path / ".env") == b"A=1\n"
    assert heard == [f"{tmp_path}/.env is a FIFO (a named pipe): waiting for the program that writes into it"]
