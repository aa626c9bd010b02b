"""`overlay.yaml` and `image.yaml`: what they may say, and how they are told what is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from difykit.core.errors import ConfigError
from difykit.workspace.manifest import Edit, ImageManifest, OneOf, OverlayManifest, read_manifest

HEAD = "version: 1\ndescription: x\n"


def read(tmp_path: Path, text: str) -> OverlayManifest:
    path = tmp_path / "overlay.yaml"
    path.write_text(text)
    return read_manifest(OverlayManifest, path, "overlay.yaml")


def problems(tmp_path: Path, text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, HEAD + text)
    return [str(problem) for problem in caught.value.problems]


def test_an_overlay_has_the_folder_tree_by_default(tmp_path: Path) -> None:
    assert [entry.source for entry in read(tmp_path, HEAD).trees] == ["tree"]


def test_a_whole_overlay_is_read(tmp_path: Path) -> None:
    text = """\
requires: {dify: ">=1.0,<2", overlays: [base]}
conflicts: [other]
trees: [{from: tree}, {from: old, when: {dify: "<1.11"}}]
api: {blueprints: ["controllers.hello:bp"], console: ["controllers.hello_console"]}
gateway: {routes: [{path: /custom-endpoint}]}
edits:
- {file: web/a.json, json: {merge: {a: {b: 1}}}}
- one_of:
  - {when: {exists: web/b.ts}, file: web/b.ts, replace: {find: x, with: "y", count: 2}}
  - {when: {exists: web/b.json}, file: web/b.json, json: {merge: {x: "y"}}}
