"""An error raised in the boundary, and the report that it leaves."""

from __future__ import annotations

from pathlib import Path

import pytest

from difykit.cli.screen import boundary


def leave(error: BaseException, root: Path | None = None) -> int:
    """Raise `error` in a boundary, in the workspace `root`, and give the exit code."""
    with pytest.raises(SystemExit) as caught, boundary(lambda: root):
        raise error
    assert isinstance(caught.value.code, int)
    return caught.value.code


def report_file(root: Path) -> Path:
    """The one report of a workspace."""
    (path,) = (root / ".difykit/logs").glob("crash-*.txt")
    return path


def report(root: Path) -> str:
    """What it says."""
    return report_file(root).read_text()
