"""Builds behind mirrors: what steps ask, and that the image knows nothing of it."""

from __future__ import annotations

import io
import subprocess
import sys
import tarfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from difykit import docker
from difykit.core.errors import BuildFailed
from difykit.core.process import run
from tests.support.builds import API_DOCKERFILE, PYTHON, Bench, docker_build, run_in, write
from tests.support.fault_registry import REGISTRY

pytestmark = pytest.mark.docker

SEEN = """\
RUN mkdir /seen && apt-get indextargets --format '$(SITE)' | sort -u >/seen/apt && \\
    sh -c 'echo pip $PIP_INDEX_URL npm $npm_config_registry corepack $COREPACK_NPM_REGISTRY' >/seen/env
"""
LOCKED = """\
FROM BASE AS packages
RUN pip install --quiet uv
WORKDIR /app/api
COPY pyproject.toml uv.lock ./
RUN uv sync --locked && cp uv.lock /after.lock

FROM BASE
WORKDIR /app/api
COPY --from=packages /app/api/.venv ./.venv
COPY --from=packages /after.lock /after.lock
COPY . /app/api/
"""
PROJECT = """\
[project]
name = "x"
version = "1"
requires-python = ">=3.9"
dependencies = ["iniconfig==2.0.0"]
"""


def settings(bench: Bench, mirrors: str) -> None:
    file = bench.workspace.root / "difykit.yaml"
    head = file.read_text().partition("mirrors:")[0]
    file.write_text(f"{head}mirrors: {{{mirrors}}}\n")


