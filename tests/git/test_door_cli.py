"""Every verb that reads a file, with what is no file in its place: told in time, without a traceback, nothing lost."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from difykit.demo.upstream import make_upstream
from tests.support.odd_files import KINDS, put
from tests.support.workspaces import WorkspaceFixture, patch_text

PATIENCE = 60
"""Seconds after which a run hangs; a FIFO without a writer is waited for a few."""

SECRET = "sk-abcdefghijklmnopqrstuvwxyz012345"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace that was synced and rendered, with one of everything that is read."""
    folder = tmp_path_factory.mktemp("door")
    make_upstream(folder / "dify.git")
    space = WorkspaceFixture(folder / "ws", (folder / "dify.git").as_uri(), ref="1.98.0")
    space.overlay("mine", {"api/mine/x.py": "X = 1\n"}, "compose: {files: [compose.yaml]}\nimages: [own]\n")
    space.sync()
    lines = (space.source / "api/pyproject.toml").read_text().splitlines()
    space.patch(
        "one.patch", patch_text("api/pyproject.toml", lines, [*lines[:-1], f"{lines[-1]} "], message="Why: x\n")
    )
    space.write(
        {
            "overlays/mine/compose.yaml": "services:\n  extra:\n    image: own\n",
            ".env": f"LOG_LEVEL=INFO\nSECRET_KEY={SECRET}\n",
            "images/own/image.yaml": "version: 1\ndockerfile: Dockerfile\n",
            "images/own/Dockerfile": "FROM nginx:1\nCOPY a /a\n",
            "images/own/a": "a\n",
            "registry.json": '{"images": {}}\n',
        }
    )
    source = space.sync()
    images = [
        {"name": name, "replaces": of, "strategy": "layer", "reference": f"{name}:x", "image_id": f"sha256:{'1' * 64}"}
        for name, of in (
            ("dify-api-custom", "langgenius/dify-api"),
            ("dify-web-custom", "langgenius/dify-web"),
            ("own", ""),
        )
    ]
    text = json.dumps({"source": source.commit, "images": images})
    space.write({".difykit/images.json": text, "images.json": text, "home/.docker/config.json": "{}"})
    assert run(space.root, "render").returncode == 0
    return space.root


@pytest.fixture
def root(made: Path, tmp_path: Path) -> Path:
    shutil.copytree(made, tmp_path / "ws", symlinks=True)
    return tmp_path / "ws"


def run(root: Path, *words: str, before: str = "") -> subprocess.CompletedProcess[str]:
    """Run difykit, or after `before` in a shell; a run that hangs fails the test."""
    argv = [sys.executable, "-m", "difykit", *words]
    if before:
        argv = ["bash", "-c", f'{before}\n"$@"', "bash", *argv]
    environ = {key: value for key, value in os.environ.items() if key != "CI"} | {"HOME": str(root / "home")}
    return subprocess.run(
        argv,
        cwd=root,
        env=environ,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
        start_new_session=True,
    )


ROWS = [
    (".env", "render", ".env"),
    (".env", "env.set LOG_LEVEL=DEBUG", ".env"),
    ("difykit.yaml", "sync", "difykit.yaml"),
    ("difykit.lock", "sync", "difykit.lock"),
    ("patches/series", "sync", "patches/series"),
    ("patches/one.patch", "sync", "patches/one.patch"),
    ("overlays/mine/overlay.yaml", "sync", "overlays/mine/overlay.yaml"),
    ("overlays/mine/overlay.yaml", "overlay.show mine", "overlays/mine/overlay.yaml"),
    ("overlays/mine/tree/api/mine/x.py", "sync", "overlays/mine/tree/api/mine/x.py"),
    ("overlays/mine/compose.yaml", "render", "overlays/mine/compose.yaml"),
    ("images/own/image.yaml", "build --check", "images/own/image.yaml"),
    ("images/own/Dockerfile", "build --check", "images/own"),
    ("registry.json", "render", "registry.json"),
    (".difykit/source.json", "render", ".difykit/source.json"),
    (".difykit/images.json", "render", ".difykit/images.json"),
    (".difykit/upgrade/landing.json", "sync", ".difykit/upgrade/landing.json"),
    ("images.json", "deploy --images images.json --check", "images.json"),
    ("bundle", "bundle.load bundle", "bundle"),
]
"""A file, a verb that reads it, and what the message must name."""

TOLD = {"fifo", "zero", "circle", "endless", "folder", "dangling"}


@pytest.mark.parametrize("kind", sorted(TOLD))
@pytest.mark.parametrize(("path", "verb", "named"), ROWS, ids=[f"{path} {verb}" for path, verb, _ in ROWS])
def test_what_is_no_file_is_told_by_its_name(root: Path, path: str, verb: str, named: str, kind: str) -> None:
    if path.endswith("x.py") and kind == "folder":
        pytest.skip("a folder in a tree is one of the tree's")
    if kind == "dangling" and path.endswith((".env", "x.py")):
        pytest.skip("the file that .env leads to is made; in a tree, such a link is one of the tree's")
    put(root / path, kind)
    ran = run(root, *verb.split())
    assert ran.returncode in {1, 2}, ran.stderr
    assert named.removeprefix("patches/") in ran.stderr
    assert "Traceback" not in ran.stdout + ran.stderr
    assert "this is a bug" not in ran.stderr
    assert (root / path).is_symlink() or os.path.lexists(root / path)


