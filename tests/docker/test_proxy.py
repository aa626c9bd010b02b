"""`proxy:` of difykit.yaml with a real squid: a name that only the proxy knows is reached by it, and not without."""

from __future__ import annotations

import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from difykit.docker import inspect
from difykit.release.compose import ComposeRewrite, ServiceProxy, rewrite
from difykit.release.render.egress import with_parent
from tests.support.builds import TEMPLATE, Bench, run_in
from tests.support.clusters import address, docker
from tests.support.writers import wait_for

pytestmark = pytest.mark.docker

CONF = "http_access allow all\nhttp_port 3128\npid_filename none\ncache_log stdio:/dev/stderr\naccess_log none\n"
FAR = "http://far.example.com/"


@pytest.fixture
def squid(docker: None, tmp_path: Path) -> Iterator[str]:  # noqa: ARG001 - the engine must be there
    """A proxy beside a web server that only it knows by name; its address."""
    name = f"difykit-test-{uuid.uuid4().hex[:8]}"
    (tmp_path / "squid.conf").write_text(CONF)
    try:
        page = "echo far away >/var/www/html/index.html; exec nginx -g 'daemon off;'"
        site = "server{listen 80;root /var/www/html;}"
        start = (
            f"rm -f /etc/nginx/sites-enabled/*; echo '{site}' >/etc/nginx/conf.d/x.conf; mkdir -p /var/www/html; {page}"
        )
        run("--name", f"{name}-web", "nginx:latest", "sh", "-c", start)
        known = f"far.example.com:{address(f'{name}-web')}"
        conf = f"{tmp_path}/squid.conf:/etc/squid/squid.conf:ro"
        run("--name", f"{name}-squid", "--add-host", known, "-v", conf, "ubuntu/squid:latest", "squid", "-N")
        found = f"http://{address(f'{name}-squid')}:3128"
        wait_for("squid", lambda: "far away" in fetch({"http_proxy": found}))
        yield found
    finally:
        argv = ["docker", "rm", "--force", f"{name}-squid", f"{name}-web"]
        subprocess.run(argv, capture_output=True, check=False)


def run(*argv: str) -> None:
    docker("run", "--detach", *argv)


def fetch(env: dict[str, str]) -> str:
    """What curl in a container of its own gets from the far server with this environment."""
    given = [word for key, value in env.items() for word in ("--env", f"{key}={value}")]
    argv = ["docker", "run", "--rm", *given, "nginx:latest", "curl", "-sS", "--max-time", "10", FAR]
    return subprocess.run(argv, capture_output=True, text=True, check=False).stdout


def test_a_service_that_goes_out_gets_there_by_its_rendered_environment(squid: str) -> None:
    upstream = {"services": {"plugin_daemon": {"image": "langgenius/dify-plugin-daemon:1"}}}
    given = rewrite(upstream, ComposeRewrite(proxy=ServiceProxy(http=squid)))["services"]["plugin_daemon"][
        "environment"
    ]
    assert "far away" in fetch(given)
    assert fetch({}) == ""


def test_a_build_gets_there_and_keeps_the_proxy_to_itself(squid: str, tmp_path: Path, images: str) -> None:
    bench = Bench(tmp_path / "bench", images, base="nginx:latest")
    file = bench.workspace.root / "difykit.yaml"
    file.write_text(f"{file.read_text()}proxy: {{http: '{squid}'}}\n")
    fetched = f"USER root\nRUN curl -fsS --max-time 10 {FAR} >/far.txt\n"
    bench.image("api", Dockerfile=TEMPLATE + fetched)
    bench.sync()
    built, _ = bench.build()
    reference = built["api"].reference
    assert run_in(reference, "cat", "/far.txt") == "far away"
    shown = docker("image", "history", "--no-trunc", reference) + docker("image", "inspect", reference)
    assert squid not in shown
    assert inspect(reference)


def test_what_difys_own_squid_lets_through_goes_on_to_the_proxy(squid: str, tmp_path: Path) -> None:
    conf = with_parent(f"{CONF}tcp_outgoing_address 0.0.0.0\n", ServiceProxy(http=squid))
    (tmp_path / "inner.conf").write_text(conf)
    name = f"difykit-test-{uuid.uuid4().hex[:8]}-inner"
    try:
        mount = f"{tmp_path}/inner.conf:/etc/squid/squid.conf:ro"
        run("--name", name, "-v", mount, "ubuntu/squid:latest", "squid", "-N")
        inner = f"http://{address(name)}:3128"
        wait_for("the inner squid", lambda: "far away" in fetch({"http_proxy": inner}))
    finally:
        subprocess.run(["docker", "rm", "--force", name], capture_output=True, check=False)
