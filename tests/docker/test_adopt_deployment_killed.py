"""An adoption of a deployment that is killed, or that no engine answers: nothing is forgotten, and nothing guessed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from difykit.demo import make_upstream
from tests.support.cli import inv
from tests.support.deployments import from_upstream

pytestmark = pytest.mark.docker

REF = "1.98.0"
CERTIFICATE = "volumes/nginx/ssl/dify.key"
# Python tells of every rename before it is made: this one is the last thing that the process wants to do.
KILLED = """
import os, signal, sys
last = sys.argv.pop(1)
def look(event, args):
    if event == "os.rename" and str(args[1]).endswith(last):
        os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(look)
from difykit.__main__ import main
main()
"""


@pytest.fixture
def folder(docker: None, tmp_path: Path) -> Path:  # noqa: ARG001 - Compose must be there
    """The folder of a workspace, beside a deployment with a certificate."""
    make_upstream(tmp_path / "upstream.git")
    old = from_upstream(str(tmp_path / "upstream.git"), REF, tmp_path / "dify")
    (old / "nginx/ssl").mkdir(parents=True, exist_ok=True)
    (old / "nginx/ssl/dify.key").write_text("mine\n")
    root = tmp_path / "ws"
    root.mkdir()
    url = (tmp_path / "upstream.git").as_uri()
    (root / "difykit.yaml").write_text(f"version: 1\nupstream: {{url: '{url}', ref: {REF}}}\n")
    return root


@pytest.mark.parametrize("last", [CERTIFICATE, ".difykit/transaction", "ws/.env", "ws/difykit.yaml"])
def test_a_certificate_is_copied_wherever_it_was_killed(folder: Path, last: str) -> None:
    old = folder.parent / "dify/docker"
    argv = [sys.executable, "-c", KILLED, last, "adopt.deployment", str(old)]
    assert subprocess.run(argv, cwd=folder, capture_output=True, check=False).returncode == -9
    again = inv("adopt.deployment", str(old), cwd=folder)
    if again.code:  # the run before was past the point where it is certain that all of it comes in
        assert "already, which would be mixed" in again.err
    assert str(old) in (folder / "difykit.yaml").read_text()
    assert (old / CERTIFICATE).read_text() == "mine\n"
    assert (old / CERTIFICATE).stat().st_mode & 0o777 == 0o600


def test_without_an_engine_nobody_knows_whether_it_runs(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{folder}/nobody.sock")
    old = folder.parent / "dify/docker"
    done = inv("adopt.deployment", str(old), "--check", cwd=folder)
    assert done.code == 0, done.err
    assert "project docker, running or not" in done.err
    assert "no engine answered" in done.err
    done = inv("adopt.deployment", str(old), "--check", "--json", cwd=folder)
    assert json.loads(done.out)["running"] is None
