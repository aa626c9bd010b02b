"""The three hello overlays carried through every real release from 1.0.0 to 1.15.0, one after the other."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from packaging.version import Version

from difykit.core import files
from difykit.core.progress import Silent
from difykit.porting.apply.verbs import start
from difykit.source.sync import sync
from difykit.workspace.workspace import Workspace

pytestmark = pytest.mark.upstream

SETTINGS = """\
version: 1
upstream: {{url: "{url}", ref: {ref}}}
overlays: [hello-endpoint, hello-console, hello-page]
"""


@pytest.fixture
def upstream() -> Path:
    place = os.environ.get("DIFYKIT_UPSTREAM", "").removeprefix("file://")
    if not place:
        pytest.skip("DIFYKIT_UPSTREAM names no repository of Dify's releases")
    return Path(place).resolve()


def releases(upstream: Path) -> list[str]:
    """Every release from 1.0.0 on, oldest first."""
    tags = subprocess.run(["git", "tag"], cwd=upstream, capture_output=True, text=True, check=True).stdout.split()
    plain = [tag for tag in tags if Version(tag.replace("-fix.", ".post")) >= Version("1.0.0")]
    return sorted(plain, key=lambda tag: Version(tag.replace("-fix.", ".post")))


def test_the_hello_overlays_go_through_every_release_without_a_conflict(tmp_path: Path, upstream: Path) -> None:
    first, *later = releases(upstream)
    files.write(tmp_path / "difykit.yaml", SETTINGS.format(url=upstream.as_uri(), ref=first))
    sync(Workspace.open(tmp_path), Silent())
    states = set()
    for release in later:
        done = start(Workspace.open(tmp_path), release, Silent())
        assert (done.state, done.to) == ("done", release)
        states |= {layer.state for layer in done.layers}
    assert (first, later[-1]) == ("1.0.0", "1.15.0")
    assert states == {"untouched"}
    source = sync(Workspace.open(tmp_path), Silent(), keep_lock=True)
    assert source.release == "1.15.0"
    assert "Sign in to our Dify" in (tmp_path / ".difykit/source/web/i18n/en-US/login.json").read_text()
