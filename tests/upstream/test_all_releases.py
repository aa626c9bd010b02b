"""Every release from 1.0.0 to 1.15.0, with the hello overlays and one of each kind that `overlay.new` writes."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest
from packaging.version import Version

from difykit.core.progress import Silent
from difykit.git import Store
from difykit.source import overlay
from difykit.source.sync import sync
from difykit.workspace import state
from difykit.workspace.workspace import Workspace

pytestmark = pytest.mark.upstream

KINDS = ("endpoint", "console-endpoint", "page", "env", "compose")
PLACE = os.environ.get("DIFYKIT_UPSTREAM", "").removeprefix("file://")


def releases() -> list[str]:
    """The releases of the repository, from 1.0.0 on."""
    if not PLACE:
        return []
    shown = subprocess.run(["git", "-C", PLACE, "tag"], check=True, capture_output=True, text=True).stdout.split()
    found = [
        tag for tag in shown if re.fullmatch(r"\d+\.\d+\.\d+", tag) and Version("1.0") <= Version(tag) < Version("2")
    ]
    return sorted(found, key=Version)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with one overlay of each kind, pinned to the newest release."""
    folder = tmp_path_factory.mktemp("all")
    pin(folder, releases()[-1], "hello-endpoint, hello-console, hello-page")
    for kind in KINDS:
        overlay.new(Workspace.open(folder), f"my-{kind}", kind)
    return folder


def pin(folder: Path, release: str, overlays: str = "") -> None:
    file = folder / "difykit.yaml"
    names = overlays or re.findall(r"overlays: \[(.*)\]", file.read_text())[0]
    url = Path(PLACE).resolve().as_uri()
    file.write_text(f'version: 1\nupstream: {{url: "{url}", ref: {release}}}\noverlays: [{names}]\n')


@pytest.mark.skipif(not PLACE, reason="DIFYKIT_UPSTREAM names no repository of Dify's releases")
@pytest.mark.parametrize("release", releases())
def test_the_release_takes_all_overlays_and_its_wired_python_compiles(root: Path, release: str) -> None:
    pin(root, release)
    workspace = Workspace.open(root)
    sync(workspace, Silent())
    source = state.need_source(workspace.derived)
    with Store(workspace.store) as store:
        changed = [path for _, path in store.changed(source.base, source.commit)]
    python = [path for path in changed if path.endswith(".py")]
    assert len(python) == 6, python
    for path in python:
        compile((workspace.source / path).read_bytes(), path, "exec")
    texts = [path for path in changed if "/i18n/" in path]
    assert len(texts) == 1
    assert (workspace.source / texts[0]).read_text().count("Sign in to our Dify") == 1
    template = (workspace.source / "docker/nginx/conf.d/default.conf.template").read_text()
    assert template.index("location /my-endpoint {") < template.index("location / {")
    assert sum(path.endswith("page.tsx") for path in changed) == 2
