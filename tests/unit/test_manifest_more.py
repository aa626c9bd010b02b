"""Keys that are known before they are acted on, texts with a form, and edits of all four ways."""

from __future__ import annotations

from pathlib import Path

import pytest

from difykit.core.errors import ConfigError
from difykit.workspace.manifest import Edit, ImageManifest, OverlayManifest, Settings, read_manifest

HEADS: dict[type[Settings | OverlayManifest | ImageManifest], str] = {
    Settings: "version: 1\nupstream: {ref: 1.0.0}\n",
    OverlayManifest: "version: 1\ndescription: x\n",
    ImageManifest: "version: 1\nreplaces: langgenius/dify-api\n",
}


def problems(
    tmp_path: Path, text: str, model: type[Settings | OverlayManifest | ImageManifest] = OverlayManifest
) -> list[str]:
    path = tmp_path / "x.yaml"
    path.write_text(HEADS[model] + text)
    try:
        read_manifest(model, path, "x.yaml")
    except ConfigError as error:
        return [str(problem) for problem in error.problems]
    return []


@pytest.mark.parametrize(
    ("model", "text"),
    [
        (Settings, "proxy: {}\nmirrors: {}\nimages: {prefix: '', platforms: []}\n"),
    ],
)
def test_such_a_key_may_stand_there_with_nothing_in_it(
    tmp_path: Path, model: type[Settings | OverlayManifest | ImageManifest], text: str
) -> None:
    assert problems(tmp_path, text, model) == []


def test_an_image_may_replace_none(tmp_path: Path) -> None:
    path = tmp_path / "image.yaml"
    path.write_text("version: 1\n")
    assert read_manifest(ImageManifest, path, "image.yaml").replaces == ""


@pytest.mark.parametrize("name", ["langgenius/dify-api", "nginx", "ubuntu/squid", "127.0.0.1:5000/x/dify-api"])
def test_an_image_of_any_registry_may_be_replaced(name: str) -> None:
    assert ImageManifest.model_validate({"version": 1, "replaces": name}).replaces == name


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("apt: ['$(touch CANARY)']\n", "apt.0: '$(touch CANARY)' is not the name of a Debian package"),
        ("apt: ['ffmpeg-']\n", "apt.0: 'ffmpeg-' is not the name of a Debian package"),
        ("apt: ['--purge']\n", "apt.0: '--purge' is not the name of a Debian package"),
        ("apt: ['x=1;id']\n", "apt.0: 'x=1;id' is not the name of a Debian package"),
        ("python: ['--index-url=x']\n", "python.0: '--index-url=x' is not a requirement"),
        ('python: ["a\\n-r /etc/passwd"]\n', "is not a requirement"),
        ("build_args: {A-B: x}\n", "build_args.A-B: 'A-B' is not the name of a variable"),
        ("memory: 6\n", "memory: must be a string; put it in quotes"),
        ("memory: 6gb\n", "memory: '6gb' is not an amount of memory such as 6g"),
        ("dockerfile: ../Dockerfile\n", "dockerfile: '../Dockerfile' is not a file name"),
        ("dockerfile: ..\n", "dockerfile: '..' is not a file name"),
        ("strategy: official\n", "strategy: input should be 'auto', 'layer' or 'source'"),
    ],
)
def test_an_image_says_what_is_wrong_in_it(tmp_path: Path, text: str, why: str) -> None:
    assert why in "\n".join(problems(tmp_path, text, ImageManifest))


@pytest.mark.parametrize("name", ["x:1", "127.0.0.1:5000/x:1", "UPPER", "-x", "x/y@sha256:0", "a:b/c"])
def test_what_is_replaced_is_a_name_without_a_tag(tmp_path: Path, name: str) -> None:
    path = tmp_path / "image.yaml"
    path.write_text(f"version: 1\nreplaces: '{name}'\n")
    with pytest.raises(ConfigError, match="is not an image name without a tag"):
        read_manifest(ImageManifest, path, "image.yaml")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("api: {python: ['a b']}\n", "'a b' is not a requirement"),
        ("edits: {}\n", "edits: must be a list"),
        ("requires: []\n", "requires: must be a mapping of keys and values"),
        ("description: 1\n", "this key is given twice"),
        ("conflicts:\n", "conflicts: must be a list (nothing is given)"),
        ("overrides: [../x]\n", "overrides.0: '../x' leaves the tree"),
        ("trees: [{from: tree, when: {exists: ../../etc}}]\n", "when.exists: '../../etc' leaves the tree"),
        ("trees: [{from: tree, when: {exists: /etc/passwd}}]\n", "is not a path inside the tree"),
        ("trees: [{source: tree}]\n", "trees.0.source: unknown key"),
    ],
)
def test_what_has_the_wrong_form_says_which_it_needs(tmp_path: Path, text: str, why: str) -> None:
    assert why in "\n".join(problems(tmp_path, text))


def test_wrong_entries_do_not_make_their_list_look_empty(tmp_path: Path) -> None:
    text = "edits:\n- one_of:\n  - {file: a, json: {merge: {}}, wen: 1}\n"
    assert problems(tmp_path, text) == ["x.yaml:5: edits.0.one_of.0.wen: unknown key; did you mean when?"]


def test_an_overlay_that_is_enabled_twice_is_told_with_its_line(tmp_path: Path) -> None:
    assert problems(tmp_path, "overlays: [a, b, a]\n", Settings) == ["x.yaml:3: overlays: a is given twice"]


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("{file: a, i18n: {locale: en-US, key: a.b, value: c}}", "`i18n` finds the file by itself: leave out `file`"),
        ("{replace: {find: a, with: b}}", "needs `file`, the file to change"),
        ("{file: a, replace: {find: a, with: a}}", "`find` and `with` are the same, so it changes nothing"),
        ("{file: a, replace: {find: '', with: a}}", "must not be empty"),
        ("{file: a, replace: {find: a, with: b, count: 0}}", "greater than or equal to 1"),
        ("{file: a, replace: {find: a, with: b, regex: true}}", "edits.0.replace.regex: unknown key"),
        ("{file: a, insert: {after: a, before: b, text: c}}", "needs exactly one of `after`, `before`"),
        ("{file: a, insert: {text: c}}", "needs exactly one of `after`, `before`"),
        ("{file: a, insert: {after: ' \\n', text: c}}", "the anchor is blank, so it finds no place"),
        ("{file: a, insert: {after: a}}", "edits.0.insert.text: is missing"),
        ("{file: a, json: {merge: {a: [.inf]}}}", "JSON has no infinity and no NaN"),
        ("{i18n: {locale: ../x, key: a.b, value: c}}", "'../x' is not a locale such as en-US"),
        ("{i18n: {locale: en-US, key: ../a, value: c}}", "'../a' is not a namespace, a dot and a key"),
        ("{i18n: {locale: en-US, key: login, value: c}}", "'login' is not a namespace, a dot and a key"),
        ("{file: a, jsn: {merge: {}}}", "unknown key; did you mean json?"),
    ],
)
def test_an_edit_that_cannot_mean_anything_is_told(tmp_path: Path, body: str, why: str) -> None:
    text = body.replace("\\n", "\n\n") if "blank" not in why else body.replace("' \\n'", '" \\n"')
    assert why in "\n".join(problems(tmp_path, f"edits: [{text}]\n"))


def test_json_keys_that_yaml_reads_as_numbers_are_texts_at_any_depth() -> None:
    edit = Edit.model_validate({"file": "a", "json": {"merge": {404: "x", "a": [{1: 2}]}}})
    assert edit.json_
    assert edit.json_.merge == {"404": "x", "a": [{"1": 2}]}
