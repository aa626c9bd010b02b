"""`difykit doctor` with a real engine: what it says of it is true, and containers are told by their names."""

from __future__ import annotations

import json
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from difykit import docker
from difykit.core import loopback
from tests.support.cli import difykit
from tests.support.trees import write_tree

pytestmark = [pytest.mark.docker, pytest.mark.usefixtures("docker")]

YAML = "version: 1\nupstream: {{url: 'file:///nowhere', ref: '1.0.0'}}\ndeploy: {{project: {project}}}\n"


@pytest.fixture
def published() -> Iterator[tuple[str, int]]:
    """A project of one container, and the port that it publishes."""
    project, port = f"difykit-test-{uuid.uuid4().hex[:8]}", loopback.free_port()
    labels = [f"com.docker.compose.project={project}", "com.docker.compose.project.working_dir=/elsewhere"]
    words = [word for label in labels for word in ("--label", label)]
    run = ["docker", "run", "--detach", "--name", project, *words, "--publish", f"127.0.0.1:{port}:80"]
    subprocess.run([*run, "busybox", "sleep", "120"], check=True, capture_output=True)
    yield project, port
    subprocess.run(["docker", "rm", "--force", project], check=True, capture_output=True)


def look(root: Path) -> dict[str, list[tuple[str, str]]]:
    found: dict[str, list[tuple[str, str]]] = {}
    for each in json.loads(difykit("doctor", "--json", cwd=root).out)["findings"]:
        found.setdefault(each["check"], []).append((each["state"], each["text"]))
    return found


def test_the_engine_is_seen_as_it_is(tmp_path: Path) -> None:
    found = look(tmp_path)
    assert {found[name][0][0] for name in ("docker", "engine", "buildx", "compose")} == {"ok"}
    assert found["engine"][0][1].startswith(docker.need_engine())
    assert docker.compose_version().startswith(found["compose"][0][1])
    facts = docker.engine_facts()
    assert facts.memory > 0
    assert facts.root


def test_a_port_of_a_foreign_container_is_told_by_its_name(tmp_path: Path, published: tuple[str, int]) -> None:
    name, port = published
    write_tree(tmp_path, {"difykit.yaml": YAML.format(project="mine"), ".env": f"EXPOSE_NGINX_PORT={port}\n"})
    assert ("fail", f"{port} (EXPOSE_NGINX_PORT) is in use by the container {name}") in look(tmp_path)["ports"]


def test_a_port_of_the_project_itself_is_no_finding(tmp_path: Path, published: tuple[str, int]) -> None:
    name, port = published
    write_tree(tmp_path, {"difykit.yaml": YAML.format(project=name), ".env": f"EXPOSE_NGINX_PORT={port}\n"})
    assert [text for _, text in look(tmp_path)["ports"] if str(port) in text and "in use" in text] == []


def test_a_project_that_another_folder_runs_is_told(tmp_path: Path, published: tuple[str, int]) -> None:
    write_tree(tmp_path, {"difykit.yaml": YAML.format(project=published[0])})
    ((state, text),) = look(tmp_path)["project"]
    assert (state, "also the project of /elsewhere" in text) == ("warn", True)
