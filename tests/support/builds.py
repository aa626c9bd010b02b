"""A Dify of a few lines in the real layout, its official images, and a workspace on it."""

from __future__ import annotations

import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from difykit.git import Commit, Person, Store, WorkTree, make_repository, write_chain
from difykit.git.store import Changes
from difykit.images.build import ImagePlan, build, locked_digests, plan_build
from difykit.workspace import state
from difykit.workspace.workspace import Workspace
from tests.support.clusters import docker

API_DOCKERFILE = """\
FROM busybox:latest AS packages
WORKDIR /app/api
COPY pyproject.toml ./
RUN cp pyproject.toml lock.txt

FROM busybox:latest AS production
WORKDIR /app/api
RUN mkdir -p /app/api && chown -R 1001:1001 /app && chmod 750 /app
COPY --from=packages --chown=1001:1001 /app/api/lock.txt ./.venv/lock.txt
COPY --chown=1001:1001 . /app/api/
COPY --chown=1001:1001 --chmod=755 docker/entrypoint.sh /entrypoint.sh
ARG EDITION=SELF_HOSTED
ENV EDITION=${EDITION}
ARG COMMIT_SHA
ENV COMMIT_SHA=${COMMIT_SHA}
USER 1001
"""

WEB_DOCKERFILE = """\
FROM busybox:latest AS builder
WORKDIR /app
COPY . .
WORKDIR /app/web
RUN for page in $(find app -name 'page.tsx'); do \\
      folder=.next/standalone/web/.next/server/$(dirname "$page"); \\
      mkdir -p "$folder" && cp "$page" "$folder/page.js"; \\
    done

FROM busybox:latest
WORKDIR /app
COPY --from=builder /app/web/.next/standalone ./targets/next/
COPY --chmod=755 web/docker/entrypoint.sh ./entrypoint.sh
"""

DIFY = {
    "package.json": "{}\n",
    "api/Dockerfile": API_DOCKERFILE,
    "api/.dockerignore": ".env\n.venv\n",
    "api/pyproject.toml": "[project]\n",
    "api/app.py": "print('upstream')\n",
    "api/old/gone.py": "print('goes')\n",
    "api/docker/entrypoint.sh": "#!/bin/sh\necho upstream\n",
    "web/Dockerfile": WEB_DOCKERFILE,
    "web/Dockerfile.dockerignore": "*\n!package.json\n!web/\n!web/**\n",
    "web/package.json": "{}\n",
    "web/app/page.tsx": "home\n",
    "web/docker/entrypoint.sh": "#!/bin/sh\n",
}
COMPOSE = """\
services:
  api: {image: "NAME/dify-api:1.0.0"}
  worker: {image: "NAME/dify-api:1.0.0"}
  sandbox: {image: "NAME/dify-sandbox:0.2.1"}
  proxy: {image: NAME/squid}
  old: {image: "NAME/two:1"}
  new: {image: "NAME/two:2"}
  loose: {image: "NAME/loose:${TAG:-1}"}
"""
PYTHON = "python:3.12-slim-bookworm"
TEMPLATE = "FROM official\n# difykit: changes\n"
WHO = Person("A", "a@example.invalid", 1_700_000_000)


@dataclass
class Told:
    """Progress that remembers what it was told."""

    lines: list[str] = field(default_factory=list)
    oks: list[str] = field(default_factory=list)
    skips: list[str] = field(default_factory=list)
    warns: list[str] = field(default_factory=list)
    steps: list[str] = field(default_factory=list)

    @contextmanager
    def step(self, text: str) -> Iterator[None]:
        self.steps.append(text)
        yield

    def line(self, text: str) -> None:
        self.lines.append(text)

    def ok(self, text: str) -> None:
        self.oks.append(text)

    def skip(self, text: str) -> None:
        self.skips.append(text)

    def command(self, argv: list[str]) -> None: ...

    def warn(self, text: str) -> None:
        self.warns.append(text)

    def hint(self, text: str) -> None: ...


