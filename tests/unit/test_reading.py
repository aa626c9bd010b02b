"""What is opened is asked first what it is: nothing hangs, nothing without an end is read, and what it is is said."""

from __future__ import annotations

import errno
import json
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from difykit.core import fifos, files
from difykit.core.errors import DifyKitError, IsFolder, NotThere, Unreadable
from tests.support.odd_files import KINDS, put

READERS: dict[str, Callable[[Path], object]] = {
    "bytes": files.read_bytes,
    "text": files.read_text,
    "json": files.read_json,
    "if there": files.read_bytes_if_there,
    "chunks": lambda path: list(files.chunks(path, limit=files.TREE)),
    "argument": fifos.read_argument,
}


@pytest.fixture(autouse=True)
def short_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A FIFO that nobody opens is waited for a moment only."""
    monkeypatch.setattr(fifos, "_UNOPENED", 0.3)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("reader", READERS)
def test_what_is_no_file_is_refused_and_said(tmp_path: Path, reader: str, kind: str) -> None:
    path = tmp_path / "folder" / "file"
    put(path, kind)
    with pytest.raises(Unreadable) as caught:
        READERS[reader](path)
    assert KINDS[kind] in caught.value.message
    assert str(path) in caught.value.message
    assert caught.value.hint
    assert isinstance(caught.value, DifyKitError)
    assert isinstance(caught.value, OSError)


@pytest.mark.parametrize("name", ["x" * 300, "a\0b"])
def test_a_name_that_no_file_can_have_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(Unreadable, match="name"):
        files.read_bytes(tmp_path / name)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    (tmp_path / "file").chmod(0)
    with pytest.raises(Unreadable, match="Permission denied"):
        files.read_bytes(tmp_path / "file")


def test_what_is_not_there_is_no_file_as_python_says_it(tmp_path: Path) -> None:
    with pytest.raises(NotThere, match="No such file"):
        files.read_bytes(tmp_path / "file")
    with pytest.raises(FileNotFoundError):
        files.read_bytes(tmp_path / "file")
    assert files.read_bytes_if_there(tmp_path / "file") is None


def test_a_folder_is_one_as_python_says_it(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError) as caught:
        files.read_bytes(tmp_path)
    assert isinstance(caught.value, IsFolder)
    assert caught.value.errno == errno.EISDIR


@pytest.mark.parametrize("size", [0, 1, 99, 100])
def test_a_file_up_to_the_limit_is_read_whole(tmp_path: Path, size: int) -> None:
    (tmp_path / "file").write_bytes(b"x" * size)
    assert files.read_bytes(tmp_path / "file", limit=100) == b"x" * size


def test_a_file_above_the_limit_is_refused_before_it_is_read(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x" * 101)
    with pytest.raises(Unreadable, match="it has 101 bytes, and no more than 100 bytes are read"):
        files.read_bytes(tmp_path / "file", limit=100)


def test_a_file_that_says_no_size_is_read_to_the_limit_only() -> None:
    assert files.read_bytes(Path("/proc/self/status")).startswith(b"Name:")
    with pytest.raises(Unreadable, match="no more than 10 bytes"):
        files.read_bytes(Path("/proc/self/status"), limit=10)


def test_a_link_to_a_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    (tmp_path / "link").symlink_to("file")
    assert files.read_text(tmp_path / "link") == "x"


def test_text_has_line_feeds_and_names_the_line_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"a\r\nb\rc\n")
    assert files.read_text(tmp_path / "file") == "a\nb\nc\n"
    (tmp_path / "file").write_bytes(b"a\nb\xff\n")
    with pytest.raises(Unreadable, match="line 2 is not UTF-8 text"):
        files.read_text(tmp_path / "file")
    assert files.read_text(tmp_path / "file", errors="replace") == "a\nb\ufffd\n"


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, "\ud800x", "nul"])
def test_what_is_not_json_is_said_to_be_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "file").write_bytes(text.encode("utf-8", "surrogatepass"))
    with pytest.raises(Unreadable, match="it is not JSON"):
        files.read_json(tmp_path / "file")


@pytest.mark.parametrize("kind", ["fifo", "socket", "zero"])
def test_nothing_is_written_over_what_is_no_file(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "folder" / "file"
    put(path, kind)
    before = path.lstat()
    with pytest.raises(Unreadable):
        files.write(path, "text")
    with pytest.raises(Unreadable):
        files.append(path, "text")
    assert path.lstat().st_ino == before.st_ino
    assert list(path.parent.iterdir()) == [path]


def test_lines_are_put_at_the_end_of_a_file_that_is_made_if_need_be(tmp_path: Path) -> None:
    files.append(tmp_path / "log", "a\n")
    files.append(tmp_path / "log", "b\n")
    assert (tmp_path / "log").read_text() == "a\nb\n"
    assert files.tail(tmp_path / "log", 1) == ["b"]


def test_files_are_compared_by_what_they_hold(tmp_path: Path) -> None:
    for name, text in (("a", "same"), ("b", "same"), ("c", "else"), ("d", "longer")):
        (tmp_path / name).write_text(text)
    assert [files.same(tmp_path / "a", tmp_path / name) for name in "bcd"] == [True, False, False]


# FIFOs that a user means


def feed(path: Path, content: bytes, *, after: float = 0) -> threading.Thread:
    """A program that writes into a FIFO once, and ends."""

    def write() -> None:
        time.sleep(after)
        with path.open("wb") as pipe:
            pipe.write(content)

    thread = threading.Thread(target=write, daemon=True)
    thread.start()
    return thread


@pytest.mark.parametrize("content", [b"", b"A=1\n", b"A=1\n" * 100_000], ids=["nothing", "a line", "many"])
def test_a_fifo_on_the_command_line_is_read_to_its_end(tmp_path: Path, content: bytes) -> None:
    os.mkfifo(tmp_path / "pipe")
    writer = feed(tmp_path / "pipe", content)
    assert fifos.read_argument(tmp_path / "pipe") == content
    writer.join(10)


def test_an_env_fifo_is_read_once_and_remembered(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    os.mkfifo(path)
    assert fifos.peek_env(path) == b""
    feed(path, b"A=1\n").join(0)
    assert fifos.read_env(path) == b"A=1\n"
    assert fifos.read_env(path) == b"A=1\n"
    assert fifos.peek_env(path) == b"A=1\n"


def test_an_env_fifo_without_a_writer_is_waited_for_once_in_all(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / ".env")
    errors = []
    for _ in range(3):
        with pytest.raises(Unreadable, match="no program writes into it") as caught:
            fifos.read_env(tmp_path / ".env")
        errors.append(caught.value)
    assert len({id(error) for error in errors}) == 1


def test_an_env_file_is_read_anew_each_time(tmp_path: Path) -> None:
    assert fifos.read_env(tmp_path / ".env") is None
    (tmp_path / ".env").write_text("A=1\n")
    assert fifos.read_env(tmp_path / ".env") == b"A=1\n"
    (tmp_path / ".env").write_text("A=2\n")
    assert fifos.read_env(tmp_path / ".env") == b"A=2\n"


def test_a_link_to_an_env_file_that_is_to_be_made_is_none_yet(tmp_path: Path) -> None:
    (tmp_path / ".env").symlink_to("real.env")
    assert fifos.read_env(tmp_path / ".env") is None
    (tmp_path / ".env").unlink()
    (tmp_path / ".env").symlink_to("no/such/folder/real.env")
    with pytest.raises(Unreadable, match="which is not there"):
        fifos.read_env(tmp_path / ".env")


def test_a_fifo_keeps_nothing(tmp_path: Path) -> None:
    fifos.check_keeps(tmp_path / ".env", "A")
    (tmp_path / ".env").write_text("")
    fifos.check_keeps(tmp_path / ".env", "A")
    put(tmp_path / ".env", "fifo")
    with pytest.raises(Unreadable, match="which keeps nothing, and A must be kept in it; nothing was changed"):
        fifos.check_keeps(tmp_path / ".env", "A")


@pytest.mark.parametrize("kind", KINDS)
def test_the_peek_of_the_error_boundary_never_fails_or_waits(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "folder" / ".env"
    put(path, kind)
    assert fifos.peek_env(path) == b""


def test_json_is_read(tmp_path: Path) -> None:
    (tmp_path / "file").write_text(json.dumps({"a": 1}))
    assert files.read_json(tmp_path / "file") == {"a": 1}
