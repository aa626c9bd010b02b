"""Podman in the place of Docker's engine: every verb that needs one says so, alike, before it does anything."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from difykit.demo import make_upstream
from difykit.workspace import state
from tests.support.cli import difykit
from tests.support.deployed import SETTINGS
from tests.support.podmans import ASKED, podman

pytestmark = pytest.mark.docker

SAYS = "is Podman 4.3.1, which has no BuildKit to bake images with; difykit needs Docker's"
VERBS = (
    "build",
    "deploy",
    "publish --to registry.example.com/team/",
    "publish --to registry.example.com/team/ --check",
    "bundle.save it.tar",
    "lock.refresh",
    "images.prune",
    "images.prune --check",
    "logs",
    "down",
    "doctor --stack",
    "env.rotate DB_PASSWORD --yes",
    "demo --target compose",
)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace that was synced, with images that a build on Docker left."""
    if not shutil.which("docker"):
        pytest.skip("there is no program docker")
    root = tmp_path_factory.mktemp("podman") / "ws"
    root.mkdir()
    make_upstream(root / "upstream.git")
    values = {"url": (root / "upstream.git").as_uri(), "ref": "1.99.0", "overlays": "", "port": "8099"}
    (root / "difykit.yaml").write_text(SETTINGS.format(**values, ssl_port="8098", project="difykit-test-podman"))
    assert difykit("sync", cwd=root).code == 0
    source = state.read_source(root / ".difykit")
    assert source
    image = state.Image(
        name="api",
        replaces="langgenius/dify-api",
        strategy="official",
        reference=f"dify-api-custom:1.99.0-{'a' * 12}",
        image_id=f"sha256:{'a' * 64}",
    )
    web = image.model_copy(
        update={"name": "web", "replaces": "langgenius/dify-web", "reference": f"dify-web-custom:1.99.0-{'b' * 12}"}
    )
    state.write_images(root / ".difykit", state.BuiltImages(source=source.commit, images=(image, web)))
    return root


@pytest.fixture
def space(made: Path) -> Iterator[tuple[Path, dict[str, str], list[str]]]:
    """A copy of it, an environment in which Podman answers, and what that was asked."""
    with tempfile.TemporaryDirectory(prefix="dk-", dir="/tmp") as name:
        root = Path(name) / "ws"
        shutil.copytree(made, root, symlinks=True)
        with podman(Path(name)) as (host, heard):
            yield root, {"DOCKER_HOST": host}, heard


def state_of(root: Path) -> dict[str, str]:
    return {
        path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in root.rglob("*")
        if path.is_file() and path.name not in {"lock", ".lock"}
    }


@pytest.mark.parametrize("verb", VERBS)
def test_each_verb_says_podman_and_has_done_nothing(space: tuple[Path, dict[str, str], list[str]], verb: str) -> None:
    root, env, heard = space
    before = state_of(root)
    ran = difykit(*verb.split(" "), cwd=root, env=env)
    assert ran.code == 1, ran.err
    assert SAYS in ran.err
    assert "hint use Docker's engine: unset DOCKER_HOST" in ran.err
    assert "old" not in ran.err
    assert set(heard) <= ASKED
    assert state_of(root) == before


def test_what_does_not_need_an_engine_goes_on_and_says_it(space: tuple[Path, dict[str, str], list[str]]) -> None:
    root, env, heard = space
    ran = difykit("build", "--check", cwd=root, env=env)
    assert ran.code == 0, ran.err
    assert SAYS in ran.out
    ran = difykit("image.show", "some-container", cwd=root, env=env)
    assert ran.code == 1
    assert SAYS in ran.err
    assert set(heard) <= ASKED


def test_status_tells_of_the_workspace_and_asks_no_engine_where_nothing_is_deployed(
    space: tuple[Path, dict[str, str], list[str]],
) -> None:
    root, env, heard = space
    ran = difykit("status", cwd=root, env=env)
    assert (ran.code, heard) == (0, [])
    assert "nothing is deployed from this workspace" in ran.out


def test_status_of_what_is_deployed_says_podman(space: tuple[Path, dict[str, str], list[str]]) -> None:
    root, env, heard = space
    release = root / "data" / "releases" / "1"
    release.mkdir(parents=True)
    (release / "compose.yaml").write_text("services: {}\n")
    (release.parent / "current").symlink_to("1")
    ran = difykit("status", cwd=root, env=env)
    assert ran.code == 1
    assert SAYS in ran.err
    assert "difykit is safe to delete" in ran.out
    assert set(heard) <= ASKED


def test_doctor_calls_it_by_its_name(space: tuple[Path, dict[str, str], list[str]]) -> None:
    root, env, _ = space
    ran = difykit("doctor", cwd=root, env=env)
    said = [line for line in ran.err.splitlines() if line.startswith("fail engine:")]
    assert len(said) == 1
    assert SAYS in said[0]
    assert "too old" not in said[0]


def test_a_program_docker_that_is_podmans_is_told_too(
    tmp_path: Path, space: tuple[Path, dict[str, str], list[str]]
) -> None:
    """As the package podman-docker makes it."""
    program = tmp_path / "docker"
    said = 'version) printf "Client:       Podman Engine\\nVersion:      4.3.1\\n";; version*) echo null;;'
    program.write_text(f'#!/bin/sh\ncase "$*" in {said} *) exit 125;; esac\n')
    program.chmod(0o755)
    ran = difykit("build", cwd=space[0], env={"PATH": f"{tmp_path}:{os.environ['PATH']}"})
    assert ran.code == 1
    assert SAYS in ran.err
