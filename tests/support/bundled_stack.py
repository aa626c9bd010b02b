"""A workspace whose stack is made from nothing, to be carried from one engine into another."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from difykit.git import make_repository
from difykit.workspace.state import read_images
from difykit.workspace.workspace import Workspace
from tests.support.builds import docker_build, write
from tests.support.cli import Ran, difykit
from tests.support.clusters import docker

COMPOSE = """\
services:
  api: {image: "NAME/dify-api:1.0.0"}
  worker: {image: "NAME/dify-api:1.0.0", depends_on: [init, cache]}
  web: {image: "NAME/dify-web:1.0.0"}
  init: {image: "NAME/init:1"}
  cache: {image: "NAME/cache:${CACHE_VERSION:-1}"}
  vectors: {image: "NAME/vectors:1", profiles: [vectors]}
  other: {image: "NAME/other:1", profiles: [other]}
"""
DOCKERFILE = "FROM scratch\nWORKDIR /app/PART\nCOPY PART/ /app/PART/\n"
SETTINGS = """\
version: 1
upstream: {{url: "{url}", ref: 1.0.0}}
overlays: [{overlays}]
images: {{prefix: {name}/}}
env: {{COMPOSE_PROFILES: vectors}}
deploy: {{project: {project}}}
"""


MORE = "version: 1\ndescription: more\n"


class Small:
    """A workspace whose stack has five images of some megabytes; none of them can run."""

    def __init__(self, root: Path, name: str, *, size: int = 2_000_000) -> None:
        self.root, self.name = root, name
        self.folder = root / "work"
        dify = {"docker/docker-compose.yaml": COMPOSE.replace("NAME", name), "docker/.env.example": "LOG_LEVEL=INFO\n"}
        for part in ("api", "web"):
            dify[f"{part}/Dockerfile"] = DOCKERFILE.replace("PART", part)
            dify[f"{part}/app.py"] = f"{part}\n"
        dify["web/Dockerfile.dockerignore"] = "*\n!web/\n"
        dify["api/pyproject.toml"] = "[project]\n"
        write(root / "dify", dify)
        make_repository(root / "upstream.git", [("1.0.0", root / "dify")])
        write(
            self.folder,
            {
                "overlays/more/overlay.yaml": MORE,
                "overlays/more/tree/api/more.py": "MORE = 1\n",
                "images/api/image.yaml": f"version: 1\nreplaces: {name}/dify-api\n",
                "images/web/image.yaml": f"version: 1\nreplaces: {name}/dify-web\n",
                "notes.txt": "mine\n",
            },
        )
        self.settings("more")
        (root / "fill").mkdir()
        (root / "fill" / "shared").write_bytes(os.urandom(size))
        for each in ("dify-api:1.0.0", "dify-web:1.0.0", "init:1", "cache:1", "vectors:1", "other:1"):
            (root / "fill" / "own").write_bytes(os.urandom(size))
            lines = "FROM scratch\nCOPY shared /\nCOPY own /\n"
            docker_build(f"{name}/{each}", "--file", "-", str(root / "fill"), stdin=lines)

    @property
    def workspace(self) -> Workspace:
        return Workspace.open(self.folder)

    def settings(self, overlays: str, more: str = "") -> None:
        """Write `difykit.yaml` with these overlays."""
        values = {"url": (self.root / "upstream.git").as_uri(), "name": self.name, "project": self.name}
        (self.folder / "difykit.yaml").write_text(SETTINGS.format(overlays=overlays, **values) + more)

    def run(self, *args: str, env: Mapping[str, str] | None = None, cwd: Path | None = None) -> Ran:
        """`difykit ARGS` as a process of its own, which must end well."""
        ran = difykit(*args, cwd=cwd or self.folder, env=env)
        assert ran.code == 0, ran.err
        return ran

    def make(self) -> None:
        self.run("sync")
        self.run("build")

    def custom(self) -> list[str]:
        """The images that the last build made."""
        images = read_images(self.workspace.derived)
        assert images
        return [each.reference for each in images.images]

    def ids(self) -> dict[str, str]:
        """The images of this name that the engine has."""
        shown = docker(
            "image", "ls", "--no-trunc", "--format", "{{.Repository}}:{{.Tag}} {{.ID}}", "--filter",
            f"reference={self.name}/*",
        )  # fmt: skip
        return dict(line.split(" ") for line in shown.splitlines())

    def forget(self) -> None:
        """Take all images of this name out of the engine."""
        if found := list(self.ids()):
            docker("image", "rm", "--force", *found)


def forget_from(host: str) -> None:
    """Take the names that a registry gave to images out of the engine."""
    shown = docker("image", "ls", "--digests", "--format", "{{.Repository}} {{.Tag}} {{.Digest}}")
    rows = [line.split(" ") for line in shown.splitlines() if line.startswith(f"{host}/")]
    names = {f"{name}@{digest}" for name, _, digest in rows if digest != "<none>"}
    names |= {f"{name}:{tag}" for name, tag, _ in rows if tag != "<none>"}
    for name in sorted(names):
        docker("image", "rm", "--force", name)


def killed(args: list[str], cwd: Path, after: float) -> bool:
    """Run `difykit ARGS` and kill it, with all that it started, after so many seconds; whether it was still running."""
    argv = [sys.executable, "-m", "difykit", *args]
    child = subprocess.Popen(
        argv, cwd=cwd, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    until = time.monotonic() + after
    while child.poll() is None and time.monotonic() < until:
        time.sleep(0.005)
    running = child.poll() is None
    child.kill()
    child.wait()
    with suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    return running
