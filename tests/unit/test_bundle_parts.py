"""The parts of a bundle: which files travel, how images are named, blobs that wait, wheels made again."""

from __future__ import annotations

import gzip
import hashlib
from pathlib import Path

import pytest

from difykit.bundle.blob_store import BlobStore
from difykit.bundle.contents import left_here, workspace_files
from difykit.bundle.layout import full_name, tagged
from difykit.bundle.record import is_secret, may_travel
from difykit.bundle.wheels import closure
from difykit.core.errors import ConfigError, DifyKitError
from difykit.registry import digest_of
from difykit.workspace.workspace import Workspace
from tests.support.trees import Content, Link, Script, write_tree

SETTINGS = "version: 1\nupstream: {ref: 1.0.0}\n"


def workspace(root: Path, more: dict[str, Content]) -> Workspace:
    return Workspace.open(write_tree(root, {"difykit.yaml": SETTINGS, **more}))


def test_what_difykit_reads_travels_and_nothing_else(tmp_path: Path) -> None:
    here = workspace(
        tmp_path,
        {
            "difykit.lock": "x",
            "tasks.py": "x",
            "patches/series": "x",
            "overlays/a/tree/api/x.py": "x",
            "overlays/a/node.sh": Script("x"),
            "overlays/a/tree/docker/.env.example": "x",
            "images/api/image.yaml": "x",
            ".env": "SECRET=1",
            "data/volumes/x": "x",
            ".difykit/source.json": "x",
            ".git/config": "x",
            "notes.txt": "x",
            "secrets/x": "x",
        },
    )
    found = workspace_files(here)
    assert sorted(found) == [
        "difykit.lock",
        "difykit.yaml",
        "images/api/image.yaml",
        "overlays/a/node.sh",
        "overlays/a/tree/api/x.py",
        "overlays/a/tree/docker/.env.example",
        "patches/series",
        "tasks.py",
    ]
    assert [path for path, (executable, _) in found.items() if executable] == ["overlays/a/node.sh"]
    assert left_here(here) == ["notes.txt", "secrets"]


def test_secrets_and_links_in_it_are_refused_all_at_once(tmp_path: Path) -> None:
    here = workspace(tmp_path, {"overlays/a/.env": "S=1", "overlays/b/.env.local": "S=1", "patches/x": Link("/etc")})
    with pytest.raises(ConfigError) as caught:
        workspace_files(here)
    assert [problem.file for problem in caught.value.problems] == [
        "overlays/a/.env",
        "overlays/b/.env.local",
        "patches/x",
    ]


@pytest.mark.parametrize("path", [".env", "overlays", "data/x", ".difykit/x", "../x", "overlays/../x", "/x", "", "x/y"])
def test_paths_that_do_not_travel(path: str) -> None:
    assert not may_travel(path)


def test_names_of_files_with_secrets() -> None:
    assert [path for path in (".env", "a/.env.prod", "a/.env.example", "a/env", ".environment") if is_secret(path)] == [
        ".env",
        "a/.env.prod",
    ]


def test_names_of_images() -> None:
    names = ["redis", "redis:6-alpine", "127.0.0.1:5000/x", "127.0.0.1:5000/x:1", "a/b@sha256:" + "a" * 64]
    assert [tagged(name) for name in names] == [
        ("redis", "latest"),
        ("redis", "6-alpine"),
        ("127.0.0.1:5000/x", "latest"),
        ("127.0.0.1:5000/x", "1"),
        ("a/b", "sha256-" + "a" * 64),
    ]
    assert [full_name(name) for name in ("redis", "a/b", "quay.io/a/b", "localhost/x", "docker.io/redis")] == [
        "docker.io/library/redis",
        "docker.io/a/b",
        "quay.io/a/b",
        "localhost/x",
        "docker.io/library/redis",
    ]


def test_a_blob_waits_whole_or_not_at_all(tmp_path: Path) -> None:
    stage = BlobStore(tmp_path)
    wanted = digest_of(b"content")
    with pytest.raises(DifyKitError, match="is not what its digest"):
        stage.add([b"other"], wanted, "it")
    assert not stage.has(wanted)
    assert list((tmp_path / "blobs").iterdir()) == []
    stage.add([b"con", b"tent"], wanted, "it")
    assert BlobStore(tmp_path).has(wanted)
    stage.blob_path(wanted).write_bytes(b"damaged")
    assert not BlobStore(tmp_path).has(wanted)


def test_a_layer_is_packed_the_same_way_each_time_and_known_by_what_it_was(tmp_path: Path) -> None:
    content = b"layer" * 10_000
    stage = BlobStore(tmp_path / "a")
    diff_id, blob = stage.pack([content])
    assert diff_id == digest_of(content)
    assert gzip.decompress(stage.blob_path(blob).read_bytes()) == content
    assert BlobStore(tmp_path / "b").pack([content[:7], content[7:]])[0] == diff_id
    assert BlobStore(tmp_path / "a").packed(diff_id) == blob
    stage.blob_path(blob).unlink()
    assert BlobStore(tmp_path / "a").packed(diff_id) == ""


def test_what_a_killed_run_left_half_is_gone(tmp_path: Path) -> None:
    BlobStore(tmp_path)
    (tmp_path / "blobs" / "blob.new").write_bytes(b"half")
    BlobStore(tmp_path)
    assert list((tmp_path / "blobs").iterdir()) == []


def test_the_toolkit_is_packed_with_what_it_stands_on() -> None:
    names = {one.metadata["Name"].lower() for one in closure("difykit")}
    assert {"difykit", "invoke", "docker", "pydantic", "pydantic_core", "pyyaml", "requests", "urllib3"} <= names
    assert "pytest" not in names


@pytest.mark.parametrize(
    "wheel", ["difykit-1.0-py3-none-any.whl", "wheels/difykit-1.0-py3-none-any.whl", "a/b/difykit-1.whl"]
)
def test_the_wheel_that_toolkit_names_travels_alone(tmp_path: Path, wheel: str) -> None:
    other = str(Path(wheel).with_name("difykit-0.9-py3-none-any.whl"))
    here = workspace(tmp_path, {wheel: "wheel", other: "old"})
    digest = hashlib.sha256(b"wheel").hexdigest()
    settings = here.root / "difykit.yaml"
    settings.write_text(f"{settings.read_text()}toolkit: {wheel}#sha256={digest}\n")
    here = Workspace.open(here.root)
    found = workspace_files(here)
    assert found[wheel] == (False, b"wheel")
    assert other not in found
    assert left_here(here) == [other.partition("/")[0]]
    (here.root / other).unlink()
    assert left_here(here) == []
    (here.root / wheel).write_text("changed")
    with pytest.raises(ConfigError, match="has another hash than `toolkit`"):
        workspace_files(here)
    (here.root / wheel).unlink()
    assert wheel not in workspace_files(here)


@pytest.mark.parametrize(
    "path", ["data/difykit-1.whl", ".difykit/difykit-1.whl", "wheels/other-1.whl", "../difykit-1.whl", "/difykit-1.whl"]
)
def test_wheels_that_no_bundle_holds(path: str) -> None:
    assert not may_travel(path)
