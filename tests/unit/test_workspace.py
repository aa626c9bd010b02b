"""Where a workspace is, and what it enables."""

from __future__ import annotations

from pathlib import Path

import pytest

from difykit.core.errors import ConfigError, DifyKitError
from difykit.workspace.lock import Lock, UpstreamLock, read_lock, write_lock
from difykit.workspace.state import Source, need_images, need_source, read_source, write_source
from difykit.workspace.workspace import Workspace
from tests.support.trees import write_tree

PIN = "version: 1\nupstream: {ref: 1.0.0}\n"
ID = "a" * 40


def space(root: Path, text: str = "") -> Workspace:
    write_tree(root, {"difykit.yaml": PIN + text})
    return Workspace.open(root)


def problems(workspace: Workspace) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        _ = workspace.overlays
    return [str(problem) for problem in caught.value.problems]


def test_a_workspace_is_found_from_a_folder_in_it(tmp_path: Path) -> None:
    space(tmp_path)
    (tmp_path / "a/b").mkdir(parents=True)
    assert Workspace.find(tmp_path / "a/b").root == tmp_path.resolve()


def test_outside_of_a_workspace_the_way_to_one_is_told(tmp_path: Path) -> None:
    with pytest.raises(DifyKitError, match="is not in a difykit workspace") as caught:
        Workspace.find(tmp_path)
    assert caught.value.hint == "make one: difykit init my-dify"


def test_the_data_folder_is_beside_the_settings(tmp_path: Path) -> None:
    assert space(tmp_path, "deploy: {data: ../volumes}\n").data == tmp_path.resolve().parent / "volumes"


def test_an_overlay_of_the_workspace_comes_before_a_shipped_one(tmp_path: Path) -> None:
    write_tree(tmp_path, {"overlays/hello-endpoint/overlay.yaml": "version: 1\ndescription: mine\n"})
    (overlay,) = space(tmp_path, "overlays: [hello-endpoint]\n").overlays
    assert overlay.manifest.description == "mine"


def test_a_shipped_overlay_is_found(tmp_path: Path) -> None:
    (overlay,) = space(tmp_path, "overlays: [hello-endpoint]\n").overlays
    assert overlay.manifest.gateway.routes[0].path == "/custom-endpoint"


def test_shipped_images_are_there_and_can_be_defined_anew(tmp_path: Path) -> None:
    write_tree(tmp_path, {"images/api/image.yaml": "version: 1\nreplaces: langgenius/dify-api\nstrategy: source\n"})
    images = space(tmp_path).images
    assert (images["api"][1].strategy, images["web"][1].strategy) == ("source", "auto")


def test_an_overlay_that_is_nowhere_is_named(tmp_path: Path) -> None:
    assert problems(space(tmp_path, "overlays:\n- nowhere\n")) == [
        "difykit.yaml:4: overlays: there is no overlay nowhere (no overlays/nowhere/overlay.yaml)"
    ]


def test_an_overlay_that_is_nowhere_has_its_own_line(tmp_path: Path) -> None:
    """Its name may be part of what stands above it."""
    write_tree(tmp_path, {"overlays/up-stream/overlay.yaml": "version: 1\ndescription: x\n"})
    found = problems(space(tmp_path, "overlays:\n- up-stream\n- stream\n"))
    assert [line.split(": ")[0] for line in found] == ["difykit.yaml:5"]


def test_the_problems_of_all_overlays_are_told_at_once(tmp_path: Path) -> None:
    write_tree(tmp_path, {f"overlays/{name}/overlay.yaml": "version: 1\n" for name in "ab"})
    assert problems(space(tmp_path, "overlays: [a, b]\n")) == [
        "overlays/a/overlay.yaml:1: description: is missing",
        "overlays/b/overlay.yaml:1: description: is missing",
    ]


def test_a_lock_reads_back_as_it_was_written(tmp_path: Path) -> None:
    lock = Lock(engine=1, upstream=UpstreamLock(ref="1.0", commit="1" * 39 + "e", tree=ID), replaced={})
    write_lock(tmp_path / "difykit.lock", lock)
    assert read_lock(tmp_path / "difykit.lock") == lock


def test_a_lock_holds_the_paths_that_overlays_replace(tmp_path: Path) -> None:
    upstream = UpstreamLock(ref="1.0", commit=ID, tree=ID)
    lock = Lock(engine=1, upstream=upstream, replaced={"api/a b.py": ID, "web/app/(x)/[y]/page.tsx": "1" * 40})
    write_lock(tmp_path / "difykit.lock", lock)
    assert read_lock(tmp_path / "difykit.lock") == lock


def test_no_lock_is_none(tmp_path: Path) -> None:
    assert read_lock(tmp_path / "difykit.lock") is None


def test_a_broken_lock_is_told(tmp_path: Path) -> None:
    (tmp_path / "difykit.lock").write_text("version: 1\nengine: 1\nupstream: {ref: x, commit: abc, tree: abc}\n")
    with pytest.raises(ConfigError, match=r"difykit.lock:3: upstream.commit: 'abc' is not a full commit or tree id"):
        read_lock(tmp_path / "difykit.lock")


def test_a_lock_with_the_markers_of_a_merge_is_told(tmp_path: Path) -> None:
    (tmp_path / "difykit.lock").write_text("version: 1\n<<<<<<< HEAD\nengine: 1\n=======\nengine: 2\n>>>>>>> x\n")
    with pytest.raises(ConfigError, match=r"difykit.lock:\d: "):
        read_lock(tmp_path / "difykit.lock")


def test_what_sync_made_reads_back(tmp_path: Path) -> None:
    source = Source(release="1.0", base=ID, commit=ID, layers=())
    write_source(tmp_path, source)
    assert read_source(tmp_path) == source


@pytest.mark.parametrize("text", ["", "{", "[]", '{"release": 1}', "\xff"])
def test_what_cannot_be_read_counts_as_not_made(tmp_path: Path, text: str) -> None:
    write_tree(tmp_path, {"source.json": text.encode("latin-1")})
    assert read_source(tmp_path) is None


def test_without_a_source_the_way_to_one_is_told(tmp_path: Path) -> None:
    with pytest.raises(DifyKitError) as caught:
        need_source(tmp_path)
    assert caught.value.hint == "make it: invoke sync"


def test_without_images_the_way_to_them_is_told(tmp_path: Path) -> None:
    with pytest.raises(DifyKitError) as caught:
        need_images(tmp_path, Source(release="1.0", base=ID, commit=ID, layers=()))
    assert caught.value.hint == "make them: invoke build"
