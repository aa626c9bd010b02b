"""Each kind of change on a running stack: the strategy that its image gets, the tags that move, what is restarted."""

from __future__ import annotations

import shutil
import subprocess
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from difykit import demo
from difykit import docker as engine
from difykit.git import make_repository
from difykit.workspace import state
from tests.support.deployed import Deployed
from tests.support.trees import Content, Script, write_tree

pytestmark = pytest.mark.docker

RELEASE = "1.99.0"
MINIATURE = Path(demo.__file__).parent / "dify" / RELEASE
API = {"api", "worker", "worker_beat"}
SANDBOX = """\
  sandbox:
    image: {image}
    restart: always
    command: ["sleep", "infinity"]
    init: true
    networks: [ssrf_proxy_network]

"""
GATEWAY = "  # The gateway:"
GONE = "api/migrations/script.py.mako"  # alembic's, to write new migrations with


def deletion(path: str) -> str:
    """A patch that deletes a file of the miniature."""
    lines = (MINIATURE / path).read_text().splitlines()
    head = (
        "From: Ann <ann@example.org>\nDate: Mon, 1 Jan 2024 10:00:00 +0100\nSubject: [PATCH] drop it\n\nWhy: why not\n"
    )
    diff = f"diff --git a/{path} b/{path}\ndeleted file mode 100644\n--- a/{path}\n+++ /dev/null\n"
    return f"{head}---\n{diff}@@ -1,{len(lines)} +0,0 @@\n" + "".join(f"-{line}\n" for line in lines)


@dataclass(frozen=True)
class Was:
    """What was there before a change."""

    images: dict[str, state.Image]
    containers: dict[str, str]


class Stack(Deployed):
    """A deployed workspace that a test changes, and that runs as it was before the next one."""

    changed = False

    def was(self) -> Was:
        images = state.read_images(self.workspace.derived)
        assert images
        return Was({one.name: one for one in images.images}, self.containers())

    def after(self, before: Was) -> tuple[dict[str, str], set[str], set[str]]:
        """Run it; the strategies, the images with a new reference, and the services that were restarted."""
        self.run()
        now = self.was()
        moved = {name for name in now.images if now.images[name] != before.images.get(name)}
        gone = before.containers.items() ^ now.containers.items()
        return {name: one.strategy for name, one in now.images.items()}, moved, {name for name, _ in gone}

    def as_it_was(self) -> None:
        """Run the workspace as it was in the beginning, unless it does."""
        if self.changed:
            for name in ("overlays", "patches", "images"):
                shutil.rmtree(self.folder / name, ignore_errors=True)
            self.overlays = ("hello-endpoint",)
            self.settings()
            self.run()
        self.changed = False

    def file(self, overlay: str, path: str, content: Content) -> None:
        self.overlay(overlay, {f"tree/{path}": content})

    def inside(self, service: str, *argv: str) -> str:
        done = subprocess.run(
            ["docker", "exec", self.containers()[service], *argv], check=True, capture_output=True, text=True
        )
        return done.stdout


