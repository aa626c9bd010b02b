"""A workspace with an overlay whose middleware runs on hosts of its own."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from difykit.workspace.workspace import Workspace
from tests.support.trees import Content, write_tree

SETTINGS = "version: 1\nupstream: {url: 'https://example.org/dify.git', ref: 1.0.0}\n"
MANIFEST = """\
version: 1
description: Nodes that say hello
secrets: {TINY_TOKEN: {generate: 32, to: [a]}}
middleware:
  nodes: NODES
  folder: node
  env: [DB_PASSWORD, DB_USERNAME]
  ports: [8000, 8001]
  used: {overlay: external-postgres, env: {DB_HOST: "${NODE_1}", GREETING: "hello ${NODE}"}}
"""
COMPOSE = """\
services:
  hello:
    image: busybox:latest
    restart: always
    command: [sh, /hello.sh]
    labels: {difykit.files: "${FILES:?}"}
    environment:
      TINY_TOKEN: ${TINY_TOKEN:?}
      DB_PASSWORD: ${DB_PASSWORD:?}
      DB_USERNAME: ${DB_USERNAME:-postgres}
    volumes: ["./hello.sh:/hello.sh:ro", "${DIFY_DATA:?}/hello:/data"]
    healthcheck: {test: [CMD, test, -f, /data/ready], interval: 1s, retries: 60}
"""
SCRIPT = "date > /data/ready; echo hello from $HOSTNAME; exec sleep 1d\n"


def tiny(root: Path, nodes: int = 3, more: Mapping[str, Content] | None = None) -> Workspace:
    """A workspace with the overlay `tiny`; `more` are other files of its folder for one host."""
    tree: dict[str, Content] = {
        "difykit.yaml": SETTINGS,
        "overlays/tiny/overlay.yaml": MANIFEST.replace("NODES", str(nodes)),
        "overlays/tiny/node/compose.yaml": COMPOSE,
        "overlays/tiny/node/hello.sh": SCRIPT,
        **{f"overlays/tiny/node/{name}": text for name, text in (more or {}).items()},
    }
    return Workspace.open(write_tree(root, tree))