@contextmanager
def served(folder: Path) -> Iterator[tuple[str, list[str]]]:
    """A web server that builds reach, and what it was asked for."""
    asked: list[str] = []

    class Handler(SimpleHTTPRequestHandler):
        def log_message(self, *args: object) -> None: ...

        def do_GET(self) -> None:
            asked.append(self.path)
            super().do_GET()

    gateway = run(["docker", "network", "inspect", "bridge", "--format", "{{(index .IPAM.Config 0).Gateway}}"]).text
    with ThreadingHTTPServer((gateway.strip(), 0), partial(Handler, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://{gateway.strip()}:{server.server_address[1]}", asked
        finally:
            server.shutdown()
            thread.join()


def everything_in(reference: str) -> bytes:
    """All layers of an image, its configuration and its history, as bytes."""
    saved = subprocess.run(["docker", "save", reference], check=True, capture_output=True).stdout
    found = [saved]
    with tarfile.open(fileobj=io.BytesIO(saved)) as archive:
        for member in archive.getmembers():
            content = archive.extractfile(member)
            if content and content.read(2) == b"\x1f\x8b" and content.seek(0) == 0:
                found.append(subprocess.run(["gunzip"], input=content.read(), check=True, capture_output=True).stdout)
    return b"".join(found)


def test_what_builds_stand_on_comes_from_the_mirror(tmp_path: Path, images: str) -> None:
    bench = Bench(tmp_path, images)
    mirror = f"{REGISTRY}/{images}"
    marked = f"{mirror}/library/busybox:latest"
    official = f"{mirror}/{images}/dify-api:1.0.0"
    try:
        docker_build(marked, "-", stdin="FROM busybox\nRUN echo mirror >/whence\n")
        docker_build(
            official, "-", stdin=f"FROM {images}/dify-api:1.0.0\nUSER 0\nRUN echo mirror >/whence\nUSER 1001\n"
        )
        for each in (marked, official):
            run(["docker", "push", "--quiet", each])
            docker.untag(each)
        docker.untag(f"{images}/dify-api:1.0.0")
        settings(bench, f'registry: "{mirror}"')
        bench.sync(mine={"web/app/page.tsx": "mine\n", "api/app.py": "mine\n"})
        built, told = bench.build()
        assert (built["api"].strategy, built["web"].strategy) == ("layer", "source")
        for name in ("api", "web"):
            assert run_in(built[name].reference, "cat", "/whence") == "mirror"
        assert f"pull {official}" in told.steps
        assert bench.build()[0] == built
    finally:
        for each in (marked, official):
            docker.untag(each)


def test_steps_ask_the_mirrors_and_the_image_does_not_know_them(tmp_path: Path, images: str) -> None:
    bench = Bench(tmp_path, images, base=PYTHON)
    host = f"mirror-{images}.invalid"
    settings(
        bench,
        f'apt: "http://{host}/debian", pypi: "http://{host}/simple", npm: "http://{host}/npm/", fonts: none',
    )
    dockerfile = API_DOCKERFILE.replace("busybox:latest", PYTHON)
    dockerfile = dockerfile.replace("RUN mkdir -p /app/api", SEEN + "RUN mkdir -p /app/api")
    bench.sync(mine={"api/Dockerfile": dockerfile})
    built, _ = bench.build()
    reference = built["api"].reference
    assert built["api"].strategy == "source"
    assert run_in(reference, "cat", "/seen/env") == (
        f"pip http://{host}/simple npm http://{host}/npm/ corepack http://{host}/npm"
    )
    archives = {f"http://{host}/debian", f"http://{host}/debian-security"}
    assert set(run_in(reference, "cat", "/seen/apt").split()) <= archives
    quiet = dockerfile.replace(SEEN, "RUN pip --version && apt-get indextargets\n")
    bench.sync(mine={"api/Dockerfile": quiet})
    built, _ = bench.build()
    assert host.encode() not in everything_in(built["api"].reference)


def test_what_a_lock_names_comes_from_the_mirror_and_the_lock_stays(tmp_path: Path, images: str) -> None:
    project, mirror = tmp_path / "project", tmp_path / "mirror"
    write(project, {"pyproject.toml": PROJECT})
    run([str(Path(sys.executable).with_name("uv")), "lock", "--quiet", "--directory", str(project)])
    mirror.mkdir()
    run(["pip", "download", "--quiet", "--no-deps", "--dest", str(mirror / "files"), "iniconfig==2.0.0"])
    (wheel,) = (mirror / "files").iterdir()
    write(mirror, {"simple/iniconfig/index.html": f'<a href="../../files/{wheel.name}#sha256=0">x</a>\n'})
    lock = (project / "uv.lock").read_text()
    bench = Bench(tmp_path, images, base=PYTHON)
    dockerfile = LOCKED.replace("BASE", PYTHON)
    files: dict[str, str | None] = {"api/Dockerfile": dockerfile, "api/uv.lock": lock, "api/pyproject.toml": PROJECT}
    bench.sync(mine=files)
    with served(mirror) as (address, asked):
        # What is not in the lock comes from where it always does: this mirror has nothing else.
        bench.sync(
            mine={**files, "api/Dockerfile": dockerfile.replace("pip install", "env -u PIP_INDEX_URL pip install")}
        )
        settings(bench, f'pypi: "{address}/simple"')
        built, _ = bench.build()
    reference = built["api"].reference
    assert f"/files/{wheel.name}" in asked
    assert run_in(reference, "ls", "/app/api/.venv/lib/python3.11/site-packages/iniconfig/__init__.py")
    assert run_in(reference, "cat", "/after.lock") == lock.strip()
    assert address.encode() not in everything_in(reference)


def test_a_mirror_that_does_not_answer_is_named(tmp_path: Path, images: str) -> None:
    bench = Bench(tmp_path, images, base=PYTHON)
    lock = '[[package]]\nname = "a"\nversion = "1"\nsource = { registry = "https://r.invalid/simple" }\n'
    dockerfile = f"FROM {PYTHON}\nRUN printf '#!/bin/sh\\n' >/bin/uv && chmod 755 /bin/uv\nWORKDIR /app/api\n"
    dockerfile += "COPY uv.lock ./\nRUN uv sync --locked\nCOPY . /app/api/\n"
    bench.sync(mine={"api/Dockerfile": dockerfile, "api/uv.lock": lock})
    settings(bench, 'pypi: "http://127.0.0.1:9/simple"')
    with pytest.raises(BuildFailed) as failure:
        bench.build()
    assert failure.value.message.startswith(
        "the image api was not built: the mirror of PyPI does not answer for a: http://127.0.0.1:9/simple/a/:"
    )
