"""`render` puts no folder in its place that Docker Compose refuses, and says where in the overlay's file it stands."""

from __future__ import annotations

from pathlib import Path

import pytest

from difykit import docker
from difykit.core.errors import MissingTool
from difykit.workspace import state
from difykit.workspace.workspace import Workspace
from tests.support.cli import Ran, difykit
from tests.support.repos import Upstream
from tests.support.trees import snapshot
from tests.support.workspaces import WorkspaceFixture

COMPOSE = """\
services:
  api: {image: langgenius/dify-api:1.0.0, networks: [default, inner]}
  web: {image: langgenius/dify-web:1.0.0}
  store: {image: busybox, profiles: [store]}
networks: {inner: {}}
"""
KEPT = (".difykit/release", "data")
FILE = "overlays/o/compose.yaml"


@pytest.fixture
def space(tmp_path: Path) -> WorkspaceFixture:
    """A workspace that is synced and built, as its notes say, with an overlay whose Compose file says nothing."""
    try:
        docker.need_compose()
    except MissingTool as error:
        pytest.skip(error.message)
    upstream = Upstream(tmp_path)
    upstream.release("1.0.0", {"docker/docker-compose.yaml": COMPOSE, "docker/.env.example": "LOG_LEVEL=INFO\n"})
    space = WorkspaceFixture(tmp_path / "space", upstream)
    space.overlay("o", None, "compose: {files: [compose.yaml]}\n")
    space.write({FILE: "services: {}\n"})
    source = space.sync()
    names = ("api", "web")
    images = tuple(
        state.Image(
            name=name,
            replaces=f"langgenius/dify-{name}",
            strategy="official",
            reference=f"dify-{name}-custom:1",
            image_id=f"sha256:{'1' * 64}",
        )
        for name in names
    )
    state.write_images(Workspace.open(space.root).derived, state.BuiltImages(source=source.commit, images=images))
    return space


def rendered(space: WorkspaceFixture, text: str, *flags: str) -> Ran:
    space.write({FILE: text})
    return difykit("render", *flags, cwd=space.root)


REFUSED = [
    ("services:\n  mine:\n    extends: {service: api}\n", 3, "services.mine.extends: api: Compose looks for it in"),
    ("services:\n  api:\n    enviroment: {A: b}\n", 3, "services.api.enviroment: is no key that Compose knows here"),
    ("services:\n  api:\n    networks: [nope]\n", 3, "services.api.networks: there is no network nope"),
    ("services:\n  api:\n    volumes:\n      - nope:/x\n", 4, "services.api.volumes: there is no volume nope"),
    ("services:\n  api:\n    secrets: [nope]\n", 3, "services.api.secrets: there is no secret nope"),
    ("services:\n  api:\n    configs: [nope]\n", 3, "services.api.configs: there is no config nope"),
    ("services:\n  api:\n    depends_on: [nope]\n", 3, "services.api.depends_on: nope: Dify 1.0.0 has no such service"),
    ("services:\n  api:\n    depends_on:\n      - store\n", 4, "Docker Compose refuses it: service"),
    ("services:\n  api:\n    ports:\n      - '70000:80'\n", 4, "Docker Compose refuses it: "),
    ("services:\n  api:\n    command: x\n    ports: ['80:80:80:80']\n", 4, "Docker Compose refuses it: "),
    ("services:\n  web: {depends_on: [api]}\n  api:\n    depends_on:\n      - web\n", 2, "Docker Compose refuses it: "),
    (
        "services:\n  api:\n    healthcheck:\n      test: [CMD, x]\n      interval: 5parsecs\n",
        5,
        "Docker Compose refuses it: ",
    ),
    ("services:\n  api:\n    labels: {a: b}\n    network_mode: host\n", 4, "Docker Compose refuses it: "),
    ("services:\n  api:\n    environment:\n      X: ${NONE?must be}\n", 4, "Docker Compose refuses it: "),
    ("services:\n  mine: {image: x, mem_limit: lots}\n", 2, "Docker Compose refuses it: "),
]


@pytest.mark.parametrize(("text", "line", "why"), REFUSED)
def test_what_compose_refuses_is_refused_with_its_line_and_nothing_changes(
    space: WorkspaceFixture, text: str, line: int, why: str
) -> None:
    assert rendered(space, "services: {}\n").code == 0
    before = [snapshot(space.root / name) for name in KEPT]
    for flags in ((), ("--check",)):
        ran = rendered(space, text, *flags)
        assert ran.code == 2
        assert f"{FILE}:{line}: {why}" in ran.err
    assert [snapshot(space.root / name) for name in KEPT] == before


def test_a_first_render_that_is_refused_leaves_no_secret(space: WorkspaceFixture) -> None:
    space.overlay("o", None, "compose: {files: [compose.yaml]}\nsecrets: {MINE: {generate: 32, to: [api]}}\n")
    assert rendered(space, "services:\n  api:\n    ports: ['70000:80']\n").code == 2
    assert not (space.root / ".env").exists()
    assert not (space.root / ".difykit" / "release").exists()


def test_what_compose_takes_is_rendered(space: WorkspaceFixture) -> None:
    text = (
        "x-a: &a {image: busybox}\nservices:\n  base: {<<: *a}\n  mine: {extends: base, networks: [inner, own],"
        " volumes: ['v:/x'], configs: [c]}\nnetworks: {own: }\nvolumes: {v: }\nconfigs: {c: {content: x}}\n"
    )
    ran = rendered(space, text)
    assert ran.code == 0, ran.err
    assert "not asked" not in ran.err
