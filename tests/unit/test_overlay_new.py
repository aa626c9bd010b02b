"""New overlays: names that cannot collide, addresses that are free, files that say what they do."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from packaging.version import Version

from difykit.core import yaml
from difykit.core.errors import DifyKitError
from difykit.source.overlay import KINDS, eject, new, show
from difykit.workspace.workspace import Workspace
from tests.support.trees import Content, read_tree, snapshot, write_tree

SETTINGS = "version: 1\nupstream: {ref: 1.0.0}  # the pin\n"


def space(root: Path, tree: dict[str, Content] | None = None, *, overlays: str = "") -> Workspace:
    settings = SETTINGS + (f"overlays: [{overlays}]\n" if overlays else "")
    return Workspace.open(write_tree(root, {"difykit.yaml": settings, **(tree or {})}))


def refused(here: Workspace, name: str, kind: str = "endpoint") -> DifyKitError:
    """How `new` refuses; nothing is left behind."""
    before = snapshot(here.root, skip=(".difykit",))
    with pytest.raises(DifyKitError) as caught:
        new(here, name, kind, version=Version("1.0.0"))
    assert snapshot(here.root, skip=(".difykit",)) == before
    return caught.value


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_written_enabled_and_has_nothing_left_to_fill_in(tmp_path: Path, kind: str) -> None:
    made = new(space(tmp_path), "my-orders", kind, version=Version("1.15.0"))
    files = read_tree(tmp_path, skip=(".difykit", "difykit.yaml"))
    assert sorted(made.paths) == sorted(files)
    assert not re.findall(r"@\w+@", "".join([*files, *files.values()]))
    here = Workspace.open(tmp_path)
    assert [each.name for each in here.overlays] == ["my-orders"]
    assert (tmp_path / "difykit.yaml").read_text() == SETTINGS + "overlays: [my-orders]\n"


@pytest.mark.parametrize("name", ["web", "3d", "class", "a-b-c", "service-api", "profiles"])
@pytest.mark.parametrize("kind", ["endpoint", "console-endpoint"])
def test_a_module_is_python_whatever_the_name_and_never_one_of_difys(tmp_path: Path, name: str, kind: str) -> None:
    name = "web-1" if name == "web" and kind == "endpoint" else name  # /web would take /webapp-signin
    new(space(tmp_path), name, kind)
    (place,) = tmp_path.glob("overlays/*/tree/api/controllers/*.py")
    assert place.stem == "overlay_" + name.replace("-", "_")
    assert place.stem.isidentifier()
    ast.parse(place.read_text())
    (api,) = [each.manifest.api for each in Workspace.open(tmp_path).overlays]
    assert {module.split(":")[0] for module in (*api.blueprints, *api.console)} == {f"controllers.{place.stem}"}


def test_a_disabled_one_leaves_the_settings_alone(tmp_path: Path) -> None:
    new(space(tmp_path), "orders", "page", disabled=True)
    assert (tmp_path / "difykit.yaml").read_text() == SETTINGS
    assert (tmp_path / "overlays" / "orders" / "tree" / "web" / "app" / "orders" / "page.tsx").is_file()


def test_every_commented_key_in_a_new_manifest_is_one_that_works(tmp_path: Path) -> None:
    for kind in KINDS:
        new(space(tmp_path / kind), "orders", kind)
        for path in (tmp_path / kind).glob("overlays/orders/*.yaml"):
            text = path.read_text()
            lines = [line.replace("# ", "", 1) if _is_yaml(line) else line for line in text.splitlines()]
            path.write_text("\n".join(lines) + "\n")
            yaml.load(path.name, path.read_text())
        (manifest,) = [each.manifest for each in Workspace.open(tmp_path / kind).overlays]
        assert bool(manifest.edits) == (kind == "page")
        assert bool(manifest.secrets) == (kind == "env")
        assert bool(manifest.compose.remove) == (kind == "compose")


def _is_yaml(line: str) -> bool:
    """Whether a comment is a key of YAML that could be used."""
    bare = line.strip().removeprefix("# ").removeprefix("  ")
    starts = ("edits:", "- i18n:", "secrets:", "MY_TOKEN:", "remove:", "mailpit:", "image:", "volumes:")
    return line.strip().startswith("# ") and bare.strip().startswith(starts)


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("My_Orders", "my-orders"),
        ("-x", "x"),
        ("", "my-overlay"),
        ("../x", "x"),
        ("a" * 70, "a" * 64),
        ("ä", "my-overlay"),
    ],
)
def test_a_bad_name_is_refused_with_a_good_one(tmp_path: Path, name: str, hint: str) -> None:
    error = refused(space(tmp_path), name)
    assert "cannot be the name of an overlay" in error.message
    assert error.hint.endswith(f": {hint}")


def test_a_name_that_is_there_is_refused(tmp_path: Path) -> None:
    here = space(tmp_path, {"overlays/mine/overlay.yaml": "version: 1\ndescription: x\n", "overlays/half/x": "x"})
    assert refused(here, "mine").message == "this workspace has overlays/mine already"
    assert "is no overlay: it has no overlay.yaml" in refused(here, "half").message
    assert refused(space(tmp_path, overlays="lost"), "lost").hint == "difykit overlay.disable lost, then again"


def test_the_name_of_a_preset_is_refused_with_the_way_to_change_it(tmp_path: Path) -> None:
    error = refused(space(tmp_path), "hello-page")
    assert error.message == "hello-page is an overlay that difykit ships"
    assert "difykit overlay.eject hello-page" in error.hint


def test_an_unknown_kind_is_refused_with_the_nearest_one(tmp_path: Path) -> None:
    assert refused(space(tmp_path), "x", "endpiont").hint == "did you mean endpoint?"
    assert (
        refused(space(tmp_path), "x", "").hint == "--kind takes endpoint, console-endpoint, table, page, env, compose"
    )


@pytest.mark.parametrize(
    ("name", "kind", "why"),
    [
        ("files", "endpoint", "the gateway would send /files, which is of Dify, to it"),
        ("in", "endpoint", "the gateway would send /init, which is of Dify, to it"),
        ("inn", "endpoint", "the gateway would send /inner, which is of Dify, to it"),
        ("sign", "endpoint", "the gateway would send /signin, which is of Dify, to it"),
        ("signin", "page", "/signin is of Dify"),
        ("files-of-mine", "page", "the gateway sends all that begins with /files to Dify's api"),
        ("setup", "console-endpoint", "/console/api/setup is of Dify"),
    ],
)
def test_an_address_of_dify_is_not_taken(tmp_path: Path, name: str, kind: str, why: str) -> None:
    error = refused(space(tmp_path), name, kind)
    assert error.message == f"{name} cannot be the name of a new {kind}: {why}"


@pytest.mark.parametrize(
    ("name", "kind", "why"),
    [
        ("custom-endpoint", "endpoint", "/custom-endpoint, which is of the overlay hello-endpoint"),
        ("hell", "endpoint", "/hello, which is of the overlay hello-page"),
        ("hello", "page", "/hello is of the overlay hello-page"),
        ("custom-endpoint-too", "page", "/custom-endpoint to the overlay hello-endpoint"),
        ("hello", "console-endpoint", "/console/api/hello is of the overlay hello-console"),
    ],
)
def test_an_address_of_another_overlay_is_not_taken(tmp_path: Path, name: str, kind: str, why: str) -> None:
    here = space(tmp_path, overlays="hello-endpoint, hello-console, hello-page")
    assert why in refused(here, name, kind).message


def test_one_that_could_not_be_enabled_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(DifyKitError, match=r"is for Dify >=1\.0,<2, but the pin is 2\.0\.0"):
        new(space(tmp_path), "orders", "env", version=Version("2.0.0"))
    assert list((tmp_path / "overlays").iterdir()) == []
    assert (tmp_path / "difykit.yaml").read_text() == SETTINGS


def test_a_preset_is_ejected_whole_and_only_once(tmp_path: Path) -> None:
    here = space(tmp_path, overlays="hello-page")
    paths = eject(here, "hello-page")
    assert paths == ["overlays/hello-page/overlay.yaml", "overlays/hello-page/tree/web/app/hello/page.tsx"]
    assert Workspace.open(tmp_path).overlays[0].folder == tmp_path / "overlays" / "hello-page"
    with pytest.raises(DifyKitError, match="has overlays/hello-page already"):
        eject(here, "hello-page")
    with pytest.raises(DifyKitError, match="difykit ships no overlay nothing") as caught:
        eject(here, "nothing")
    assert caught.value.hint.startswith("difykit ships: ")
    assert "hello-console, hello-endpoint, hello-page, hello-table" in caught.value.hint


def test_the_facts_of_an_overlay_name_everything_it_does(tmp_path: Path) -> None:
    manifest = (
        "version: 1\ndescription: All of it\nrequires: {dify: '>=1', overlays: [hello-page]}\nconflicts: [x]\n"
        "api: {blueprints: ['a.b:bp'], console: [a.c]}\ngateway: {routes: [{path: /x, to: web}]}\nenv: {A: 1}\n"
        "edits:\n- {file: f.py, replace: {find: a, with: b}}\n- one_of:\n"
        "  - {when: {exists: g}, file: g, json: {merge: {}}}\n  - {when: {exists: h}, file: h, json: {merge: {}}}\n"
        "- i18n: {locale: en-US, key: login.signBtn, value: x}\n"
        "secrets: {T: {generate: 32, to: [api, web]}}\ncompose: {remove: [redis], files: [c.yaml]}\n"
    )
    here = space(tmp_path, {"overlays/all/overlay.yaml": manifest, "overlays/all/tree/api/a/b.py": ""}, overlays="all")
    lines = show(here, "all").lines()
    assert lines == [
        "all: All of it",
        f"  enabled, from the workspace ({tmp_path}/overlays/all)",
        "  requires: Dify >=1",
        "  requires: the overlay hello-page",
        "  conflicts: x",
        "  files: api/a/b.py",
        "  edits: f.py (replace)",
        "  edits: one of: g (json) | h (json)",
        "  edits: en-US login.signBtn (i18n)",
        "  endpoints: a.b:bp",
        "  endpoints: a.c (console)",
        "  routes: /x -> web",
        "  secrets: T for api, web",
        "  compose: without redis",
        "  compose: joined with c.yaml",
        "  env: A=1",
        "  replaces: not known before the release is fetched (difykit sync)",
    ]
