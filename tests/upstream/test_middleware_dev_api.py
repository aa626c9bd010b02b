"""The real Dify 1.12.1 api from source on the middleware that `middleware.dev` started: it migrates and signs in."""

from __future__ import annotations

import base64
import os
import subprocess
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from difykit import docker
from difykit.core.loopback import free_port
from difykit.core.process import run
from difykit.core.progress import Silent
from difykit.source.sync import sync
from difykit.workspace.dotenv import values
from difykit.workspace.workspace import Workspace
from tests.support.cli import inv
from tests.support.real_dify import Client, clean_env, find_uv, install, serve
from tests.support.real_render import PLACE

pytestmark = pytest.mark.upstream

RELEASE = "1.12.1"
SERVICES = ("--service", "db_postgres", "--service", "redis")
"""Those that api cannot start without."""


@dataclass(frozen=True)
class Developing:
    """A workspace whose middleware runs, its database migrated, and the programs of the release's own distributions."""

    root: Path
    programs: Path

    @property
    def api(self) -> Path:
        return self.root / ".difykit" / "source" / "api"

    @property
    def told(self) -> dict[str, str]:
        return values((self.api / ".env").read_text())


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Developing]:
    uv = find_uv()
    lacking = [] if PLACE else ["DIFYKIT_UPSTREAM"]
    lacking += [] if uv else ["pip install uv"]
    lacking += ["a Docker engine"] if docker.available() else []
    if lacking or not uv:
        text = f"the real Dify api on middleware.dev needs: {', '.join(lacking)}"
        if os.environ.get("DIFYKIT_REQUIRE_UPSTREAM") == "1":
            pytest.fail(text)
        pytest.skip(text)
    root = tmp_path_factory.mktemp("workspace")
    (root / "difykit.yaml").write_text(
        f"version: 1\nupstream: {{url: '{Path(PLACE).resolve().as_uri()}', ref: {RELEASE}}}\n"
        f"env: {{EXPOSE_POSTGRES_PORT: {free_port()}, EXPOSE_REDIS_PORT: {free_port()}}}\n"
        f"deploy: {{project: mw-{uuid.uuid4().hex[:8]}}}\n"
    )
    sync(Workspace.open(root), Silent())
    made = Developing(root, install(uv, RELEASE, root / ".difykit" / "source" / "api"))
    try:
        ran = inv("middleware.dev", *SERVICES, cwd=root)
        assert ran.code == 0, ran.err
        run(["flask", "upgrade-db"], cwd=made.api, env=clean_env(made.programs, made.root))
        yield made
    finally:
        inv("middleware.down", "dev", cwd=root)
        docker.remove_tree(root / "data")


def signed_in(one: Developing) -> int:
    """The status of a login of the owner, whom the first one sets up."""
    with serve(one.api, clean_env(one.programs, one.root), one.root / "api.log") as port:
        client = Client(port)
        owner = {"email": "ada@example.com", "name": "Ada", "password": "correct-horse-1"}
        if client.get("/console/api/setup").body["step"] == "not_started":
            assert client.post("/console/api/setup", owner).status == 201
        password = base64.b64encode(owner["password"].encode()).decode()
        return client.post("/console/api/login", {"email": owner["email"], "password": password}).status


def test_api_migrates_and_signs_in_with_what_it_finds_in_its_env_file(one: Developing) -> None:
    assert signed_in(one) == 200


def test_the_data_outlives_the_containers_and_all_that_is_derived(one: Developing) -> None:
    before = one.told
    assert signed_in(one) == 200
    assert inv("middleware.down", "dev", cwd=one.root).code == 0
    subprocess.run(["rm", "-rf", str(one.root / ".difykit")], check=True)
    assert inv("sync", cwd=one.root).code == 0
    assert inv("middleware.dev", *SERVICES, cwd=one.root).code == 0
    assert one.told == before
    assert signed_in(one) == 200


def test_sync_neither_loses_the_file_nor_calls_the_source_dirty(one: Developing) -> None:
    before = (one.api / ".env").read_text()
    for argv in (["sync"], ["sync", "--discard"]):
        assert inv(*argv, cwd=one.root).code == 0
        assert (one.api / ".env").read_text() == before
