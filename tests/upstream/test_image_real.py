"""The api image of a real release with overlays: built on a stand-in for the official one, run with its own entrypoint.

The base image, PostgreSQL and Redis may be stand-ins as well: whatever the engine has under their public names.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Any

import pytest

from difykit import docker
from difykit.core.process import run
from difykit.core.progress import Silent
from difykit.images.build import build
from difykit.source.sync import sync
from difykit.workspace import state
from difykit.workspace.workspace import Workspace
from tests.support.builds import run_in, write
from tests.support.real_dify import Client, Stores
from tests.support.real_image import OFFICIAL, RELEASE, find_upstream, make_official, make_workspace, own_images

pytestmark = [pytest.mark.upstream, pytest.mark.docker]

PATIENCE = 180.0
PASSWORD = "stores-of-a-test"
CHANGED = {
    "controllers/hello.py",
    "controllers/hello_console.py",
    "difykit_overlays/__init__.py",
    "extensions/ext_blueprints.py",
}


@pytest.fixture(scope="module")
def upstream() -> Path:
    """What these tests need; without it they are skipped, or fail where that is asked for."""
    try:
        found = find_upstream()
    except LookupError as error:
        if os.environ.get("DIFYKIT_REQUIRE_UPSTREAM") == "1":
            pytest.fail(f"DIFYKIT_REQUIRE_UPSTREAM=1, but {error}")
        pytest.skip(str(error))
    if reason := docker.available():
        if os.environ.get("DIFYKIT_REQUIRE_DOCKER") == "1":
            pytest.fail(f"DIFYKIT_REQUIRE_DOCKER=1, but {reason}")
        pytest.skip(reason)
    return found


@dataclass(frozen=True)
class Made:
    """A workspace, its images, and the name that they begin with."""

    workspace: Workspace
    images: dict[str, state.Image]
    name: str

    @property
    def api(self) -> str:
        return self.images["api"].reference


@pytest.fixture(scope="module")
def made(upstream: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    make_official(upstream, tmp_path_factory.mktemp("official"))
    with own_images() as name:
        folder = tmp_path_factory.mktemp("workspace")
        workspace = make_workspace(folder, upstream, name, "hello-endpoint", "hello-console")
        sync(workspace, Silent())
        yield Made(workspace, {one.name: one for one in build(workspace, Silent()).images}, name)


@dataclass(frozen=True)
class Stack:
    """The containers of a Compose project."""

    name: str
    file: Path

    def compose(self, *words: str) -> str:
        argv = ["docker", "compose", "--project-name", self.name, "--file", str(self.file)]
        return run([*argv, *words]).text

    def until(self, seen: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not seen():
            assert time.monotonic() < deadline, self.compose("logs", "--tail", "50")
            time.sleep(0.5)


@pytest.fixture(scope="module")
def stack(made: Made, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The api, its worker and their stores, on a network of their own."""
    folder = tmp_path_factory.mktemp("stack")
    write(folder, {"compose.json": json.dumps(project(made.api))})
    stack = Stack(made.name, folder / "compose.json")
    try:
        stack.compose("up", "--detach", "--quiet-pull")
        yield stack
    finally:
        stack.compose("down", "--volumes", "--timeout", "1")


def project(image: str) -> dict[str, Any]:
    settings = Stores(5432, 6379, PASSWORD).settings(Path("storage")) | {
        "DB_HOST": "db",
        "REDIS_HOST": "redis",
        "CELERY_BROKER_URL": f"redis://:{PASSWORD}@redis:6379/1",
    }
    ready = ["CMD", "pg_isready", "--host", "127.0.0.1", "--username", "postgres"]
    api = {"MODE": "api", "MIGRATION_ENABLED": "true"}
    return {
        "services": {
            "db": {
                "image": "postgres:15-alpine",
                "command": ["postgres", "-c", "fsync=off"],
                "environment": {"POSTGRES_PASSWORD": PASSWORD, "LANG": "C.UTF-8"},
                "healthcheck": {"test": ready, "interval": "1s", "retries": 120},
            },
            "redis": {"image": "redis:6-alpine", "command": ["redis-server", "--requirepass", PASSWORD]},
            "api": {
                "image": image,
                "environment": settings | api,
                "ports": ["127.0.0.1::5001"],
                "depends_on": {"db": {"condition": "service_healthy"}, "redis": {"condition": "service_started"}},
            },
            "worker": {"image": image, "environment": settings | {"MODE": "worker"}, "depends_on": ["api"]},
        }
    }


