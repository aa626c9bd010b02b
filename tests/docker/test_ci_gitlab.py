"""GitLab's pipeline as `init --ci gitlab` writes it: its jobs' scripts run whole, from a clean clone, with a login."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import uuid
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from difykit import docker as engine
from difykit.demo import make_upstream
from difykit.registry import Registry
from difykit.workspace.init import init
from tests.support.cli import difykit
from tests.support.deployed import officially
from tests.support.pipelines import ROOT, GitLab
from tests.support.registries import PASSWORD, USER, OwnRegistry, own_registry

pytestmark = pytest.mark.docker

REF = "1.98.0"


def git(*argv: str, cwd: Path) -> None:
    who = ("-c", "user.name=a", "-c", "user.email=a@example.invalid")
    subprocess.run(["git", *who, *argv], cwd=cwd, check=True, capture_output=True)


@pytest.fixture(scope="module")
def ours(docker: None, tmp_path_factory: pytest.TempPathFactory) -> Path:  # noqa: ARG001 - the engine must be there
    """A user's repository with a workspace, its lock and its pipeline; its api is like no other's."""
    place = tmp_path_factory.mktemp("gitlab")
    make_upstream(place / "dify.git")
    init(place / "ours", "gitlab")
    file = place / "ours" / "difykit.yaml"
    text = file.read_text().replace("https://github.com/langgenius/dify.git", (place / "dify.git").as_uri())
    file.write_text(text.replace("ref: 1.15.0", f"ref: {REF}").replace("overlays: []", "overlays: [mine]"))
    overlay = place / "ours" / "overlays" / "mine"
    (overlay / "tree" / "api").mkdir(parents=True)
    (overlay / "overlay.yaml").write_text("version: 1\ndescription: x\n")
    (overlay / "tree" / "api" / "mine.py").write_text(f"WORD = '{uuid.uuid4().hex}'\n")
    assert difykit("sync", cwd=place / "ours").code == 0
    wheel = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--wheel-dir",
        str(place / "wheel"),
        str(ROOT),
    ]
    subprocess.run(wheel, check=True)
    (place / "scratch").mkdir()
    officially(REF, place / "scratch")
    git("init", "--quiet", ".", cwd=place / "ours")
    git("add", ".", cwd=place / "ours")
    git("commit", "--quiet", "--message", "ours", cwd=place / "ours")
    return place / "ours"


@pytest.fixture(autouse=True)
def local(ours: Path) -> Iterator[str]:
    """The name of the api in the engine, which does not have it before and after each test."""
    shown = json.loads(difykit("build", "--check", "--json", cwd=ours).out)["images"]
    (name,) = [each["reference"] for each in shown if each["name"] == "api"]
    engine.untag(name)
    yield name
    engine.untag(name)


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[OwnRegistry]:
    with own_registry(tmp_path / "registry") as made:
        yield made


def job(ours: Path, folder: Path, shell: str = "sh", **given: str) -> GitLab:
    """A runner that has nothing, with a clean clone."""
    folder.mkdir()
    git("clone", "--quiet", str(ours), str(folder / "clone"), cwd=folder)
    (folder / "home").mkdir()
    (folder / "bin").mkdir()
    (folder / "bin" / "python3").symlink_to(sys.executable)
    (folder / "bin" / "apk").write_text("#!/bin/sh\nexit 0\n")
    (folder / "bin" / "apk").chmod(0o755)
    kept = {key: os.environ[key] for key in ("DOCKER_HOST", "PIP_INDEX_URL", "PIP_CONFIG_FILE") if key in os.environ}
    own = {
        "HOME": str(folder / "home"),
        "PATH": f"{folder / 'bin'}:{os.environ['PATH']}",
        "CI": "true",
        "GITLAB_CI": "true",
        "CI_PROJECT_DIR": str(folder / "clone"),
        "CI_PROJECT_ID": "7",
        "DIFYKIT": str(next((ours.parent / "wheel").glob("*.whl"))),
        "PIP_CACHE_DIR": str(ours.parent / "pip"),
    }
    return GitLab(folder / "clone", {**own, **kept, **given}, shell)


def project(registry: OwnRegistry) -> dict[str, str]:
    """What GitLab gives for a project with a registry of its own."""
    return {
        "CI_REGISTRY": registry.host,
        "CI_REGISTRY_IMAGE": f"{registry.host}/us/ours",
        "CI_REGISTRY_USER": USER,
        "CI_REGISTRY_PASSWORD": PASSWORD,
    }


def test_a_tag_is_built_and_published_and_the_next_runner_builds_nothing(
    ours: Path, local: str, registry: OwnRegistry, tmp_path: Path
) -> None:
    given = {"CI_PIPELINE_SOURCE": "push", "CI_COMMIT_TAG": "v7", **project(registry)}
    made = job(ours, tmp_path / "one", **given)
    assert made.jobs() == {"images"}
    made.run("images")
    published = json.loads((made.checkout / "published.json").read_text())["images"]
    assert [each["tags"] for each in published] == [[REF, "v7"], [REF, "v7"]]
    api = next(each for each in published if each["name"] == "api")
    assert api["reference"].startswith(f"{registry.host}/us/ours/dify-api-custom:{REF}-")
    asked = Registry(registry.host, {"username": USER, "password": PASSWORD})
    assert asked.manifest("us/ours/dify-api-custom", "v7")
    assert json.loads((made.checkout / "build.json").read_text())["origins"]["api"] == "build"
    assert PASSWORD not in made.said
    engine.untag(local)
    again = job(ours, tmp_path / "two", **given)
    again.run("images")
    assert json.loads((again.checkout / "build.json").read_text())["origins"]["api"] == "registry"
    published = json.loads((again.checkout / "published.json").read_text())["images"]
    same = next(each for each in published if each["name"] == "api")
    assert (same["digest"], same["pushed"]) == (api["digest"], 0)


def test_a_branch_is_built_and_not_published(ours: Path, registry: OwnRegistry, tmp_path: Path) -> None:
    given = {"CI_PIPELINE_SOURCE": "push", "CI_COMMIT_BRANCH": "main", **project(registry)}
    made = job(ours, tmp_path / "one", "bash", **given)
    assert made.jobs() == {"images"}
    made.run("images")
    assert not (made.checkout / "published.json").exists()
    built = json.loads((made.checkout / "build.json").read_text())["images"]
    assert {each["name"] for each in built} == {"api", "web"}


def test_the_job_s_own_password_goes_to_no_other_registry(ours: Path, registry: OwnRegistry, tmp_path: Path) -> None:
    given = {**project(registry), "CI_REGISTRY": "registry.example.com", "DIFYKIT_PREFIX": f"{registry.host}/team/"}
    made = job(ours, tmp_path / "one", CI_PIPELINE_SOURCE="push", CI_COMMIT_BRANCH="some", **given)
    made.run("images")
    log = (registry.folder / "log").read_text()
    assert "/v2/" in log  # it was asked for what it has
    assert f"auth.user.name={USER}" not in log
    assert "Docker has no login for it; so it is built" in made.said


def test_a_project_without_a_registry_is_built(ours: Path, tmp_path: Path) -> None:
    made = job(ours, tmp_path / "one", CI_PIPELINE_SOURCE="push", CI_COMMIT_BRANCH="main")
    made.run("images")
    assert (made.checkout / "build.json").is_file()


def test_each_event_starts_its_jobs_once(ours: Path, tmp_path: Path) -> None:
    made = job(ours, tmp_path / "one")
    for given, jobs in (
        ({"CI_PIPELINE_SOURCE": "push", "CI_COMMIT_BRANCH": "x", "CI_OPEN_MERGE_REQUESTS": "us/ours!1"}, set()),
        ({"CI_PIPELINE_SOURCE": "merge_request_event", "CI_OPEN_MERGE_REQUESTS": "us/ours!1"}, {"images"}),
        ({"CI_PIPELINE_SOURCE": "web", "CI_COMMIT_BRANCH": "x"}, {"images"}),
        ({"CI_PIPELINE_SOURCE": "schedule", "CI_COMMIT_BRANCH": "main"}, {"forecast"}),
    ):
        made.given = given
        assert made.jobs() == jobs, given


class Issues(BaseHTTPRequestHandler):
    """What stands for GitLab: it keeps issues."""

    known: list[dict[str, Any]]
    tokens: set[str]

    def log_message(self, *args: object) -> None: ...

    def do_GET(self) -> None:
        query = parse_qs(urlsplit(self.path).query)
        self._answer([each for each in self.known if query["search"][0] in each["title"]])

    def do_POST(self) -> None:
        self.known.append({"iid": len(self.known) + 1, "edits": 0, **self._fields()})
        self._answer(self.known[-1])

    def do_PUT(self) -> None:
        found = self.known[int(self.path.rpartition("/")[2]) - 1]
        found |= {"edits": found["edits"] + 1, **self._fields()}
        self._answer(found)

    def _fields(self) -> dict[str, str]:
        assert self.path.startswith("/api/v4/projects/7/issues")
        said = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        return {key: values[0] for key, values in said.items()}

    def _answer(self, value: object) -> None:
        self.tokens.add(self.headers["PRIVATE-TOKEN"])
        body = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def test_a_scheduled_forecast_opens_one_issue_and_changes_it_later(ours: Path, tmp_path: Path) -> None:
    class Own(Issues):
        known: list[dict[str, Any]] = []  # noqa: RUF012 - the server makes an object for each request
        tokens: set[str] = set()  # noqa: RUF012

    with ThreadingHTTPServer(("127.0.0.1", 0), Own) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        place = f"http://127.0.0.1:{server.server_address[1]}/api/v4"
        made = job(ours, tmp_path / "one", CI_PIPELINE_SOURCE="schedule", CI_API_V4_URL=place, FORECAST_TOKEN="tok-en")
        made.run("forecast")
        made.run("forecast")
        server.shutdown()
    (issue,) = Own.known
    assert "Dify 1.99.0" in issue["title"]
    assert "difykit upgrade.start --to 1.99.0" in issue["description"]
    assert issue["edits"] == 1
    assert Own.tokens == {"tok-en"}
    assert "tok-en" not in made.said
