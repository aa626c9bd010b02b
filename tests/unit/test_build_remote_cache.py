"""BuildKit's cache in a registry: where it is, what a target gets of it, what BuildKit says when it fails."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from difykit.core.errors import ConfigError
from difykit.images.build.cache import Cache, not_written, place_of
from difykit.images.definition import BakeTarget, bake_json
from difykit.workspace.workspace import Workspace
from tests.support.builds import write

PLACE = "registry.example.com/team/cache"


def workspace(folder: Path, images: str) -> Workspace:
    write(folder, {"difykit.yaml": f"version: 1\nupstream: {{ref: 1.0.0}}\nimages: {{{images}}}\n"})
    return Workspace.open(folder)


def test_the_variable_goes_before_the_setting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = workspace(tmp_path, f"cache: {PLACE}")
    assert place_of(found) == PLACE
    monkeypatch.setenv("DIFYKIT_CACHE", "localhost:5000/x")
    assert place_of(found) == "localhost:5000/x"
    monkeypatch.setenv("DIFYKIT_CACHE", "none")
    assert place_of(found) == ""
    monkeypatch.setenv("DIFYKIT_CACHE", "team/cache")
    with pytest.raises(ConfigError, match="DIFYKIT_CACHE: 'team/cache' does not name a repository in a registry"):
        place_of(found)


@pytest.mark.parametrize("place", ["team/cache", "registry.example.com", "registry.example.com/cache:web"])
def test_what_is_no_repository_is_told(tmp_path: Path, place: str) -> None:
    with pytest.raises(ConfigError, match=r"images\.cache: .* does not name a repository"):
        place_of(workspace(tmp_path, f"cache: {place!r}"))


def test_a_target_reads_the_cache_of_its_image_and_writes_it_where_that_is_allowed() -> None:
    target = BakeTarget("web_upstream", "source", "Dockerfile")
    assert Cache().lend(target) == target
    read = json.loads(bake_json([Cache(PLACE).lend(target)]))["target"]["web_upstream"]
    assert read["cache-from"] == [f"type=registry,ref={PLACE}:web"]
    assert "cache-to" not in read
    (written,) = json.loads(bake_json([Cache(PLACE, writes=True).lend(target)]))["target"]["web_upstream"]["cache-to"]
    assert written.startswith(f"type=registry,ref={PLACE}:web,mode=max,")
    assert written.endswith(",ignore-error=true")


def test_a_cache_that_was_not_written_is_found_in_what_buildkit_says() -> None:
    lines = [
        "#5 importing cache manifest from registry.example.com/team/cache:web",
        "#5 ERROR: failed to configure registry cache importer: not found",
        "#10 exporting cache to registry",
        "#10 preparing build cache for export 0.0s done",
    ]
    assert not_written(lines) == ""
    assert not_written([*lines, "#10 ERROR: error writing layer blob: 500"]) == "error writing layer blob: 500"
