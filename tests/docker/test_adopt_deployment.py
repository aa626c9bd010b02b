"""A Dify that runs from its own docker folder is adopted: no row is lost, and the way back stays open."""

from __future__ import annotations

import os
import subprocess
import urllib.request
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from difykit.core.loopback import free_port
from difykit.demo import make_upstream
from difykit.docker import remove_tree
from tests.support.cli import inv
from tests.support.clusters import docker as run
from tests.support.deployed import officially
from tests.support.deployments import from_upstream
from tests.support.writers import wait_for

pytestmark = pytest.mark.docker

REF = "1.98.0"


@dataclass
class Old:
    """The old folder with its project and port, and a workspace beside it."""

    docker: Path
    root: Path
    project: str
    port: int

    def compose(self, *argv: str) -> str:
        clean = {key: os.environ[key] for key in ("PATH", "HOME", "DOCKER_HOST") if key in os.environ}
        command = ["docker", "compose", "--ansi", "never", *argv]
        done = subprocess.run(command, cwd=self.docker, env=clean, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def get(self, path: str) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as answer:
            text: str = answer.read().decode()
        return text

    def sql(self, query: str) -> str:
        label = f"label=com.docker.compose.project={self.project}"
        found = run("ps", "-q", "--filter", label, "--filter", "label=com.docker.compose.service=db_postgres")
        return run("exec", found, "psql", "-AtU", "postgres", "-d", "dify", "-c", query)


@pytest.fixture(scope="module")
def old(docker: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Old]:  # noqa: ARG001 - must be there
    folder = tmp_path_factory.mktemp("adopted")
    make_upstream(folder / "upstream.git")
    place = from_upstream(str(folder / "upstream.git"), REF, folder / "dify")
    made = Old(place, folder / "ws", f"adopted-{uuid.uuid4().hex[:8]}", free_port())
    made.root.mkdir()
    (made.root / ".scratch").mkdir()
    officially(REF, made.root / ".scratch")
    edit(made)
    try:
        made.compose("up", "--detach")
        wait_for("upstream's own Dify", lambda: made.get("/console/api/setup"))
        yield made
    finally:
        subprocess.run(["docker", "compose", "-p", made.project, "down"], capture_output=True, check=False)
        remove_tree(made.docker)


def edit(old: Old) -> None:
    """By hand, in both files."""
    file = old.docker / "docker-compose.yaml"
    text = file.read_text()
    file.write_text(text.replace("      MODE: api\n", "      MODE: api\n      MY_FLAG: '1'\n", 1))
    settings = old.docker / ".env"
    lines = [
        f"COMPOSE_PROJECT_NAME={old.project}",
        f"EXPOSE_NGINX_PORT={old.port}",
        f"EXPOSE_NGINX_SSL_PORT={free_port()}",
    ]
    settings.write_text(settings.read_text() + "\n" + "\n".join([*lines, "LOG_LEVEL=DEBUG"]) + "\n")


def test_it_is_taken_over_without_losing_a_row_and_given_back(old: Old) -> None:
    old.sql("CREATE TABLE mine (i int); INSERT INTO mine VALUES (42)")
    kept = {path: path.read_bytes() for path in old.docker.iterdir() if path.is_file()}
    url = (old.docker.parents[1] / "upstream.git").as_uri()
    (old.root / "difykit.yaml").write_text(f"version: 1\nupstream: {{url: '{url}', ref: {REF}}}\n")
    done = inv("adopt.deployment", str(old.docker), cwd=old.root)
    assert done.code == 0, done.err
    assert f"project {old.project}, running" in done.err
    assert "difyai123456" not in done.out + done.err
    again = inv("adopt.deployment", str(old.docker), cwd=old.root)
    assert again.code == 1
    assert "already, which would be mixed" in again.err
    done = inv("sync", "build", "deploy", cwd=old.root)
    assert done.code == 0, done.err
    assert old.sql("SELECT i FROM mine") == "42"
    shown = run("ps", "--format", "{{.Image}}", "--filter", f"label=com.docker.compose.project={old.project}")
    assert "dify-api-custom" in shown
    api = run("ps", "-q", "--filter", f"name={old.project}-api-1")
    assert "1" in run("exec", api, "printenv", "MY_FLAG", "LOG_LEVEL").split()
    assert "DEBUG" in run("exec", api, "printenv", "LOG_LEVEL")
    old.sql("INSERT INTO mine VALUES (43)")
    assert inv("down", cwd=old.root).code == 0
    old.compose("up", "--detach")
    wait_for("upstream's own again", lambda: old.sql("SELECT count(*) FROM mine") == "2")
    wait_for("its api", lambda: old.get("/console/api/setup"))
    assert {path: path.read_bytes() for path in kept} == kept