class Bench:
    """A workspace whose source can be changed at will, and the official images of its Dify."""

    def __init__(self, root: Path, images: str, base: str = "busybox:latest", web: str = "busybox:latest") -> None:
        self.name = images
        dify = {**DIFY, "docker/docker-compose.yaml": COMPOSE.replace("NAME", images)}
        dify["api/Dockerfile"] = API_DOCKERFILE.replace("busybox:latest", base)
        dify["web/Dockerfile"] = WEB_DOCKERFILE.replace("busybox:latest", web)
        write(root / "dify", dify)
        write(
            root / "work",
            {
                "difykit.yaml": f"version: 1\nupstream: {{ref: 1.0.0}}\nimages: {{prefix: {images}/}}\n",
                "images/api/image.yaml": f"version: 1\nreplaces: {images}/dify-api\n",
                "images/api/Dockerfile": TEMPLATE,
                "images/web/image.yaml": f"version: 1\nreplaces: {images}/dify-web\n",
            },
        )
        self.workspace = Workspace.open(root / "work")
        self.base = make_repository(self.workspace.store, [("1.0.0", root / "dify")])["1.0.0"]
        for part, context in (("api", "api"), ("web", ".")):
            docker_build(f"{images}/dify-{part}:1.0.0", "--file", f"{part}/Dockerfile", context, cwd=root / "dify")

    def official(self, reference: str, dockerfile: str) -> None:
        """One more official image."""
        docker_build(f"{self.name}/{reference}", "-", stdin=dockerfile)

    def image(self, name: str, keys: str = "", **beside: str) -> None:
        """The `image.yaml` of an image, with these keys after the first, and files beside it."""
        replaces = f"replaces: {self.name}/dify-{name}\n" if "replaces" not in keys else ""
        write(self.workspace.root / "images" / name, {"image.yaml": f"version: 1\n{replaces}{keys}", **beside})

    def enable(self, **overlays: str) -> None:
        """Enable overlays that have these keys and no files; the source does not change by it."""
        head = (self.workspace.root / "difykit.yaml").read_text().partition("overlays:")[0]
        write(self.workspace.root, {"difykit.yaml": f"{head}overlays: [{', '.join(overlays)}]\n"})
        for name, keys in overlays.items():
            manifest = f"version: 1\ndescription: x\n{keys}"
            write(self.workspace.root, {f"overlays/{name}/overlay.yaml": manifest})

    def sync(self, **overlays: dict[str, str | None]) -> state.Source:
        """Make the source from one commit per overlay, as `sync` would."""
        changed: list[Changes] = [{path: blob(text) for path, text in tree.items()} for tree in overlays.values()]
        store = Store(self.workspace.store)
        ids = write_chain(store, self.base, [Commit("x\n", WHO, WHO, one) for one in changed])
        layers = [
            state.SourceLayer(kind="overlay", name=name, key="", commit=commit)
            for name, commit in zip(overlays, ids, strict=True)
        ]
        source = state.Source(
            release="1.0.0", base=self.base, commit=ids[-1] if ids else self.base, layers=tuple(layers)
        )
        state.write_source(self.workspace.derived, source)
        WorkTree(self.workspace.source, store).move(source.commit)
        return source

    def build(self, *, keep_lock: bool = False) -> tuple[dict[str, state.Image], Told]:
        told = Told()
        workspace = Workspace.open(self.workspace.root)
        return {one.name: one for one in build(workspace, told, keep_lock=keep_lock).images}, told

    def plan(self) -> dict[str, ImagePlan]:
        """What a build would make."""
        workspace = Workspace.open(self.workspace.root)
        with Store(workspace.store) as store:
            plan = plan_build(workspace, state.need_source(workspace.derived), store, locked_digests(workspace))
        return {one.name: one for one in plan.images}


def docker_build(reference: str, *args: str, cwd: Path | None = None, stdin: str = "") -> None:
    # An engine with containerd's store would add a record with the time of the build, and make a list of the image.
    argv = ["docker", "build", "--quiet", "--provenance=false", "--tag", reference, *args]
    subprocess.run(argv, cwd=cwd, input=stdin.encode(), check=True, capture_output=True)


def run_in(reference: str, *argv: str) -> str:
    """What a command says in a container of the image, run as the image's own user.

    Its log is read, since `docker run` may miss the words of one that ends at once on a loaded machine.
    """
    name = f"difykit-test-run-{uuid.uuid4().hex[:12]}"
    docker("run", "--detach", "--name", name, "--entrypoint", "", reference, *argv)
    try:
        code, said = docker("wait", name), docker("logs", name)
    finally:
        docker("rm", "--force", name)
    assert code == "0", said
    return said


def write(root: Path, tree: dict[str, str]) -> None:
    for path, text in tree.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)


def blob(text: str | None) -> tuple[str, bytes] | None:
    return None if text is None else ("100644", text.encode())