@pytest.mark.parametrize("name", ["HEAD", "config", "packed-refs", "refs/difykit/releases/1.98.0"])
@pytest.mark.parametrize("verb", ["doctor", "patch.list", "env.check", "upgrade.forecast --to 1.99.0"])
def test_no_verb_waits_for_a_fifo_among_git_s_files(root: Path, name: str, verb: str) -> None:
    put(root / ".difykit/upstream.git" / name, "fifo")
    ran = run(root, *verb.split())
    assert ran.returncode in {0, 1}
    assert "upstream.git is damaged: " in ran.stderr
    assert "hint difykit sync" in ran.stderr


@pytest.mark.parametrize("kind", ["fifo", "folder", "socket"])
@pytest.mark.parametrize("name", ["source.json", "store.json", "finish", "schema", "release", "logs"])
def test_a_sync_makes_again_what_stands_in_the_place_of_its_own(root: Path, name: str, kind: str) -> None:
    if kind == "folder" and not name.endswith(".json"):
        pytest.skip("it is a folder")
    put(root / ".difykit" / name, kind)
    for _ in range(2):
        ran = run(root, "sync")
        assert ran.returncode == 0, ran.stderr
    assert "put aside" not in ran.stderr


def test_a_lock_that_is_a_fifo_is_told(root: Path) -> None:
    put(root / ".difykit/lock", "fifo")
    ran = run(root, "sync")
    assert ran.returncode == 1
    assert ".difykit/lock cannot be read: it is a FIFO" in ran.stderr


@pytest.mark.parametrize("kind", ["fifo", "endless", "circle", "folder", "dangling"])
@pytest.mark.parametrize("verb", ["patch.show", "patch.drop"])
def test_a_patch_that_cannot_be_read_is_there(root: Path, kind: str, verb: str) -> None:
    put(root / "patches/one.patch", kind)
    ran = run(root, verb, "one")
    assert ran.returncode == 2
    assert "one.patch" in ran.stderr
    assert "there is no patch" not in ran.stderr


@pytest.mark.parametrize("kind", ["fifo", "circle", "dangling"])
@pytest.mark.parametrize("verb", ["overlay.show", "overlay.diff"])
def test_a_tree_that_is_none_is_told(root: Path, kind: str, verb: str) -> None:
    put(root / "overlays/mine/tree", kind)
    ran = run(root, verb, "mine")
    assert ran.returncode == 2
    assert "overlays/mine/overlay.yaml:1: trees.0.from: overlays/mine/tree is " in ran.stderr


def test_an_env_from_a_fifo_is_read_once_by_a_chain_of_verbs(root: Path) -> None:
    secrets = (root / ".env").read_text()
    put(root / ".env", "fifo")
    (root / "secrets").write_text(secrets)
    ran = run(root, "render", "render", "env.list", before="cat secrets > .env &")
    assert ran.returncode == 0, ran.stderr
    assert "release folder" in ran.stderr
    assert (root / ".env").is_fifo()


def test_secrets_that_must_be_kept_are_not_written_into_a_fifo(root: Path) -> None:
    put(root / ".env", "fifo")
    before = (root / ".difykit/release/manifest.json").read_bytes()
    ran = run(root, "render", before="echo LOG_LEVEL=DEBUG > .env &")
    assert ran.returncode == 1
    assert "which keeps nothing, and " in ran.stderr
    assert "SECRET_KEY" in ran.stderr
    assert "put a file in the place of the FIFO" in ran.stderr
    assert (root / ".env").is_fifo()
    assert (root / ".difykit/release/manifest.json").read_bytes() == before


def test_what_came_through_a_fifo_is_hidden_as_from_a_file(root: Path) -> None:
    put(root / ".env", "fifo")
    (root / "secrets").write_text(f"SECRET_KEY={SECRET}\nnot a line {SECRET}\n")
    ran = run(root, "render", before="cat secrets > .env &")
    assert ran.returncode == 2
    assert SECRET not in ran.stdout + ran.stderr


@pytest.mark.parametrize(
    "argument", ["<(cat images.json)", "<(sleep 0.3; cat images.json)", "/dev/stdin < <(cat images.json)"]
)
def test_images_may_come_from_a_pipe(root: Path, argument: str) -> None:
    argv = f"{sys.executable} -m difykit deploy --check --images {argument}"
    done = subprocess.run(["bash", "-c", argv], cwd=root, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert "cannot be read" not in done.stderr
    assert "no list of images" not in done.stderr
    assert "Traceback" not in done.stderr


def test_a_deep_or_broken_settings_file_of_invoke_is_named(root: Path) -> None:
    for text in ("{", "[a]", "a: [" * 5000, "tasks: \0"):
        (root / "home/.invoke.yaml").write_text(text)
        ran = run(root, "sync", "--check")
        assert ran.returncode in {1, 2}, ran.stderr
        assert "/home/.invoke.yaml" in ran.stderr
        assert "Traceback" not in ran.stderr


@pytest.mark.parametrize("kind", sorted(KINDS.keys() - {"file above", "dangling", "memory"}))
def test_no_settings_file_of_invoke_hangs_the_program(root: Path, kind: str) -> None:
    put(root / "home/.invoke.yaml", kind)
    ran = run(root, "sync", "--check")
    assert ran.returncode in {1, 2}
    assert "/home/.invoke.yaml cannot be read: " in ran.stderr
    assert "Traceback" not in ran.stderr


def test_settings_of_invoke_that_are_right_do_not_matter(root: Path) -> None:
    (root / "home/.invoke.yaml").write_text("run: {echo: true}\n")
    assert run(root, "sync", "--check").returncode == 0
