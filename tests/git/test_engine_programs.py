"""What the engine is asked by its own program."""

from __future__ import annotations

from pathlib import Path

import pytest

from difykit import docker
from difykit.core.errors import MissingTool


@pytest.mark.parametrize(("version", "message"), [("2.20.2", "`docker compose` is 2.20.2, and difykit needs 2.24.4")])
def test_an_old_compose_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, version: str, message: str) -> None:
    program = tmp_path / "docker"
    program.write_text(f"#!/bin/sh\necho {version}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingTool, match=message) as error:
        docker.need_compose()
    assert "docker-compose-plugin" in error.value.hint
