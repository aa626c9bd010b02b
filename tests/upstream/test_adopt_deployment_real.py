"""A deployment from upstream's own files, edited by hand, and what Compose makes of its adoption."""

from __future__ import annotations

import json
import os
import subprocess
import uuid
from pathlib import Path
from typing import Any

import pytest

from difykit import docker as engine
from difykit.adopt.deployment import adopt_deployment
from difykit.core.progress import Silent
from difykit.git import Store
from difykit.release.render.inputs import read_inputs
from difykit.release.render.plan import plan_render
from difykit.source.sync import sync
from difykit.workspace import dotenv
from difykit.workspace.state import BuiltImages
from difykit.workspace.workspace import Workspace
from tests.support.deployments import edit_by_hand, from_upstream
from tests.support.real_render import API, IMAGES, PLACE, WEB, config, write_plan

pytestmark = [
    pytest.mark.upstream,
    pytest.mark.skipif(not PLACE, reason="DIFYKIT_UPSTREAM names no repository of Dify's releases"),
]


def compose_of(docker: Path) -> dict[str, Any]:
    """What Compose makes of the old folder."""
    clean = {key: os.environ[key] for key in ("PATH", "HOME") if key in os.environ}
    argv = ["docker", "compose", "config", "--format", "json"]
    done = subprocess.run(argv, cwd=docker, env=clean, capture_output=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def files_in(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and "volumes/nginx" not in path.as_posix()
    }


@pytest.mark.parametrize("release", ["1.0.0", "1.8.1", "1.10.1", "1.12.1", "1.14.1", "1.15.0"])
def test_what_ran_runs_on_but_for_the_declared_changes(release: str, tmp_path: Path) -> None:
    docker = from_upstream(PLACE, release, tmp_path / "dify")
    edit_by_hand(docker)
    before, kept = compose_of(docker), files_in(docker)
    root = tmp_path / "ws"
    root.mkdir()
    url = Path(PLACE).resolve().as_uri()
    (root / "difykit.yaml").write_text(f"version: 1\nupstream: {{url: '{url}', ref: 1.0.0}}\n")
    plan = adopt_deployment(Workspace.open(root), docker, Silent())
    assert (plan.old.release, plan.old.project, plan.edits.lost) == (release, "docker", [])
    workspace = Workspace.open(root)
    source = sync(workspace, Silent())
    with Store(workspace.store) as store:
        made = plan_render(read_inputs(workspace, source, BuiltImages(source=source.commit, images=IMAGES), store))
    assert not made.generate
    after = config(write_plan(made, tmp_path / "release") / "compose.yaml")
    assert after["name"] == before["name"]
    shipped = plan.old.docker[".env.example"].decode()
    example = {line.key: dotenv.decode(line.raw) for line in dotenv.assignments(shipped)}
    assert after["services"].keys() == before["services"].keys()
    for name, service in before["services"].items():
        check_service(name, service, after["services"][name], docker, example)
    assert files_in(docker) == kept
    assert (root / ".env").stat().st_mode & 0o777 == 0o600
    text = (root / "difykit.yaml").read_text()
    assert "mine alone" not in text
    assert "MY_OWN" in text


def check_service(
    name: str, before: dict[str, Any], after: dict[str, Any], docker: Path, example: dict[str, str | None]
) -> None:
    stock = before.get("image", "").split(":")[0]
    wanted = {"langgenius/dify-api": API, "langgenius/dify-web": WEB}.get(stock, before.get("image"))
    assert after.get("image") == wanted, name
    environments = [one.get("environment") or {} for one in (before, after)]
    place = {"DIFY_DATA", "MYSQL_HOST_VOLUME", "COMPOSE_PROFILES", "COMPOSE_PROJECT_NAME"}
    there, here = ({key: value for key, value in each.items() if key not in place} for each in environments)
    # Where `.env` reaches a service whole, so does what the deployment lacked of the release's example; a setting that
    # nobody knows is handed to api.
    declared = {"MY_OWN", "INNER_API_KEY_FOR_PLUGIN"}  # the second is the other name of a secret that is kept
    more = {key for key in here if key not in there and (here[key] == example.get(key) or key in declared)}
    told = {key: (there.get(key), here.get(key)) for key in here | there if there.get(key) != here.get(key)}
    assert told.keys() <= more, f"{name}: {told}"
    for key in ("ports", "command", "entrypoint", "networks", "restart", "user", "depends_on"):
        assert after.get(key) == before.get(key), f"{name}: {key}"
    assert [at(each, docker) for each in after.get("volumes", [])] == [
        at(each, docker) for each in before.get("volumes", [])
    ]


def at(mount: dict[str, Any], docker: Path) -> tuple[str, str, bool]:
    """A mount by what it shows: data by its place, configuration by its content."""
    source, target = str(mount["source"]), str(mount["target"])
    path = Path(source)
    if mount["type"] != "bind" or path.is_relative_to(docker / "volumes"):
        return source, target, bool(mount.get("read_only"))
    if path.is_relative_to(docker / "nginx" / "ssl"):
        return str(docker / "volumes" / path.relative_to(docker)), target, bool(mount.get("read_only"))
    if path.is_file():
        return path.read_text(), target, bool(mount.get("read_only"))
    return path.name, target, bool(mount.get("read_only"))


def test_the_database_of_1_8_1_is_taken_over_and_given_back_with_its_rows(tmp_path: Path) -> None:
    """Real Compose files of 1.8.1; of its services those that there are images for here."""
    if reason := engine.available():
        pytest.skip(reason)
    release, project = "1.8.1", f"adopted-{uuid.uuid4().hex[:8]}"
    docker = from_upstream(PLACE, release, tmp_path / "dify")
    edit_by_hand(docker)
    (docker / "docker-compose.override.yaml").unlink()
    settings = docker / ".env"
    settings.write_text(f"{settings.read_text()}\nCOMPOSE_PROJECT_NAME={project}\n")
    old = ["docker", "compose"]
    try:
        run(*old, "up", "--detach", "--wait", "db", "redis", cwd=docker)
        ask(docker, old, "CREATE TABLE mine (i int); INSERT INTO mine VALUES (42)")
        root = tmp_path / "ws"
        root.mkdir()
        url = Path(PLACE).resolve().as_uri()
        (root / "difykit.yaml").write_text(f"version: 1\nupstream: {{url: '{url}', ref: 1.0.0}}\n")
        plan = adopt_deployment(Workspace.open(root), docker, Silent())
        assert set(plan.old.running or ()) == {"db", "redis"}
        workspace = Workspace.open(root)
        source = sync(workspace, Silent())
        with Store(workspace.store) as store:
            made = plan_render(read_inputs(workspace, source, BuiltImages(source=source.commit, images=IMAGES), store))
        folder = write_plan(made, tmp_path / "release")
        new = ["docker", "compose", "-f", str(folder / "compose.yaml")]
        run(*new, "up", "--detach", "--wait", "db", "redis", cwd=tmp_path)
        assert ask(tmp_path, new, "SELECT i FROM mine") == "42"
        ask(tmp_path, new, "INSERT INTO mine VALUES (43)")
        run(*new, "down", cwd=tmp_path)
        run(*old, "up", "--detach", "--wait", "db", "redis", cwd=docker)
        assert ask(docker, old, "SELECT count(*) FROM mine") == "2"
    finally:
        run("docker", "compose", "-p", project, "down", cwd=tmp_path)
        engine.remove_tree(docker / "volumes")


def run(*argv: str, cwd: Path) -> str:
    clean = {key: os.environ[key] for key in ("PATH", "HOME", "DOCKER_HOST") if key in os.environ}
    done = subprocess.run(argv, cwd=cwd, env=clean, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def ask(cwd: Path, compose: list[str], query: str) -> str:
    return run(*compose, "exec", "-T", "db", "psql", "-AtqU", "postgres", "-d", "dify", "-c", query, cwd=cwd)
