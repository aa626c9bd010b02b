"""Settings that web reads while it is built: they are arguments of its build, and images of before do not fit."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from difykit.core.errors import DifyKitError
from difykit.demo.upstream import make_upstream
from difykit.images.build import check_built
from difykit.workspace import state
from difykit.workspace.workspace import Workspace
from tests.support.cli import inv
from tests.support.trees import write_tree
from tests.support.workspaces import WorkspaceFixture

PAGE = "'use client'\nexport default () => <p>{process.env.NEXT_PUBLIC_MINE}</p>\n"


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    place = tmp_path_factory.mktemp("upstream") / "dify.git"
    make_upstream(place)
    return place.as_uri()


@pytest.fixture
def space(tmp_path: Path, url: str) -> WorkspaceFixture:
    space = WorkspaceFixture(tmp_path / "ws", url, ref="1.99.0")
    space.overlay("mine", {"web/app/mine/page.tsx": PAGE})
    space.sync()
    return space


def images(space: WorkspaceFixture) -> dict[str, dict[str, object]]:
    ran = inv("build", "--check", "--json", cwd=space.root)
    assert ran.code == 0, ran.err
    return {image["name"]: image for image in json.loads(ran.out)["images"]}


def test_it_becomes_an_argument_and_another_image(space: WorkspaceFixture) -> None:
    before = images(space)
    write_tree(space.root, {".env": "NEXT_PUBLIC_MINE=hello\nNEXT_PUBLIC_OTHER=x\nLOG_LEVEL=INFO\n"})
    after = images(space)
    assert after["web"]["build_args"] == {"NEXT_PUBLIC_MINE": "hello"}
    assert "NEXT_PUBLIC_MINE is read while it is built" in str(after["web"]["reason"])
    assert after["web"]["reference"] != before["web"]["reference"]
    assert after["api"] == before["api"]


@pytest.mark.parametrize("env", ["", "NEXT_PUBLIC_MINE=\n", "NEXT_PUBLIC_OTHER=x\n", "MINE=x\n"])
def test_nothing_changes_where_it_is_not_set(space: WorkspaceFixture, env: str) -> None:
    before = images(space)
    write_tree(space.root, {".env": env})
    assert images(space) == before


def test_an_argument_in_image_yaml_wins(space: WorkspaceFixture) -> None:
    write_tree(space.root, {".env": "NEXT_PUBLIC_MINE=hello\n"})
    manifest = "version: 1\nreplaces: langgenius/dify-web\nbuild_args: {NEXT_PUBLIC_MINE: other}\n"
    write_tree(space.root, {"images/web/image.yaml": manifest})
    ran = inv("build", "--check", "--json", cwd=space.root)
    assert ran.code == 1  # the Dockerfile has no such argument, as before
    assert "has no ARG NEXT_PUBLIC_MINE" in ran.err


def test_an_image_that_was_built_for_another_value_does_not_fit(space: WorkspaceFixture) -> None:
    workspace = Workspace.open(space.root)
    source = state.need_source(workspace.derived)
    check_built(workspace, source)
    write_tree(space.root, {".env": "NEXT_PUBLIC_MINE=hello\n"})
    with pytest.raises(DifyKitError, match="web was built for another value of NEXT_PUBLIC_MINE"):
        check_built(workspace, source)
    state.write_built_settings(workspace.derived, {"NEXT_PUBLIC_MINE": "hello"})
    check_built(workspace, source)
    state.write_built_settings(workspace.derived, {})
    assert not (workspace.derived / "settings.json").exists()


@pytest.mark.parametrize("verb", [("publish", "--to", "127.0.0.1:1"), ("bundle.save", "x.tar"), ("render",)])
def test_such_an_image_goes_nowhere(space: WorkspaceFixture, verb: tuple[str, ...]) -> None:
    workspace = Workspace.open(space.root)
    source = state.need_source(workspace.derived)
    image = {"name": "web", "replaces": "langgenius/dify-web", "strategy": "source"}
    web = state.Image.model_validate({**image, "reference": "dify-web-custom:1.99.0-0", "image_id": "sha256:0"})
    state.write_images(workspace.derived, state.BuiltImages(source=source.commit, images=(web,)))
    write_tree(space.root, {".env": "NEXT_PUBLIC_MINE=hello\n"})
    ran = inv(*verb, cwd=space.root)
    assert ran.code == 1
    assert "web was built for another value of NEXT_PUBLIC_MINE" in ran.err
