"""A workspace that is synced and not built: questions about the stack are answered, and nothing of it is deployed."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from difykit.core import yaml
from difykit.core.errors import DifyKitError
from difykit.demo.upstream import make_upstream
from difykit.targets import expected_images, need_built
from difykit.workspace import state
from difykit.workspace.workspace import Workspace
from tests.support.cli import inv
from tests.support.trees import read_tree
from tests.support.workspaces import WorkspaceFixture

MARK = "not built yet"
COMPOSES = pytest.mark.skipif(not shutil.which("docker"), reason="no docker: Compose reads the release folder")
NEEDS_SECRET = {
    "overlays/mail/compose.yaml": (
        "services:\n  mail:\n    image: example.org/mail:1\n    environment: {TOKEN: '${MAIL_TOKEN:?}'}\n"
    )
}


@pytest.fixture
def space(tmp_path: Path) -> WorkspaceFixture:
    make_upstream(tmp_path / "upstream.git")
    made = WorkspaceFixture(tmp_path / "ws", (tmp_path / "upstream.git").as_uri(), ref="1.99.0")
    made.overlay("own", {"api/controllers/own.py": "bp = None\n"}, "api: {blueprints: ['controllers.own:bp']}\n")
    made.overlay(
        "mail", None, "compose: {files: [compose.yaml]}\nsecrets: {MAIL_TOKEN: {generate: 20, to: [mail, api]}}\n"
    )
    made.write(NEEDS_SECRET)
    made.sync()
    return made


def planned_references(space: WorkspaceFixture) -> list[str]:
    document = json.loads(inv("build", "--check", "--json", cwd=space.root).out)
    return [image["reference"] for image in document["images"]]


def build(space: WorkspaceFixture) -> None:
    """What a build leaves, with the images that it would make; no engine is asked."""
    workspace = Workspace.open(space.root)
    source = state.need_source(workspace.derived)
    images = tuple(
        state.Image(**image.model_dump(exclude={"image_id"}), image_id="sha256:1")
        for image in expected_images(workspace, source).images.images
    )
    state.write_images(workspace.derived, state.BuiltImages(source=source.commit, images=images))


@pytest.mark.parametrize(
    "words",
    [
        ("render", "--check"),
        ("render",),
        pytest.param(("topology",), marks=COMPOSES),
        pytest.param(("deploy", "--check"), marks=COMPOSES),
    ],
    ids=" ".join,
)
def test_the_stack_is_shown_as_it_will_be(space: WorkspaceFixture, words: tuple[str, ...]) -> None:
    ran = inv(*words, cwd=space.root)
    assert ran.code == 0, ran.err
    for reference in planned_references(space):
        assert any(reference in line and MARK in line for line in (ran.out + ran.err).splitlines())
    build(space)
    again = inv(*words, cwd=space.root)
    assert again.code == 0, again.err
    assert MARK not in again.out + again.err


@pytest.mark.parametrize(
    "words",
    [
        ("render", "--check"),
        pytest.param(("topology",), marks=COMPOSES),
        pytest.param(("deploy", "--check"), marks=COMPOSES),
    ],
    ids=" ".join,
)
def test_a_question_writes_nothing(space: WorkspaceFixture, words: tuple[str, ...]) -> None:
    before = read_tree(space.root, skip=(".difykit/logs",))
    assert inv(*words, cwd=space.root).code == 0
    assert read_tree(space.root, skip=(".difykit/logs",)) == before


@pytest.mark.parametrize("words", [("render", "--check", "--json"), ("deploy", "--check", "--json")], ids=" ".join)
@pytest.mark.skipif(not shutil.which("docker"), reason="no docker: Compose reads the release folder")
def test_json_says_of_each_image_whether_it_is_built(space: WorkspaceFixture, words: tuple[str, ...]) -> None:
    for built in (False, True):
        ran = inv(*words, cwd=space.root)
        assert ran.code == 0, ran.err
        images = json.loads(ran.out)["images"]
        assert [image["reference"] for image in images] == planned_references(space)
        assert {image["built"] for image in images} == {built}
        build(space)


@COMPOSES
def test_the_picture_before_the_build_is_the_picture_after_it(space: WorkspaceFixture) -> None:
    def shown() -> dict[str, Any]:
        ran = inv("topology", "--json", cwd=space.root)
        assert ran.code == 0, ran.err
        value: dict[str, Any] = json.loads(ran.out)
        return value

    def unbuilt(picture: dict[str, Any]) -> set[str]:
        return {service["name"] for service in picture["services"] if not service.pop("built", True)}

    before = shown()
    assert unbuilt(before) == {"api", "web", "worker", "worker_beat"}
    assert inv("render", cwd=space.root).code == 0
    rendered = shown()
    assert unbuilt(rendered) == {"api", "web", "worker", "worker_beat"}
    assert rendered == before
    build(space)
    built = shown()
    assert unbuilt(built) == set()
    assert built == before
    assert inv("render", cwd=space.root).code == 0
    assert shown() == built


@COMPOSES
def test_the_picture_is_of_the_present_source(space: WorkspaceFixture) -> None:
    build(space)
    assert inv("render", cwd=space.root).code == 0
    space.overlay("more", {"api/controllers/more.py": "X = 1\n"})
    space.sync()
    services = json.loads(inv("topology", "--json", cwd=space.root).out)["services"]
    images = {service["name"]: (service["image"], service.get("built", True)) for service in services}
    api, web = planned_references(space)
    assert images["api"] == (api, False)
    assert images["web"] == (web, True)


def test_what_is_not_built_is_not_deployed(space: WorkspaceFixture) -> None:
    assert inv("render", cwd=space.root).code == 0
    manifest = json.loads((space.root / ".difykit" / "release" / "manifest.json").read_text())
    assert [image["built"] for image in manifest["images"]] == [False, False]
    ran = inv("deploy", cwd=space.root)
    assert ran.code == 1
    assert "no image of this workspace has been built yet" in ran.err
    assert "hint make them: invoke build" in ran.err
    text = (space.root / ".difykit" / "release" / "dify.yaml").read_text()
    services = yaml.load("dify.yaml", text).value["services"].values()
    planned = set(planned_references(space))
    assert {service.get("pull_policy") for service in services if service["image"] in planned} == {"never"}
    workspace = Workspace.open(space.root)
    images = expected_images(workspace, state.need_source(workspace.derived)).images.images
    with pytest.raises(DifyKitError, match="not built yet: dify-api-custom") as caught:
        need_built(images)
    assert caught.value.hint == "make them: invoke build"


@pytest.mark.parametrize("words", [("render", "--check"), ("render",), ("deploy", "--check")], ids=" ".join)
def test_images_that_could_not_be_built_are_told(space: WorkspaceFixture, words: tuple[str, ...]) -> None:
    space.write({"images/api/image.yaml": "version: 1\nreplaces: langgenius/dify-api\nbuild_args: {NOPE: '1'}\n"})
    ran = inv(*words, cwd=space.root)
    assert ran.code == 1
    assert "has no ARG NOPE" in ran.err


def test_a_list_of_images_that_cannot_be_read_is_told(space: WorkspaceFixture) -> None:
    (space.root / ".difykit" / "images.json").write_text("{")
    ran = inv("render", "--check", cwd=space.root)
    assert ran.code == 1
    assert "images.json cannot be read" in ran.err