@pytest.fixture(scope="module")
def port(stack: Stack) -> int:
    """Where the api answers, its database migrated by the image's entrypoint."""
    port = int(stack.compose("port", "api", "5001").rpartition(":")[2])

    def healthy() -> bool:
        with suppress(OSError, HTTPException):
            return Client(port).get("/health").status == 200
        return False

    stack.until(healthy)
    return port


def test_the_api_is_one_layer_over_the_official_image_and_web_is_the_official_one(made: Made) -> None:
    assert {name: one.strategy for name, one in made.images.items()} == {"api": "layer", "web": "official"}
    ours, theirs = (shown(reference) for reference in (made.api, OFFICIAL))
    below = theirs["RootFS"]["Layers"]
    assert ours["RootFS"]["Layers"][: len(below)] == below
    assert len(ours["RootFS"]["Layers"]) == len(below) + 1
    size = sum((made.workspace.source / "api" / path).stat().st_size for path in CHANGED)
    assert 0 < ours["Size"] - theirs["Size"] <= size + 65_536
    kept = ("User", "Env", "Entrypoint", "Cmd", "WorkingDir", "ExposedPorts")
    assert {key: ours["Config"].get(key) for key in kept} == {key: theirs["Config"].get(key) for key in kept}


def test_the_files_are_in_it_with_the_owner_and_the_modes_of_dify(made: Made) -> None:
    paths = sorted(f"/app/api/{path}" for path in CHANGED)
    listed = run_in(made.api, "stat", "--format", "%n %u:%g %a", *paths).splitlines()
    assert listed == [f"{path} 1001:1001 644" for path in paths]
    folders = ["/app", "/app/api", "/app/api/controllers", "/app/api/extensions"]
    assert [run_in(each, "stat", "--format", "%n %u:%g %a", *folders) for each in (made.api, OFFICIAL)] == 2 * [
        "\n".join(f"{folder} 1001:1001 755" for folder in folders)
    ]


def test_its_labels_say_which_dify_and_which_overlays(made: Made) -> None:
    source = state.need_source(made.workspace.derived)
    labels = shown(made.api)["Config"]["Labels"]
    assert labels["io.difykit.upstream.ref"] == labels["org.opencontainers.image.version"] == RELEASE
    assert labels["io.difykit.upstream.commit"] == source.base
    assert labels["org.opencontainers.image.revision"] == source.base
    assert labels["org.opencontainers.image.base.name"] == OFFICIAL
    assert (labels["io.difykit.strategy"], labels["io.difykit.patches"]) == ("layer", "")
    assert labels["io.difykit.overlays"] == "hello-endpoint,hello-console"


def test_an_endpoint_of_an_overlay_answers_out_of_the_image(port: int) -> None:
    answer = Client(port).get("/custom-endpoint")
    assert (answer.status, answer.body) == (200, {"message": "Hello from custom API!"})


def test_a_console_endpoint_of_an_overlay_refuses_who_is_not_signed_in(port: int) -> None:
    owner = {"email": "ada@example.com", "name": "Ada", "password": "correct-horse-1"}
    answer = Client(port).post("/console/api/setup", owner)
    assert answer.status == 201, answer.body
    answer = Client(port).get("/console/api/hello")
    assert (answer.status, answer.body["code"]) == (401, "unauthorized")


@pytest.mark.usefixtures("port")
def test_a_worker_starts_from_the_same_image(stack: Stack) -> None:
    stack.until(lambda: " ready." in stack.compose("logs", "worker"))
    assert "celery@" in stack.compose("logs", "worker")


def shown(reference: str) -> dict[str, Any]:
    """What the engine says of an image."""
    found: dict[str, Any] = json.loads(run(["docker", "image", "inspect", reference]).stdout)[0]
    return found
