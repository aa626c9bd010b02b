"""What the boundary says of an error, in the words of who started it, and what it writes down for a report."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path

import pytest

from difykit.cli.screen import boundary
from difykit.core import failure
from difykit.core.errors import DifyKitError


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (OSError(errno.ENOSPC, "x", "/a"), "/a: there is no space left on the disk"),
        (OSError(errno.EDQUOT, "x", "/a"), "/a: your disk quota is used up"),
        (OSError(errno.EROFS, "x", "/a"), "/a: the file system is read-only"),
        (OSError(errno.ELOOP, "x", "/a"), "/a: a link there leads in a circle"),
        (OSError(errno.EIO, "x", "/a"), "/a: the disk or its file system reports an error"),
        (OSError(errno.ENAMETOOLONG, "x", "/a"), "/a: the name is longer than the file system allows"),
        (OSError(errno.EMFILE, "x"), "too many files are open"),
        (OSError(errno.EXDEV, "Invalid cross-device link", "/a", None, "/b"), "/a -> /b: Invalid cross-device link"),
        (shutil.Error([("/a", "/b", "why")]), "[('/a', '/b', 'why')]"),
        (MemoryError(), "there is not enough memory for this"),
        (RuntimeError("Symlink loop from '/a'"), "/a: a link there leads in a circle"),
        (UnicodeEncodeError("ascii", "ü", 0, 1, "x"), "has no '\\xfc'"),
        (ModuleNotFoundError("No module named 'x'", name="x"), "x is missing or broken"),
    ],
)
def test_what_python_raises_is_told_in_a_user_s_words(
    error: Exception, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught, boundary(lambda: None):
        raise error
    assert caught.value.code == 1
    said = capsys.readouterr().err
    assert message in said.splitlines()[0]
    assert said.splitlines()[1].startswith("hint ")


@pytest.mark.parametrize(
    "error", [ValueError("x"), KeyError("x"), ImportError("x", name="difykit.gone"), RuntimeError("x")]
)
def test_what_only_a_bug_raises_is_one(error: Exception) -> None:
    assert failure.explain(error) is None


@pytest.mark.parametrize("kind", ["file", "circle", "fifo"])
def test_a_report_that_cannot_be_written_hides_nothing(
    tmp_path: Path, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    place = tmp_path / ".difykit"
    if kind == "circle":
        place.symlink_to(place.name)
    elif kind == "fifo":
        os.mkfifo(place)
    else:
        place.touch()
    with pytest.raises(SystemExit) as caught, boundary(lambda: tmp_path):
        raise ValueError("odd")
    assert caught.value.code == 3
    assert "this is a bug in difykit: ValueError: odd\nhint please report it\n" in capsys.readouterr().err


def test_a_folder_that_cannot_be_found_hides_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    def gone() -> Path:
        raise FileNotFoundError(2, "gone")

    with pytest.raises(SystemExit) as caught, boundary(gone):
        raise DifyKitError("it broke")
    assert caught.value.code == 1
    assert capsys.readouterr().err == "fail it broke\n"