env: {LOG_LEVEL: DEBUG}
secrets: {MY_TOKEN: {generate: 32, to: [api, worker]}}
compose: {remove: [redis], files: [compose.yaml]}
"""
    manifest = read(tmp_path, HEAD + text)
    plain, choice = manifest.edits
    assert isinstance(plain, Edit)
    assert isinstance(choice, OneOf)
    assert manifest.gateway.routes[0].to == "api"
    assert [edit.file for edit in choice.one_of] == ["web/b.ts", "web/b.json"]


def test_an_unknown_key_in_an_edit_names_the_nearest_one(tmp_path: Path) -> None:
    assert problems(tmp_path, "edits:\n- file: a\n  replase: {find: a, with: b}\n  json: {merge: {}}\n") == [
        "overlay.yaml:5: edits.0.replase: unknown key; did you mean replace?"
    ]


def test_an_unknown_key_under_replace_names_the_nearest_one(tmp_path: Path) -> None:
    assert problems(tmp_path, "edits:\n- file: a\n  replace:\n    find: a\n    with: b\n    cuont: 1\n") == [
        "overlay.yaml:8: edits.0.replace.cuont: unknown key; did you mean count?"
    ]


def test_an_unknown_key_under_json_names_the_nearest_one(tmp_path: Path) -> None:
    found = problems(tmp_path, "edits:\n- file: a\n  json:\n    merge: {}\n    mrge: {}\n")
    assert found == ["overlay.yaml:7: edits.0.json.mrge: unknown key; did you mean merge?"]


def test_a_problem_in_a_branch_of_one_of_has_its_place_there(tmp_path: Path) -> None:
    text = "edits:\n- one_of:\n  - {file: a, replace: {find: x, with: y}}\n  - file: b\n    replace: {with: y}\n"
    assert problems(tmp_path, text) == ["overlay.yaml:7: edits.0.one_of.1.replace.find: is missing"]


@pytest.mark.parametrize("body", ["{file: a}", "{file: a, replace: {find: a, with: b}, json: {merge: {}}}"])
def test_an_edit_needs_exactly_one_change(tmp_path: Path, body: str) -> None:
    (found,) = problems(tmp_path, f"edits: [{body}]\n")
    assert found.startswith("overlay.yaml:3: edits.0: needs exactly one of ")


def test_a_when_needs_a_condition(tmp_path: Path) -> None:
    assert problems(tmp_path, "trees:\n- {from: tree, when: {}}\n") == [
        "overlay.yaml:4: trees.0.when: needs `dify` or `exists`"
    ]


def test_one_of_needs_an_alternative(tmp_path: Path) -> None:
    (found,) = problems(tmp_path, "edits:\n- one_of: []\n")
    assert found.startswith("overlay.yaml:4: edits.0.one_of: ")


@pytest.mark.parametrize("path", ["../x", "/etc/passwd", "web/../../x", ".git/config", "", "web//x"])
def test_an_edit_outside_the_tree_is_refused(tmp_path: Path, path: str) -> None:
    (found,) = problems(tmp_path, f"edits:\n- file: '{path}'\n  json: {{merge: {{}}}}\n")
    assert found.startswith("overlay.yaml:4: edits.0.file: ")


def test_a_tree_outside_the_overlay_is_refused(tmp_path: Path) -> None:
    (found,) = problems(tmp_path, "trees: [{from: ../../secret}]\n")
    assert found.startswith("overlay.yaml:3: trees.0.from: ")


def test_a_broken_range_shows_a_good_one(tmp_path: Path) -> None:
    (found,) = problems(tmp_path, "requires: {dify: '1.x'}\n")
    assert found == "overlay.yaml:3: requires.dify: '1.x' is not a version range such as >=1.0,<2 (PEP 440)"


@pytest.mark.parametrize(
    "name", ["controllers.hello", "controllers/hello:bp", "a:b.c", "a:b c", "a:b'+x", ":bp", "1a:b"]
)
def test_a_blueprint_that_is_no_module_and_name_is_refused(tmp_path: Path, name: str) -> None:
    (found,) = problems(tmp_path, f'api: {{blueprints: ["{name}"]}}\n')
    assert found.startswith("overlay.yaml:3: api.blueprints.0: ")


@pytest.mark.parametrize("name", ["a..b:bp", "a.:bp", "a.1b:bp"])
def test_a_blueprint_in_a_module_that_python_cannot_import_is_refused(tmp_path: Path, name: str) -> None:
    (found,) = problems(tmp_path, f'api: {{blueprints: ["{name}"]}}\n')
    assert found.startswith("overlay.yaml:3: api.blueprints.0: ")


@pytest.mark.parametrize("path", ["custom", "/", "/a b", "/a{", "/a;b", "/$x", "/a\\n", "/a#", "/a'"])
def test_a_route_that_nginx_could_misread_is_refused(tmp_path: Path, path: str) -> None:
    (found,) = problems(tmp_path, f'gateway: {{routes: [{{path: "{path}"}}]}}\n')
    assert found.startswith("overlay.yaml:3: gateway.routes.0.path: ")


def test_a_short_secret_is_refused(tmp_path: Path) -> None:
    (found,) = problems(tmp_path, "secrets: {TOKEN: {generate: 4, to: [api]}}\n")
    assert found.startswith("overlay.yaml:3: secrets.TOKEN.generate: ")


def test_an_image_manifest_is_read(tmp_path: Path) -> None:
    path = tmp_path / "image.yaml"
    path.write_text("version: 1\nreplaces: langgenius/dify-api\n")
    manifest = read_manifest(ImageManifest, path, "image.yaml")
    assert (manifest.replaces, manifest.strategy) == ("langgenius/dify-api", "auto")


def test_an_image_manifest_names_the_strategies(tmp_path: Path) -> None:
    path = tmp_path / "image.yaml"
    path.write_text("version: 1\nreplaces: langgenius/dify-api\nstrategy: sauce\n")
    with pytest.raises(ConfigError, match=r"image.yaml:3: strategy: input should be 'auto', 'layer' or 'source'"):
        read_manifest(ImageManifest, path, "image.yaml")


def test_middleware_names_the_project_of_one_host(tmp_path: Path) -> None:
    text = "middleware: {nodes: 3, folder: node, env: [DB_PASSWORD], images: [patroni], ports: [5432]}\n"
    middleware = read(tmp_path, HEAD + text).middleware
    assert middleware is not None
    assert (middleware.nodes, middleware.folder, middleware.used) == (3, "node", None)
    assert problems(tmp_path, "middleware: {nodes: 0, folder: ../node, ports: [70000]}\n") == [
        "overlay.yaml:3: middleware.nodes: input should be greater than or equal to 1",
        "overlay.yaml:3: middleware.folder: '../node' leaves the tree or is not in its plain form",
        "overlay.yaml:3: middleware.ports.0: input should be less than or equal to 65535",
    ]
