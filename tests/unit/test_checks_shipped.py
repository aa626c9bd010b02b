"""`doctor`: secrets that the pinned release ships, known to difykit or not, and data without its `.env`."""

from __future__ import annotations

from pathlib import Path

import pytest

from difykit.checks.workspace.envfile import judge_env, judge_secrets, look_at_env, look_at_secrets
from difykit.checks.workspace.space import look_at_space
from tests.support.trees import Content, write_tree

COMPOSE = """\
services:
  api: {image: 'langgenius/dify-api:1.16.1', env_file: [./.env]}
  redis: {image: redis, command: 'redis-server --requirepass ${REDIS_PASSWORD:-public-one}'}
  vault: {image: vault, environment: {VAULT_TOKEN: '${VAULT_TOKEN:-known-to-all}'}}
  idle: {image: idle, profiles: [idle], environment: {IDLE_TOKEN: '${IDLE_TOKEN:-known-to-all}'}}
  local_sandbox: {image: s, environment: ['T=${DIFY_AGENT_SHELLCTL_AUTH_TOKEN:-}']}
"""
SOURCE: dict[str, Content] = {
    "difykit.yaml": "version: 1\nupstream: {ref: 1.16.1}\n",
    ".difykit/source/docker/.env.example": "DB_PASSWORD=difyai123456\nSECRET_KEY=\n",
    ".difykit/source/docker/docker-compose.yaml": COMPOSE,
    ".difykit/source/api/configs/__init__.py": "class A:\n    DB_PASSWORD: str\n",
}


@pytest.fixture(autouse=True)
def _no_git(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({}, ["VAULT_TOKEN (docker/docker-compose.yaml) is a secret by its name"]),
        ({".env": "VAULT_TOKEN=known-to-all\n"}, ["VAULT_TOKEN (docker/docker-compose.yaml) is a secret by its name"]),
        ({".env": "VAULT_TOKEN=mine\n"}, []),
        (
            {".env": "VAULT_TOKEN=mine\nCOMPOSE_PROFILES=idle\n"},
            ["IDLE_TOKEN (docker/docker-compose.yaml) is a secret by its name"],
        ),
        (
            {".env": "VAULT_TOKEN=mine\nSECRET_KEY=sk-9f73s3ljTXVcMT3Blb3ljTqtsKiGHXVcMT3BlbkFJLK7U\n"},
            ["SECRET_KEY is what an earlier Dify shipped for everyone"],
        ),
        (
            {".env": "VAULT_TOKEN=mine\n", "data/releases/current/.env": "DB_PASSWORD=mine\n"},
            ["what was deployed has an empty DIFY_AGENT_SHELLCTL_AUTH_TOKEN: local_sandbox then gives its shell"],
        ),
        (
            {
                ".env": "VAULT_TOKEN=mine\n",
                "data/releases/current/.env": "DIFY_AGENT_SHELLCTL_AUTH_TOKEN=mine\n",
            },
            [],
        ),
    ],
)
def test_secrets_that_everyone_knows_are_told_whether_difykit_has_heard_of_them_or_not(
    tmp_path: Path, files: dict[str, Content], told: list[str]
) -> None:
    write_tree(tmp_path, SOURCE | files)
    findings = judge_secrets(look_at_secrets(look_at_space(tmp_path)))
    warned = [finding for finding in findings if finding.severity.value == "warning"]
    assert [finding.text[: len(start)] for finding, start in zip(warned, told, strict=True)] == told
    assert "known-to-all" not in str(findings)
    assert bool(warned) or [finding.text for finding in findings] == ["none of Dify's public defaults is set"]


@pytest.mark.parametrize(
    ("files", "severity", "start"),
    [
        ({}, "ok", "no .env yet, the first deploy makes one"),
        ({"data/volumes/db/data/PG_VERSION": "15"}, "error", "there is no .env beside data that has been used, and"),
        (
            {"data/volumes/db/data/PG_VERSION": "15", "data/releases/current/.env": "DB_PASSWORD=mine\n"},
            "warning",
            "there is no .env beside data that has been used; the next render takes",
        ),
        ({"data/volumes/db/data/PG_VERSION": "15", ".env": "DB_PASSWORD=mine\n"}, "ok", ".env, mode"),
    ],
)
def test_data_without_its_env_is_told(tmp_path: Path, files: dict[str, Content], severity: str, start: str) -> None:
    write_tree(tmp_path, SOURCE | files)
    if ".env" in files:
        (tmp_path / ".env").chmod(0o600)
    finding = judge_env(look_at_env(look_at_space(tmp_path)))[0]
    assert (finding.severity.value, finding.text[: len(start)]) == (severity, start)
