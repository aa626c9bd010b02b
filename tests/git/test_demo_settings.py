"""The demo's own workspace has nothing wrong with it by difykit's own checks, before and after it was ever built."""

from __future__ import annotations

from pathlib import Path

import pytest

from difykit.demo.run import _workspace
from tests.support.cli import inv


@pytest.mark.parametrize("target", ["process", "compose"])
def test_no_check_of_ours_finds_fault_with_the_demo(tmp_path: Path, target: str) -> None:
    root = _workspace(tmp_path / "demo", target).root
    assert inv("sync", cwd=root).code == 0
    for words in (("env.check",), ("overlay.check",), ("patch.check",), ("render", "--check")):
        ran = inv(*words, cwd=root)
        assert ran.code == 0, ran.err
        assert "warn " not in ran.err
        assert "warning" not in ran.err
