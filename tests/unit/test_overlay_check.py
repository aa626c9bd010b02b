"""Overlays that do not fit the release or each other are told before anything is touched."""

from __future__ import annotations

from pathlib import Path

from packaging.version import Version

from difykit.core.errors import ConfigError
from difykit.source.overlay import check_overlays, content_key
from difykit.workspace.manifest import OverlayManifest, read_manifest
from difykit.workspace.workspace import Overlay
from tests.support.trees import Content, write_tree


def overlay(root: Path, name: str, text: str = "", tree: dict[str, Content] | None = None) -> Overlay:
    folder = root / "overlays" / name
    files = {f"tree/{path}": content for path, content in (tree or {}).items()}
    write_tree(folder, {"overlay.yaml": f"version: 1\ndescription: {name}\n{text}", **files})
    return Overlay(name, folder, read_manifest(OverlayManifest, folder / "overlay.yaml", "overlay.yaml"))


def problems(*overlays: Overlay, release: str = "1.5.0") -> list[str]:
    try:
        check_overlays(overlays, Version(release))
    except ConfigError as error:
        return [str(problem) for problem in error.problems]
    return []


def test_an_overlay_for_this_release_is_fine(tmp_path: Path) -> None:
    assert problems(overlay(tmp_path, "a", "requires: {dify: '>=1.0,<2'}\n")) == []


def test_an_overlay_for_another_release_is_refused(tmp_path: Path) -> None:
    assert problems(overlay(tmp_path, "a", "requires:\n  dify: '>=1.6'\n")) == [
        "overlays/a/overlay.yaml:4: is for Dify >=1.6, but the pin is 1.5.0"
    ]


def test_a_candidate_of_a_release_counts_as_in_the_range(tmp_path: Path) -> None:
    assert problems(overlay(tmp_path, "a", "requires: {dify: '>=1.0'}\n"), release="1.6.0rc1") == []


def test_an_overlay_that_another_requires_comes_before_it(tmp_path: Path) -> None:
    first, second = overlay(tmp_path, "a"), overlay(tmp_path, "b", "requires: {overlays: [a]}\n")
    assert problems(first, second) == []
    assert problems(second, first) == [
        "overlays/b/overlay.yaml:3: requires the overlay a, which comes after it in difykit.yaml"
    ]


def test_an_overlay_that_another_requires_is_enabled(tmp_path: Path) -> None:
    assert problems(overlay(tmp_path, "b", "requires: {overlays: [a]}\n")) == [
        "overlays/b/overlay.yaml:3: requires the overlay a, which is not enabled in difykit.yaml"
    ]


def test_overlays_in_conflict_are_refused(tmp_path: Path) -> None:
    assert problems(overlay(tmp_path, "a", "conflicts: [b]\n"), overlay(tmp_path, "b")) == [
        "overlays/a/overlay.yaml:3: conflicts with the overlay b, which is enabled too"
    ]


def test_an_overlay_given_twice_is_refused(tmp_path: Path) -> None:
    one = overlay(tmp_path, "a")
    assert problems(one, one) == ["difykit.yaml: overlays: a is given twice"]


ROUTE = "gateway: {routes: [{path: /x}]}\n"


def test_a_route_of_two_overlays_is_refused(tmp_path: Path) -> None:
    assert problems(overlay(tmp_path, "a", ROUTE), overlay(tmp_path, "b", ROUTE.replace("/x", "/x/"))) == [
        "overlays/b/overlay.yaml:3: gateway.routes.0: /x/ is routed by the overlay a already"
    ]


def test_a_route_given_twice_is_refused_at_the_second(tmp_path: Path) -> None:
    routes = "gateway:\n  routes:\n    - {path: /x}\n    - {path: /y}\n    - {path: /x/}\n"
    assert problems(overlay(tmp_path, "a", routes)) == [
        "overlays/a/overlay.yaml:7: gateway.routes.2: /x/ is routed twice; keep one of them"
    ]


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    first = overlay(tmp_path, "a", "requires: {dify: '<1'}\nconflicts: [b]\n")
    assert len(problems(first, overlay(tmp_path, "b", "requires: {overlays: [c]}\n"))) == 3


def test_an_overlay_without_files_and_edits_has_no_content(tmp_path: Path) -> None:
    assert content_key(overlay(tmp_path, "a", "env: {A: b}\n")) == ""


def test_content_changes_with_a_file_its_name_and_its_mode(tmp_path: Path) -> None:
    one = overlay(tmp_path / "1", "a", tree={"x": "1"})
    keys = {
        content_key(one),
        content_key(overlay(tmp_path / "2", "a", tree={"x": "2"})),
        content_key(overlay(tmp_path / "3", "a", tree={"y": "1"})),
        content_key(overlay(tmp_path / "4", "a", "edits: [{file: x, json: {merge: {a: 1}}}]\n", {"x": "1"})),
    }
    (one.folder / "tree/x").chmod(0o755)
    keys.add(content_key(one))
    assert len(keys) == 5


def test_content_is_the_same_in_another_folder_at_another_time(tmp_path: Path) -> None:
    one = overlay(tmp_path / "1", "a", tree={"x/y": "1", "z": "2"})
    two = overlay(tmp_path / "2", "a", tree={"z": "2", "x/y": "1"})
    assert content_key(one) == content_key(two)
