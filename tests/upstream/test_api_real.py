"""The real Dify api with overlays, started from the source on this machine and asked over HTTP."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from difykit.core.process import run
from difykit.core.progress import Silent
from difykit.source.sync import sync
from difykit.workspace.workspace import Workspace
from tests.support.real_dify import Client, Tools, clean_env, find_tools, install, serve, stores

pytestmark = pytest.mark.upstream

RELEASE = "1.12.1"
EMAIL, NAME, PASSWORD = "ada@example.com", "Ada", "correct-horse-1"


@dataclass(frozen=True)
class Needs:
    upstream: str
    tools: Tools


def upstream_url() -> str:
    place = os.environ.get("DIFYKIT_UPSTREAM", "").removeprefix("file://")
    if not place:
        raise LookupError("DIFYKIT_UPSTREAM names no repository of Dify's releases")
    return Path(place).resolve().as_uri()


@pytest.fixture(scope="module")
def needs() -> Needs:
    """What these tests need; without it they are skipped, or fail if DIFYKIT_REQUIRE_UPSTREAM is 1."""
    try:
        return Needs(upstream_url(), find_tools())
    except LookupError as error:
        if os.environ.get("DIFYKIT_REQUIRE_UPSTREAM") == "1":
            pytest.fail(f"DIFYKIT_REQUIRE_UPSTREAM=1, but {error}")
        pytest.skip(str(error))


def make_source(root: Path, upstream: str, *overlays: str) -> Path:
    """The api of a synced workspace with these overlays."""
    settings = f"version: 1\nupstream: {{url: '{upstream}', ref: {RELEASE}}}\noverlays: [{', '.join(overlays)}]\n"
    (root / "difykit.yaml").write_text(settings)
    sync(Workspace.open(root), Silent())
    return root / ".difykit" / "source" / "api"


@dataclass(frozen=True)
class Dify:
    """A workspace's api, and the folder of its distributions' programs."""

    root: Path
    api: Path
    programs: Path


@pytest.fixture(scope="module")
def dify(needs: Needs, tmp_path_factory: pytest.TempPathFactory) -> Dify:
    root = tmp_path_factory.mktemp("workspace")
    api = make_source(root, needs.upstream, "hello-endpoint", "hello-console", "hello-page")
    return Dify(root, api, install(needs.tools.uv, RELEASE, api))


@pytest.fixture(scope="module")
def port(needs: Needs, dify: Dify) -> Iterator[int]:
    """The running api, its database migrated as its image's entrypoint does, nothing set up yet."""
    with stores(needs.tools) as found:
        env = clean_env(dify.programs, dify.root) | found.settings(dify.root / "storage")
        run(["flask", "upgrade-db"], cwd=dify.api, env=env)
        with serve(dify.api, env, dify.root / "api.log") as port:
            yield port


@pytest.fixture(scope="module")
def account(port: int) -> dict[str, str]:
    """What the owner of the fresh Dify signs in with."""
    answer = Client(port).post("/console/api/setup", {"email": EMAIL, "name": NAME, "password": PASSWORD})
    assert answer.status == 201, answer.body
    return {"email": EMAIL, "password": base64.b64encode(PASSWORD.encode()).decode()}


@pytest.fixture
def signed_in(port: int, account: dict[str, str]) -> Client:
    client = Client(port)
    answer = client.post("/console/api/login", account)
    assert answer.status == 200, answer.body
    assert set(client.cookies) == {"access_token", "refresh_token", "csrf_token"}
    return client


def test_an_endpoint_of_an_overlay_answers_without_a_login(port: int) -> None:
    answer = Client(port).get("/custom-endpoint")
    assert (answer.status, answer.body) == (200, {"message": "Hello from custom API!"})


@pytest.mark.usefixtures("account")
def test_a_console_endpoint_of_an_overlay_refuses_who_is_not_signed_in(port: int) -> None:
    answer = Client(port).get("/console/api/hello")
    assert answer.status == 401, answer.body
    assert answer.body["code"] == "unauthorized"  # not "not_setup"


def test_a_console_endpoint_of_an_overlay_knows_who_is_signed_in(signed_in: Client) -> None:
    answer = signed_in.get("/console/api/hello", **{"X-CSRF-Token": signed_in.cookies["csrf_token"]})
    assert (answer.status, answer.body) == (200, {"message": f"Hello, {NAME}!"})


def test_a_console_endpoint_of_an_overlay_refuses_a_request_without_the_csrf_header(signed_in: Client) -> None:
    answer = signed_in.get("/console/api/hello")
    assert answer.status == 401, answer.body
    assert "CSRF" in answer.body["message"]


def test_an_overlay_that_cannot_be_imported_is_named_when_the_api_starts(
    needs: Needs, dify: Dify, tmp_path: Path
) -> None:
    overlay = tmp_path / "overlays" / "broken"
    (overlay / "tree" / "api" / "controllers").mkdir(parents=True)
    (overlay / "overlay.yaml").write_text('version: 1\ndescription: d\napi: {blueprints: ["controllers.broken:bp"]}\n')
    (overlay / "tree" / "api" / "controllers" / "broken.py").write_text('raise ImportError("no libfoo here")\n')
    api = make_source(tmp_path, needs.upstream, "hello-endpoint", "broken")
    settings = {"SECRET_KEY": "k", "OPENDAL_SCHEME": "fs", "OPENDAL_FS_ROOT": str(tmp_path / "storage")}
    env = clean_env(dify.programs, tmp_path) | settings
    done = run(["flask", "routes"], cwd=api, env=env, check=False)
    assert done.code != 0
    said = (done.stdout + done.stderr).decode()
    assert "overlay broken: cannot import controllers.broken: ImportError: no libfoo here" in said
