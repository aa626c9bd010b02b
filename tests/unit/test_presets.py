"""The shipped overlays: each has its page, two of a kind refuse each other, and what stands twice is the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from difykit.workspace.manifest import OverlayManifest, read_manifest
from difykit.workspace.workspace import presets

ROOT = Path(__file__).resolve().parents[2]
MANIFESTS = {
    path.parent.name: read_manifest(OverlayManifest, path, path.parent.name)
    for path in sorted((presets() / "overlays").glob("*/overlay.yaml"))
}
OWN_PAGE = [name for name in MANIFESTS if not name.startswith("hello-")]


@pytest.mark.parametrize("name", OWN_PAGE)
def test_each_has_a_page_that_the_index_names(name: str) -> None:
    page = ROOT / "docs" / "overlays" / f"{name}.md"
    assert page.read_text().startswith(f"# {name}\n")
    assert f"[{name}]({name}.md)" in (page.parent / "README.md").read_text()
    for key in (need.key for need in MANIFESTS[name].requires.settings):
        assert key in page.read_text(), key


def test_those_that_conflict_say_so_on_both_sides() -> None:
    pairs = {(name, other) for name, manifest in MANIFESTS.items() for other in manifest.conflicts}
    assert {(other, name) for name, other in pairs} == pairs
    assert {other for _, other in pairs} <= MANIFESTS.keys()


@pytest.mark.parametrize(
    ("one", "other"), [("postgres-patroni", "external-patroni"), ("redis-sentinel", "external-sentinel")]
)
def test_the_way_to_the_leader_is_the_same_here_and_elsewhere(one: str, other: str) -> None:
    folder = presets() / "overlays"
    assert (folder / one / "haproxy.cfg").read_bytes() == (folder / other / "haproxy.cfg").read_bytes()