@pytest.fixture(scope="module")
def deployed(docker: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:  # noqa: ARG001 - the engine must be there
    """The miniature with a sandbox."""
    name = f"difykit-test-{uuid.uuid4().hex[:8]}"
    root, official = tmp_path_factory.mktemp("matrix"), f"{name}/dify-sandbox:0.2.0"
    dify = root / "dify"
    shutil.copytree(MINIATURE, dify)
    compose = dify / "docker" / "docker-compose.yaml"
    text = compose.read_text()
    compose.write_text(text.replace(GATEWAY, SANDBOX.format(image=official) + GATEWAY))
    one = Stack(root / "ws", name, ref=RELEASE, upstream=lambda place: make_repository(place, [(RELEASE, dify)]))
    try:
        engine.tag("busybox:latest", official)
        one.run()
        yield one
    finally:
        one.remove()


@pytest.fixture
def stack(deployed: Stack) -> Stack:
    """It runs as it was deployed first, whatever another test made of it."""
    deployed.as_it_was()
    deployed.changed = True
    return deployed


def test_nothing_changed(stack: Stack) -> None:
    assert stack.after(stack.was()) == ({"api": "layer", "web": "official"}, set(), set())


def test_an_api_file(stack: Stack) -> None:
    before = stack.was()
    assert "Hello from custom API!" in stack.get("/custom-endpoint")
    module = stack.own("hello-endpoint") / "tree/api/controllers/hello.py"
    module.write_text(module.read_text().replace("Hello from custom API!", "Hello from an edited API!"))
    assert stack.after(before) == ({"api": "layer", "web": "official"}, {"api"}, API)
    assert "Hello from an edited API!" in stack.get("/custom-endpoint")


def test_a_deleted_api_file(stack: Stack) -> None:
    before = stack.was()
    place = "/app/" + GONE
    assert stack.inside("api", "ls", place)
    write_tree(stack.folder / "patches", {"0001-drop.patch": deletion(GONE), "series": "0001-drop.patch\n"})
    assert stack.after(before) == ({"api": "layer", "web": "official"}, {"api"}, API)
    assert stack.inside("api", "sh", "-c", f"ls {place} || echo gone") == "gone\n"


def test_the_entrypoint(stack: Stack) -> None:
    before = stack.was()
    text = (MINIATURE / "api/docker/entrypoint.sh").read_text()
    stack.file("entry", "api/docker/entrypoint.sh", Script(text.replace("set -e\n", "set -e\nexport MINE=1\n")))
    assert stack.after(before) == ({"api": "layer", "web": "official"}, {"api"}, API)
    assert "MINE=1" in stack.inside("api", "cat", "/proc/1/environ")


def test_a_page(stack: Stack) -> None:
    before = stack.was()
    enable_page(stack)
    assert stack.after(before) == ({"api": "layer", "web": "source"}, {"web"}, {"web"})
    assert "Hello from a custom page!" in stack.get("/hello")


def enable_page(stack: Stack) -> None:
    stack.overlays = (*stack.overlays, "hello-page")
    stack.settings()


def test_an_api_file_and_a_page(stack: Stack) -> None:
    enable_page(stack)
    stack.run()
    before = stack.was()
    page = stack.own("hello-page") / "tree/web/app/hello/page.tsx"
    page.write_text(page.read_text().replace("a custom page", "an edited page"))
    stack.file("more", "api/more.py", "MORE = 1\n")
    assert stack.after(before) == ({"api": "layer", "web": "source"}, {"api", "web"}, {*API, "web"})
    assert "Hello from an edited page!" in stack.get("/hello")


def own_sandbox(stack: Stack) -> None:
    write_tree(
        stack.folder / "images/sandbox",
        {
            "image.yaml": f"version: 1\nreplaces: {stack.project}/dify-sandbox\n",
            "Dockerfile": "FROM official\n# difykit: changes\nRUN echo mine >/mine\n",
        },
    )


def test_the_sandbox(stack: Stack) -> None:
    before = stack.was()
    own_sandbox(stack)
    strategies, moved, restarted = stack.after(before)
    assert (strategies["sandbox"], moved, restarted) == ("layer", {"sandbox"}, {"sandbox"})
    assert stack.inside("sandbox", "cat", "/mine") == "mine\n"


def test_a_dependency(stack: Stack) -> None:
    before = stack.was()
    text = (MINIATURE / "api/pyproject.toml").read_text()
    stack.file("dependency", "api/pyproject.toml", text.replace("dependencies = [", 'dependencies = [\n  "iniconfig",'))
    strategies, moved, restarted = stack.after(before)
    assert (strategies["api"], moved, restarted) == ("source", {"api"}, API)
    assert "Version" in stack.inside(
        "api", "python", "-c", "from importlib import metadata as m; print('Version', m.version('iniconfig'))"
    )


def test_a_dockerfile(stack: Stack) -> None:
    before = stack.was()
    text = (MINIATURE / "web/Dockerfile").read_text()
    stack.file("recipe", "web/Dockerfile", text.replace("ENV TZ=UTC\n", "ENV TZ=UTC\nENV MINE=1\n"))
    assert stack.after(before)[1:] == ({"web"}, {"web"})
    assert "MINE=1" in stack.inside("web", "env")


def test_all_of_it_taken_back(stack: Stack) -> None:
    own_sandbox(stack)
    enable_page(stack)
    write_tree(stack.folder / "patches", {"0001-drop.patch": deletion(GONE), "series": "0001-drop.patch\n"})
    stack.run()
    assert {one.strategy for one in stack.was().images.values()} == {"layer", "source"}
    stack.overlays = ()
    shutil.rmtree(stack.folder / "patches")
    shutil.rmtree(stack.folder / "images")
    stack.settings()
    strategies, _, restarted = stack.after(stack.was())
    assert strategies == {"api": "official", "web": "official"}
    assert restarted - {"nginx"} == {*API, "web", "sandbox"}
