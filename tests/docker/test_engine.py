"""The engine's own answers: ignore rules against BuildKit, Compose's life cycle."""

from __future__ import annotations

import io
import subprocess
import tarfile
import uuid
from pathlib import Path

import pytest

from difykit import docker
from difykit.core.errors import CommandFailed
from difykit.images.definition import ignore

pytestmark = [pytest.mark.docker, pytest.mark.usefixtures("docker")]

FILES = (
    "a.py",
    ".env",
    "core/.env",
    "core/.env.local",
    "logs/deep/x",
    "core/logs/x",
    "app/(g)/page.tsx",
    "app/[id]/page.tsx",
    "app/i/page.tsx",
    "keep/me/no",
    "keep/me/yes",
    "x.log.1",
    "sub/x.log",
    "node_modules/a/b",
    "web/node_modules/a/b",
    "packages/a/package.json",
    "packages/a/b/index.ts",
)
RULES = (
    ".env\n*.log*\nlogs\n",
    "**/.env*\n**/node_modules/\n/logs/\n",
    "*\n!keep/\n!app/**\nkeep/me/no\n",
    "**\n!packages/**/package.json\n!core/*\n",
    "app/[id]\napp/(g)\nkeep/*/n?\n",
    "**/x*\n!**/x.log\n",
    "# .env\n\n  .env  \n./core/../core/logs\n",
)


@pytest.mark.parametrize("rules", RULES)
def test_ignore_rules_mean_what_buildkit_means(tmp_path: Path, rules: str) -> None:
    for name in FILES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "Dockerfile").write_text("FROM scratch\nCOPY . /\n")
    (tmp_path / "Dockerfile.dockerignore").write_text(rules)
    argv = ["docker", "buildx", "build", "--quiet", "--output", "type=tar,dest=-", str(tmp_path)]
    raw = subprocess.run(argv, capture_output=True, check=True).stdout
    with tarfile.open(fileobj=io.BytesIO(raw)) as archive:
        theirs = {member.name for member in archive if not member.isdir()}
    ignored = ignore.parse(rules)
    assert {name for name in FILES if not ignored.excludes(name)} == theirs & set(FILES)


def test_a_project_comes_up_is_seen_and_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORD", "from the shell")
    (tmp_path / ".env").write_text("WORD=from the folder\n")
    (tmp_path / "compose.yaml").write_text(
        "services:\n"
        "  once: {image: busybox, command: ['true'], labels: {a: b}}\n"
        "  stay:\n"
        "    image: busybox\n"
        "    command: ['sh', '-c', 'echo \"$WORD\"; trap \"exit 0\" TERM; while :; do sleep 0.1; done']\n"
        "    healthcheck: {test: [CMD, 'true'], interval: 1s}\n"
        "    depends_on: {once: {condition: service_completed_successfully}}\n"
    )
    project = f"difykit-test-{uuid.uuid4().hex[:8]}"
    said: list[str] = []
    try:
        docker.compose_up(tmp_path, project, said.append)
        once, stay = docker.project_containers(project)
        assert (once.state, once.exit_code) == ("exited", 0)
        assert (stay.state, stay.stays, stay.check) == ("running", False, ("true",))
        assert docker.check_passes(stay, seconds=10)
        assert stay.folder == str(tmp_path)
        assert set(docker.compose_config(tmp_path, project)["services"]) == {"once", "stay"}
        assert docker.compose_recreates(tmp_path, project) == set()
        (tmp_path / ".env").write_text("WORD=from elsewhere\n")
        assert docker.compose_recreates(tmp_path, project) == {stay.name}
        assert docker.run_in(stay.id, ["echo", "a"]).text == "a\n"
        parts: list[bytes] = []
        docker.save_from(stay.id, ["sh", "-c", "head -c 3000000 /dev/zero"], parts.append)
        assert sum(map(len, parts)) == 3_000_000
        with pytest.raises(CommandFailed, match="so it goes"):
            docker.save_from(stay.id, ["sh", "-c", "echo so it goes >&2; exit 3"], parts.append)
        lines: list[str] = []
        docker.compose_logs(tmp_path, project, lines.append, services=("stay",), tail=5)
        assert "from the folder" in "".join(lines)
    finally:
        docker.compose_down(tmp_path, project, said.append)
    assert docker.project_containers(project) == ()


def test_an_absent_image_is_none_and_an_absent_engine_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    assert docker.inspect("difykit-test-none:1") is None
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    with pytest.raises(CommandFailed, match="Cannot connect"):
        docker.inspect("difykit-test-none:1")
    assert "Cannot connect" in docker.available()
