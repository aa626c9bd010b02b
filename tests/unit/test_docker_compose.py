"""Compose's command line, its environment and its answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from difykit import docker
from difykit.core.errors import MissingTool
from difykit.docker.tools import _older


def test_the_callers_variables_stay_out() -> None:
    kept = {"PATH": "/bin", "HOME": "/h", "DOCKER_HOST": "x", "XDG_RUNTIME_DIR": "/run", "SSH_AUTH_SOCK": "/s"}
    shell = {**kept, "DB_PASSWORD": "x", "HTTP_PROXY": "x", "COMPOSE_PROFILES": "x", "COMPOSE_FILE": "x"}
    assert docker.compose_env(shell) == kept


def test_a_folder_is_worked_on_from_anywhere(tmp_path: Path) -> None:
    assert "--file" not in docker.compose_argv(tmp_path, "dify", "down")
    (tmp_path / "compose.yaml").touch()
    argv = docker.compose_argv(tmp_path, "dify", "up", "-d")
    assert argv[argv.index("--file") + 1] == str(tmp_path / "compose.yaml")
    assert argv[-4:] == ["--project-name", "dify", "up", "-d"]


@pytest.mark.parametrize(
    ("text", "older"),
    [
        ("2.24.3", True),
        ("2.24.4", False),
        ("2.26.1-4", False),
        ("v2.3.3", True),
        ("dev", False),
        ("5.0.0-desktop.1", False),
    ],
)
def test_versions(text: str, older: bool) -> None:
    assert _older(text, (2, 24, 4)) is older


def test_without_docker_the_reason_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert docker.available() == "docker is not installed"
    with pytest.raises(MissingTool, match="no Docker engine: docker is not installed"):
        docker.need_engine()
    with pytest.raises(MissingTool, match="`docker compose` is not installed"):
        docker.need_compose()
