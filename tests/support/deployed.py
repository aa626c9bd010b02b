"""A workspace on the miniature Dify, deployed with containers of its own project."""

from __future__ import annotations

import re
import shutil
import subprocess
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from difykit.core import files
from difykit.core.loopback import free_port
from difykit.core.progress import Progress, Silent
from difykit.demo import make_upstream, official_images
from difykit.docker import remove_tree
from difykit.images.build import build
from difykit.source.sync import sync
from difykit.targets import Deployment, deploy, down
from difykit.workspace.workspace import Workspace, presets
from tests.support.trees import Content, write_tree

SETTINGS = """\
version: 1
upstream: {{url: "{url}", ref: {ref}}}
overlays: [{overlays}]
env: {{EXPOSE_NGINX_PORT: {port}, EXPOSE_NGINX_SSL_PORT: {ssl_port}}}
deploy: {{project: {project}, data: data}}
"""
# A worker's own check starts a Celery, which a deployment then waits for; that it stays up is enough where nothing is
# asked of it.
_UNCHECKED = {
    "overlay.yaml": "version: 1\ndescription: unchecked\ncompose: {files: [compose.yaml]}\n",
    "compose.yaml": "services: {worker: {healthcheck: {disable: true}}}\n",
}
_LOCK = Path("/tmp/difykit-tests-official.lock")


class Deployed:
    """A workspace folder, its pin and overlays, and what runs of it.

    Its images have a name of their own, so that whoever deploys the same beside it builds none of them anew.
    """

    def __init__(
        self,
        folder: Path,
        project: str,
        *,
        ref: str,
        overlays: tuple[str, ...] = ("hello-endpoint",),
        upstream: Callable[[Path], object] = make_upstream,
        worker_checked: bool = False,
    ) -> None:
        self.folder = folder
        self.project = project
        self.ref = ref
        self.overlays = overlays
        self.worker_checked = worker_checked
        self.port, self.ssl_port = free_port(), free_port()
        folder.mkdir(parents=True)
        upstream(folder / "upstream.git")
        self.settings()

    @property
    def workspace(self) -> Workspace:
        return Workspace.open(self.folder)

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def settings(self, **changes: str) -> None:
        """Write `difykit.yaml`, with `changes` to what this one says."""
        if not self.worker_checked:
            write_tree(self.folder / "overlays" / "unchecked", _UNCHECKED)
        names = self.overlays if self.worker_checked else (*self.overlays, "unchecked")
        values = {
            "url": (self.folder / "upstream.git").as_uri(),
            "ref": self.ref,
            "overlays": ", ".join(names),
            "port": str(self.port),
            "ssl_port": str(self.ssl_port),
            "project": self.project,
        }
        text = SETTINGS.format(**values | changes) + f"images: {{prefix: {self.project}/}}\n"
        (self.folder / "difykit.yaml").write_text(text)

    def pin(self, ref: str) -> None:
        self.ref = ref
        self.settings()

    def own(self, name: str) -> Path:
        """A copy of a shipped overlay in the workspace, where it comes before the shipped one."""
        copy = self.folder / "overlays" / name
        shutil.copytree(presets() / "overlays" / name, copy, dirs_exist_ok=True)
        return copy

    def overlay(self, name: str, tree: dict[str, Content], manifest: str = "") -> None:
        """Write an overlay with these files, and enable it."""
        text = f"version: 1\ndescription: {name}\n{manifest}"
        write_tree(self.folder / "overlays" / name, {"overlay.yaml": text, **tree})
        if name not in self.overlays:
            self.overlays = (*self.overlays, name)
        self.settings()

    def make(self, progress: Progress | None = None) -> None:
        """Sync and build."""
        sync(self.workspace, progress or Silent())
        officially(self.ref, self.workspace.derived)
        build(self.workspace, progress or Silent())

    def run(self, progress: Progress | None = None) -> Deployment:
        """Sync, build and deploy."""
        self.make(progress)
        return deploy(self.workspace, progress or Silent())

    def containers(self) -> dict[str, str]:
        """The running containers' ids by service."""
        argv = ["docker", "ps", "--filter", f"label=com.docker.compose.project={self.project}", "--format"]
        shown = subprocess.run(
            [*argv, '{{.Label "com.docker.compose.service"}} {{.ID}}'], check=True, capture_output=True, text=True
        ).stdout
        return dict(line.split(" ") for line in shown.splitlines())

    def get(self, path: str) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as answer:
            text: str = answer.read().decode()
        return text

    def sql(self, query: str, database: str = "dify") -> str:
        """What the bundled PostgreSQL answers."""
        argv = ["docker", "exec", self.containers()[self.database], "psql", "-AtU", "postgres", "-d", database, "-c"]
        return subprocess.run([*argv, query], check=True, capture_output=True, text=True).stdout.strip()

    @property
    def database(self) -> str:
        return next(name for name in self.containers() if re.fullmatch("db|db_postgres", name))

    def tags(self) -> list[str]:
        """The images of this workspace."""
        argv = ["docker", "image", "ls", "--format", "{{.Repository}}:{{.Tag}}", "--filter"]
        shown = subprocess.run([*argv, f"reference={self.project}/*"], check=True, capture_output=True, text=True)
        return shown.stdout.split()

    def forget(self) -> None:
        """Remove its images."""
        if tags := self.tags():
            subprocess.run(["docker", "image", "rm", "--force", *tags], check=True, capture_output=True)

    def remove(self) -> None:
        """Stop all of it, without the time that its services take to end well, and remove its data and its images."""
        self.settings()
        if ids := self.containers().values():
            subprocess.run(["docker", "kill", *ids], check=False, capture_output=True)  # one may end by itself
        down(self.workspace, Silent())
        remove_tree(self.data)
        self.forget()


def officially(release: str, scratch: Path) -> None:
    """Build the miniature's official images, once on a machine, whoever else wants them at the same time."""
    with files.locked(_LOCK, "build the miniature's official images", patience=600):
        official_images(release, scratch, Silent())


@contextmanager
def deployed(
    folder: Path, name: str, *, ref: str, overlays: tuple[str, ...] = ("hello-endpoint",)
) -> Iterator[Deployed]:
    """One that runs, as a project of its own; it is removed in the end."""
    made = Deployed(folder / "ws", f"{name}-{uuid.uuid4().hex[:8]}", ref=ref, overlays=overlays)
    try:
        made.run()
        yield made
    finally:
        made.remove()
