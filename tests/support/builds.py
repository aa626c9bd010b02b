"""A Dify of a few lines in the real layout, its official images, and a workspace on it."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from difykit import state
from difykit.build import build
from difykit.git import Commit, Person, Store, WorkTree, make_repository, write_chain
from difykit.git.store import Changes
from difykit.workspace import Workspace

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
TEMPLATE = "FROM official\n# difykit: changes\n"
WHO = Person("A", "a@example.invalid", 1_700_000_000)


@dataclass
class Told:
    """Progress that remembers what it was told."""

    lines: list[str] = field(default_factory=list)
    oks: list[str] = field(default_factory=list)
    skips: list[str] = field(default_factory=list)
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
    def warn(self, text: str) -> None: ...
    def hint(self, text: str) -> None: ...


class Bench:
    """A workspace whose source can be changed at will, and the official images of its Dify."""

    def __init__(self, root: Path, images: str) -> None:
        self.name = images
        write(root / "dify", DIFY)
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
            argv = [
                "docker",
                "build",
                "--quiet",
                "--tag",
                f"{images}/dify-{part}:1.0.0",
                "--file",
                f"{part}/Dockerfile",
            ]
            subprocess.run([*argv, context], cwd=root / "dify", check=True, capture_output=True)

    def sync(self, **overlays: dict[str, str | None]) -> state.Source:
        """Make the source from one commit per overlay, as `sync` would."""
        changed: list[Changes] = [{path: blob(text) for path, text in tree.items()} for tree in overlays.values()]
        store = Store(self.workspace.store)
        ids = write_chain(store, self.base, [Commit("x\n", WHO, WHO, one) for one in changed])
        layers = [
            state.Layer(kind="overlay", name=name, key="", commit=commit)
            for name, commit in zip(overlays, ids, strict=True)
        ]
        source = state.Source(
            release="1.0.0", base=self.base, commit=ids[-1] if ids else self.base, layers=tuple(layers)
        )
        state.write_source(self.workspace.derived, source)
        WorkTree(self.workspace.source, store).move(source.commit)
        return source

    def build(self) -> tuple[dict[str, state.Image], Told]:
        told = Told()
        workspace = Workspace.open(self.workspace.root)
        return {one.name: one for one in build(workspace, told).images}, told


def write(root: Path, tree: dict[str, str]) -> None:
    for path, text in tree.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)


def blob(text: str | None) -> tuple[str, bytes] | None:
    return None if text is None else ("100644", text.encode())
