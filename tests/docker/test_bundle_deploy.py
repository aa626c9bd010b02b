"""The demo's stack, carried in one file into an engine that has nothing and no way out, and started there."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from difykit.docker import remove_tree
from tests.support import clusters
from tests.support.bundled_stack import forget_from
from tests.support.cli import difykit
from tests.support.deployed import Deployed
from tests.support.hosts import Host, hosts, lacking
from tests.support.registries import own_registry

pytestmark = pytest.mark.docker

WORDS = "Hello from custom API!"


@pytest.fixture(scope="module")
def one(docker: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:  # noqa: ARG001 - the engine must be there
    made = Deployed(tmp_path_factory.mktemp("carried") / "ws", f"difykit-test-{uuid.uuid4().hex[:8]}", ref="1.99.0")
    made.make()
    yield made
    made.forget()


@pytest.fixture(scope="module")
def saved(one: Deployed) -> Path:
    place = one.folder.parent / "demo.tar"
    ran = difykit("bundle.save", str(place), cwd=one.folder)
    assert ran.code == 0, ran.err
    return place


@pytest.fixture
def host() -> Iterator[Host]:
    if why := lacking():
        pytest.skip(why)
    with hosts(1, []) as made:
        yield made[0]


def ids(host: Host) -> dict[str, str]:
    shown = host.docker("image", "ls", "--no-trunc", "--format", "{{.Repository}}:{{.Tag}} {{.ID}}")
    return dict(line.split(" ") for line in shown.splitlines())


@pytest.mark.hosts
def test_a_broken_file_leaves_an_empty_engine_empty(one: Deployed, saved: Path, host: Host, tmp_path: Path) -> None:
    whole, broken = saved.stat().st_size, tmp_path / "broken.tar"
    os.link(saved, tmp_path / "same.tar")
    shutil.copy(saved, broken)
    env = {"DOCKER_HOST": host.engine}
    for part in range(20):
        at = whole * part // 20 + 100
        with broken.open("r+b") as file:
            file.seek(at)
            before = file.read(1)
            file.seek(at)
            file.write(bytes([before[0] ^ 1]))
        ran = difykit("bundle.load", str(broken), cwd=tmp_path, env=env)
        assert (ran.code, "nothing was loaded" in ran.err) == (1, True), ran.err
        with broken.open("r+b") as file:
            file.seek(at)
            file.write(before)
    assert (ids(host), one.project) == ({}, one.project)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["broken.tar", "same.tar"]


@pytest.mark.hosts
def test_the_stack_runs_in_an_engine_that_had_nothing(one: Deployed, saved: Path, host: Host, tmp_path: Path) -> None:
    there, env = tmp_path / "there", {"DOCKER_HOST": host.engine}

    def run(*words: str, cwd: Path = there) -> None:
        ran = difykit(*words, cwd=cwd, env=env)
        assert ran.code == 0, (words, ran.err)

    upstream = one.folder / "upstream.git"
    shutil.move(upstream, upstream.with_suffix(".gone"))
    try:
        run("bundle.load", str(saved), "--into", str(there), cwd=tmp_path)
        loaded = ids(host)
        assert len(loaded) == 7
        shown = dict(
            line.split(" ")
            for line in clusters.docker(
                "image", "inspect", "--format", "{{index .RepoTags 0}} {{.Id}}", *loaded
            ).splitlines()
        )
        assert set(shown.values()) == set(loaded.values())
        run("deploy")
        said = f"http://127.0.0.1:{one.port}/custom-endpoint"
        with host.inside(["curl", "--silent", "--fail", said], dict(os.environ)) as asked:
            assert asked.stdout
            assert WORDS in asked.stdout.read()
        before = {name: host.container(name) for name in ("api", "web", "nginx", "worker")}
        run("sync", "build", "deploy")
        assert {name: host.container(name) for name in before} == before
        assert ids(host) == loaded
        run("down")
    finally:
        shutil.move(upstream.with_suffix(".gone"), upstream)
        ran = difykit("down", cwd=there, env=env)
        remove_tree(there / "data")
    assert ran.code == 0, ran.err


def test_the_stack_runs_from_a_registry(one: Deployed, saved: Path, tmp_path: Path) -> None:
    there = tmp_path / "there"
    with own_registry(tmp_path / "registry") as registry:
        registry.log_in()
        ran = difykit("bundle.load", str(saved), "--into", str(there), "--to", f"{registry.host}/a/b/", cwd=tmp_path)
        assert ran.code == 0, ran.err
        try:
            for words in (["deploy"], ["sync", "build", "deploy"]):
                ran = difykit(*words, cwd=there)
                assert ran.code == 0, ran.err
                assert WORDS in one.get("/custom-endpoint")
            shown = clusters.docker(
                "ps", "--filter", f"label=com.docker.compose.project={one.project}", "--format", "{{.Image}}"
            )
            assert {line.partition("/a/b/")[0] for line in shown.splitlines()} == {registry.host}
            status = json.loads(difykit("status", "--json", cwd=there).out)
            assert [each["service"] for each in status["services"] if not each["current"]] == []
        finally:
            difykit("down", cwd=there)
            remove_tree(there / "data")
            forget_from(registry.host)


def test_the_toolkit_in_it_installs_without_an_index(saved: Path, tmp_path: Path) -> None:
    def run(*argv: str) -> str:
        return subprocess.run(argv, check=True, capture_output=True, text=True, cwd=tmp_path).stdout

    run("tar", "--extract", "--file", str(saved), "difykit/wheels")
    run(sys.executable, "-m", "venv", "v")
    pip = ("v/bin/python", "-m", "pip", "--disable-pip-version-check")
    run(*pip, "install", "--no-index", "--find-links", "difykit/wheels", "difykit")
    run(*pip, "check")
    listed = (
        "from difykit.workspace.workspace import presets as p; "
        "print(sorted(x.name for x in (p() / 'overlays').iterdir()))"
    )
    assert "hello-endpoint" in run("v/bin/python", "-c", listed)
    run("v/bin/difykit", "init", "new")
