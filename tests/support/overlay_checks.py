"""A small release whose overlays are checked, and what `overlay.check` tells of them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from difykit.checks.overlays import OverlayReport, check
from difykit.source.sync import pinned
from difykit.workspace.workspace import Workspace
from tests.support.repos import Upstream
from tests.support.trees import Content
from tests.support.workspaces import WorkspaceFixture

RELEASE: dict[str, Content] = {
    "api/pyproject.toml": '[project]\nname = "dify-api"\nrequires-python = ">=3.11,<3.13"\ndependencies = ["a>=1"]\n',
    "api/uv.lock": (
        '[[package]]\nname = "a"\n\n[[package]]\nname = "dify-api"\n\n[package.metadata]\n'
        'requires-dist = [{ name = "a", specifier = ">=1" }]\n'
    ),
    "api/Dockerfile": "FROM python:3.12-slim\nCOPY . /app/api/\n",
    "api/controllers/console/__init__.py": 'bp = Blueprint("console", __name__, url_prefix="/console/api")\nns = 1\n',
    "api/controllers/open.py": "def __getattr__(name): ...\n",
    "docker/.env.example": "LOG_LEVEL=INFO\n",
    "docker/docker-compose.yaml": (
        "services:\n  api:\n    image: langgenius/dify-api:1.0.0\n    env_file: .env\n"
        "  web:\n    image: langgenius/dify-web:1.0.0\n"
    ),
    "web/Dockerfile": "FROM node:22\nCOPY . .\n",
    "web/package.json": '{\n  "name": "dify-web",\n  "version": "1.0.0",\n  "dependencies": {"next": "1"}\n}\n',
    "web/pnpm-lock.yaml": (
        "lockfileVersion: '9.0'\n\nimporters:\n\n  .:\n    dependencies:\n      next:\n        specifier: '1'\n"
        "        version: '1'\n\npackages: {}\n"
    ),
    "web/app/(commonLayout)/apps/page.tsx": "export default function P() { return null }\n",
    "web/app/odd/page.tsx": "const a = (\n",
}
BP = 'from flask import Blueprint\nbp = Blueprint("mine", __name__)\n'
PAGE = "export default () => <p>x</p>\n"
LABEL = "overlays/o/overlay.yaml"


BLUEPRINT = "api: {blueprints: [controllers.mine:bp]}\n"


def fetched(folder: Path) -> WorkspaceFixture:
    """A workspace that has fetched the release."""
    upstream = Upstream(folder)
    upstream.release("1.0.0", RELEASE)
    space = WorkspaceFixture(folder / "space", upstream)
    space.sync()
    return space


def checked(space: WorkspaceFixture) -> OverlayReport:
    workspace = Workspace.open(space.root)
    with pinned(workspace) as pin:
        return check(workspace, pin)


def told(space: WorkspaceFixture, manifest: str, tree: Mapping[str, Content] | None = None) -> OverlayReport:
    """What is told of the overlay `o`, whose manifest goes on from its third line."""
    space.overlay("o", tree, manifest)
    return checked(space)
