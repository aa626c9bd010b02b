"""The demo without an engine: api, worker and web of the miniature Dify as processes."""

from __future__ import annotations

from pathlib import Path

import pytest

from difykit.core.errors import DifyKitError
from difykit.core.progress import Silent
from difykit.demo import run_demo


def test_the_demo_runs_as_processes_and_leaves_nothing(tmp_path: Path) -> None:
    outcome = run_demo(tmp_path / "ws", Silent(), target="process", keep=False)
    assert outcome.endpoint.strip() == '{"message":"Hello from custom API!"}'
    assert outcome.page == "Hello from a custom page!"
    assert outcome.button == "Sign in to our Dify"
    assert outcome.console == 401
    assert not (tmp_path / "ws").exists()


def test_an_unknown_target_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DifyKitError, match="there is no target swarm"):
        run_demo(tmp_path / "ws", Silent(), target="swarm", keep=False)
