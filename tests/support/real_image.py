"""Images on a real release of Dify: a stand-in for its official api image, and a workspace whose images stand on it."""

from __future__ import annotations

import hashlib
import os
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from difykit import docker
from difykit.core.process import run
from difykit.workspace.workspace import Workspace
from tests.support.builds import docker_build, write

RELEASE = "1.12.1"
OFFICIAL = f"difykit-stand-in/dify-api:{RELEASE}"
_LABEL = "io.difykit.stand-in"

# The steps of the release's own api/Dockerfile in their order. Left out, as it comes from where no test may depend on:
# node from NodeSource's archive, and the data of nltk and tiktoken. Debian's packages are taken as they are today, as
# the versions that the release pins leave the archive.
DOCKERFILE = """\
FROM python:3.12-slim-bookworm AS base
WORKDIR /app/api
ENV UV_VERSION=0.8.9
RUN pip install --no-cache-dir uv==${UV_VERSION}

FROM base AS packages
RUN apt-get update && apt-get install -y --no-install-recommends g++ libmpfr-dev libmpc-dev
COPY pyproject.toml uv.lock ./
RUN uv sync --locked --no-dev

FROM base AS production
ENV FLASK_APP=app.py
ENV EDITION=SELF_HOSTED
ENV DEPLOY_ENV=PRODUCTION
ENV CONSOLE_API_URL=http://127.0.0.1:5001
ENV CONSOLE_WEB_URL=http://127.0.0.1:3000
ENV SERVICE_API_URL=http://127.0.0.1:5001
ENV APP_WEB_URL=http://127.0.0.1:3000
EXPOSE 5001
ENV TZ=UTC
ENV LANG=en_US.UTF-8
ENV LC_ALL=en_US.UTF-8
ENV PYTHONIOENCODING=utf-8
WORKDIR /app/api
ARG dify_uid=1001
RUN groupadd -r -g ${dify_uid} dify \\
    && useradd -r -u ${dify_uid} -g ${dify_uid} -s /bin/bash dify \\
    && chown -R dify:dify /app
RUN apt-get update \\
    && apt-get install -y --no-install-recommends ca-certificates curl gnupg libgmp-dev libmpfr-dev libmpc-dev \\
        expat libldap-2.5-0 perl libsqlite3-0 zlib1g fonts-noto-cjk media-types libmagic1 \\
    && apt-get autoremove -y \\
    && rm -rf /var/lib/apt/lists/*
ENV VIRTUAL_ENV=/app/api/.venv
COPY --from=packages --chown=dify:dify ${VIRTUAL_ENV} ${VIRTUAL_ENV}
ENV PATH="${VIRTUAL_ENV}/bin:${PATH}"
RUN mkdir -p /usr/local/share/nltk_data && chmod -R 755 /usr/local/share/nltk_data
ENV TIKTOKEN_CACHE_DIR=/app/api/.tiktoken_cache
RUN mkdir -p ${TIKTOKEN_CACHE_DIR} && chown -R dify:dify ${TIKTOKEN_CACHE_DIR}
COPY --chown=dify:dify . /app/api/
COPY --chown=dify:dify --chmod=755 docker/entrypoint.sh /entrypoint.sh
ARG COMMIT_SHA
ENV COMMIT_SHA=${COMMIT_SHA}
ENV NLTK_DATA=/usr/local/share/nltk_data
USER dify
ENTRYPOINT ["/bin/bash", "/entrypoint.sh"]
"""

SETTINGS = """\
version: 1
upstream: {{url: "{url}", ref: {release}}}
overlays: [{overlays}]
images: {{prefix: {name}/}}
"""


def find_upstream() -> Path:
    """The repository of Dify's releases. Raises LookupError when none is named."""
    place = os.environ.get("DIFYKIT_UPSTREAM", "").removeprefix("file://")
    if not place:
        raise LookupError("DIFYKIT_UPSTREAM names no repository of Dify's releases")
    return Path(place).resolve()


@contextmanager
def own_images() -> Iterator[str]:
    """A name for the images of a test (`<name>/…`), which are removed afterwards."""
    name = f"difykit-test-{uuid.uuid4().hex[:10]}"
    try:
        yield name
    finally:
        listed = ["docker", "image", "ls", "--format", "{{.Repository}}:{{.Tag}}", "--filter", f"reference={name}/*"]
        for reference in run(listed).text.split():
            docker.untag(reference)


def make_official(upstream: Path, scratch: Path) -> str:
    """The stand-in for the official api image, made from the release's own source.

    Its distributions are 2 GB and take minutes: it is kept from run to run, and no test removes it. To be rid of it:
    `docker image rm difykit-stand-in/dify-api:1.12.1`.
    """
    commit = run(["git", "-C", str(upstream), "rev-parse", f"{RELEASE}^{{commit}}"]).text.strip()
    made_from = hashlib.sha256((commit + DOCKERFILE).encode()).hexdigest()
    there = docker.inspect(OFFICIAL)
    if there is None or there.labels.get(_LABEL) != made_from:
        # With git's usual umask of archives another mode of a file would make BuildKit install everything twice.
        argv = ["git", "-C", str(upstream), "-c", "tar.umask=0022", "archive", RELEASE, "api"]
        subprocess.run(["tar", "-x", "-C", str(scratch)], input=run(argv).stdout, check=True)
        build_api(OFFICIAL, scratch / "api", scratch, "--label", f"{_LABEL}={made_from}")
    return OFFICIAL


def build_api(reference: str, context: Path, scratch: Path, *flags: str) -> None:
    """Build an api as upstream does, as far as that can be done here: with `DOCKERFILE`."""
    write(scratch, {"Dockerfile": DOCKERFILE})
    argv = ["docker", "buildx", "build", "--provenance=false", "--progress", "plain", "--tag", reference, *flags]
    run([*argv, "--file", str(scratch / "Dockerfile"), str(context)])


def make_workspace(folder: Path, upstream: Path, name: str, *overlays: str) -> Workspace:
    """A workspace on the release; its api stands on the stand-in, its web on an image with nothing in it."""
    settings = {"url": upstream.as_uri(), "release": RELEASE, "overlays": ", ".join(overlays), "name": name}
    api, web = OFFICIAL.rpartition(":")[0], f"{name}/dify-web"
    write(
        folder,
        {
            "difykit.yaml": SETTINGS.format(**settings),
            "images/api/image.yaml": f"version: 1\nreplaces: {api}\n",
            "images/web/image.yaml": f"version: 1\nreplaces: {web}\n",
        },
    )
    docker_build(f"{web}:{RELEASE}", "-", stdin="FROM scratch\nLABEL empty=true\n")
    return Workspace.open(folder)
