"""The three hello overlays on real releases of Dify: synced, rendered, and read by Compose."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from difykit.core import files
from difykit.core.progress import Silent
from difykit.git import Store
from difykit.release.render import render
from difykit.source.sync import sync
from difykit.workspace import state
from difykit.workspace.workspace import Workspace

pytestmark = pytest.mark.upstream

RELEASES = ("1.0.0", "1.4.1", "1.8.1", "1.10.1", "1.12.1", "1.14.1", "1.15.0")
SETTINGS = """\
version: 1
upstream: {{url: "{url}", ref: {ref}}}
overlays: [hello-endpoint, hello-console, hello-page]
"""


def workspace(folder: Path, release: str) -> Workspace:
    place = os.environ.get("DIFYKIT_UPSTREAM", "").removeprefix("file://")
    if not place:
        pytest.skip("DIFYKIT_UPSTREAM names no repository of Dify's releases")
    files.write(folder / "difykit.yaml", SETTINGS.format(url=Path(place).resolve().as_uri(), ref=release))
    return Workspace.open(folder)


@pytest.fixture(scope="module", params=RELEASES)
def synced(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    here = workspace(tmp_path_factory.mktemp("real"), request.param)
    sync(here, Silent())
    return here


def changed(here: Workspace) -> list[str]:
    source = state.need_source(here.derived)
    with Store(here.store) as store:
        return [path for _, path in store.changed(source.base, source.commit)]


def test_every_python_file_that_is_added_or_wired_compiles(synced: Workspace) -> None:
    found = [path for path in changed(synced) if path.endswith(".py")]
    assert "api/extensions/ext_blueprints.py" in found
    assert "api/difykit_overlays/__init__.py" in found
    for path in found:
        compile((synced.source / path).read_bytes(), path, "exec")


def test_the_text_of_the_button_is_changed_exactly_once(synced: Workspace) -> None:
    texts = [path for path in changed(synced) if "/i18n/" in path]
    assert len(texts) == 1
    assert (synced.source / texts[0]).read_text().count("Sign in to our Dify") == 1


def test_only_what_the_overlays_say_differs_from_the_release(synced: Workspace) -> None:
    assert len(changed(synced)) == 7


def test_compose_takes_the_folder_in_which_nginx_routes_to_the_api_and_no_service_is_stock(synced: Workspace) -> None:
    source = state.need_source(synced.derived)
    images = tuple(
        state.Image(
            name=part,
            replaces=f"langgenius/dify-{part}",
            strategy="layer",
            reference=f"dify-{part}-custom:{source.release}-0123456789ab",
            image_id="sha256:0",
        )
        for part in ("api", "web")
    )
    render(synced, Silent(), images=state.BuiltImages(source=source.commit, images=images))
    base = ["docker", "compose", "-f", str(synced.release / "compose.yaml"), "--profile", "*"]
    subprocess.run([*base, "config", "-q"], cwd="/", check=True)
    shown = subprocess.run([*base, "config", "--images"], cwd="/", check=True, capture_output=True, text=True).stdout
    assert not re.search(r"langgenius/dify-(api|web):", shown)
    template = (synced.release / "nginx/conf.d/default.conf.template").read_text()
    location = template.index("location /custom-endpoint {")
    assert location < template.index("location / {")
    assert "proxy_pass http://api:5001;" in template[location : location + 120]
