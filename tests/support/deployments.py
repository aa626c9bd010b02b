"""Deployments as upstream's own guide has them made: its docker folder, copied, edited by hand."""

from __future__ import annotations

import subprocess
from pathlib import Path

from difykit.core.files import write
from difykit.workspace import dotenv

OVERRIDE = """\
services:
  redis:
    ports: ["127.0.0.1:16379:6379"]
  mailer:
    image: busybox
    volumes: ["./volumes/mailer:/data"]
"""


def from_upstream(place: str, release: str, folder: Path) -> Path:
    """The release's docker folder below `folder`, with `.env` and `envs/**` made from the examples."""
    folder.mkdir(parents=True, exist_ok=True)
    shown = subprocess.run(["git", "-C", place, "archive", release, "docker"], check=True, capture_output=True).stdout
    subprocess.run(["tar", "x"], cwd=folder, input=shown, check=True)
    docker = folder / "docker"
    for example in docker.rglob("*.env.example"):
        write(example.with_name(example.name.removesuffix(".example")), example.read_bytes())
    return docker


def edit_by_hand(docker: Path) -> None:
    """What people do to it in a year: settings, a pinned image, a hard-coded value, a port, a service, a template."""
    file = docker / "docker-compose.yaml"
    text = file.read_text()
    text = text.replace("    image: nginx:latest\n", "    image: nginx:1.27\n", 1)
    text = text.replace(
        "      - ./volumes/app/storage:/app/api/storage\n",
        "      - ./volumes/app/storage:/app/api/storage\n      - ./own.conf:/etc/own.conf:ro\n",
        1,
    )
    text = text.replace("      MODE: api\n", "      MODE: api\n      MY_FLAG: '1'\n", 1)
    file.write_text(text)
    (docker / "own.conf").write_text("x\n")
    (docker / "docker-compose.override.yaml").write_text(OVERRIDE)
    place = docker / ".env"
    changes = {"EXPOSE_NGINX_PORT": "8088", "DB_PASSWORD": "mine alone $1", "MY_OWN": "1", "LOG_LEVEL": "DEBUG"}
    kept = dotenv.without(place.read_text(), ["NGINX_SERVER_NAME", "SQLALCHEMY_POOL_SIZE"])
    place.write_text(dotenv.set_values(kept, changes))
    template = docker / "nginx" / "proxy.conf.template"
    template.write_text(template.read_text() + "# edited\n")
    (docker / "nginx" / "ssl" / "dify.key").write_text("k\n")
