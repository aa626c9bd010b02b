"""Enabling and disabling: one name more or less in difykit.yaml, everything else as it was written."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version

from difykit.core import yaml
from difykit.core.errors import DifyKitError
from difykit.source.overlay import disable, enable, listed
from difykit.source.overlay.yaml_list import inserted, removed
from difykit.workspace.workspace import Workspace
from tests.support.trees import Content, write_tree

HEAD = "version: 1  # first\nupstream: {url: 'https://example.org/dify.git', ref: 1.0.0}  # the pin\n"

ADDED = {
    "no key": ("", "overlays: [new]\n"),
    "no key, and one after": ("env: {A: b}\n", "overlays: [new]\nenv: {A: b}\n"),
    "empty flow": ("overlays: []  # none yet\n", "overlays: [new]  # none yet\n"),
    "empty flow over lines": ("overlays: [\n  # none\n]\n", "overlays: [new\n  # none\n]\n"),
    "flow": ("overlays: [a, 'b']  # two\n", "overlays: [a, 'b', new]  # two\n"),
    "flow with a trailing comma": ("overlays: [a, b,]\n", "overlays: [a, b, new,]\n"),
    "flow over lines": (
        "overlays: [\n  a,  # the a\n  b  # the b\n]\n",
        "overlays: [\n  a,  # the a\n  b,  # the b\n  new\n]\n",
    ),
    "flow over lines, trailing comma": (
        "overlays: [\n  a,\n  b,  # b\n]\n",
        "overlays: [\n  a,\n  b,  # b\n  new,\n]\n",
    ),
    "flow, closed in the last line": (
        "overlays: [a,\n           b]\n",
        "overlays: [a,\n           b,\n           new]\n",
    ),
    "block": ("overlays:\n  - a  # the a\n  - b\nenv: {}\n", "overlays:\n  - a  # the a\n  - b\n  - new\nenv: {}\n"),
    "block without indentation": ('overlays:\n- a\n- "b"  # b\n', 'overlays:\n- a\n- "b"  # b\n- new\n'),
    "block at the end, no line feed": ("overlays:\n  - a", "overlays:\n  - a\n  - new\n"),
    "block before comments": (
        "overlays:\n  - a\n\n# about env\nenv: {}\n",
        "overlays:\n  - a\n  - new\n\n# about env\nenv: {}\n",
    ),
}

REMOVED = {
    "flow, the only one": ("overlays: [gone]  # c\n", "overlays: []  # c\n"),
    "flow, first": ("overlays: [gone, b]\n", "overlays: [b]\n"),
    "flow, middle": ("overlays: [a, 'gone', b]\n", "overlays: [a, b]\n"),
    "flow, last": ("overlays: [a, gone]\n", "overlays: [a]\n"),
    "flow, last, trailing comma": ("overlays: [a, gone,]\n", "overlays: [a,]\n"),
    "flow, only, trailing comma": ("overlays: [gone,]\n", "overlays: []\n"),
    "flow over lines": ("overlays: [\n  a,  # a\n  gone,  # g\n  b,\n]\n", "overlays: [\n  a,  # a\n  b,\n]\n"),
    "flow over lines, last": ("overlays: [\n  a,  # a\n  gone\n]\n", "overlays: [\n  a  # a\n]\n"),
    "block": ("overlays:\n  # about a\n  - a\n  - gone  # g\n  - b\n", "overlays:\n  # about a\n  - a\n  - b\n"),
    "block, last without a line feed": ("overlays:\n  - a\n  - gone", "overlays:\n  - a\n"),
    "block, the only one": (
        "overlays:  # mine\n  # about\n  - gone\nenv: {}\n",
        "overlays: []  # mine\n  # about\nenv: {}\n",
    ),
}


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("name", ADDED)
def test_a_name_is_added_and_all_else_stays(name: str, newline: str) -> None:
    before, after = ((HEAD + text).replace("\n", newline) for text in ADDED[name])
    assert inserted(before, "overlays", "new", len(yaml.load("", before).value.get("overlays") or ())) == after


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("name", REMOVED)
def test_a_name_is_removed_and_all_else_stays(name: str, newline: str) -> None:
    before, after = ((HEAD + text).replace("\n", newline) for text in REMOVED[name])
    assert removed(before, "overlays", "gone") == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("overlays: [a, b]\n", "overlays: [a, new, b]\n"),
        ("overlays: [\n  a,\n  # about b\n  b,\n]\n", "overlays: [\n  a,\n  new,\n  # about b\n  b,\n]\n"),
        ("overlays:\n  - a\n  # about b\n  - b  # b\n", "overlays:\n  - a\n  - new\n  # about b\n  - b  # b\n"),
    ],
)
def test_a_name_can_go_before_another(before: str, after: str) -> None:
    assert inserted(HEAD + before, "overlays", "new", 1) == HEAD + after


def test_before_the_first_goes_below_the_comment_that_heads_the_list() -> None:
    before, after = "overlays:\n  # in this order\n  - a\n", "overlays:\n  # in this order\n  - new\n  - a\n"
    assert inserted(HEAD + before, "overlays", "new", 0) == HEAD + after


def test_a_file_in_one_pair_of_braces_can_be_changed() -> None:
    text = "{version: 1, upstream: {ref: 1.0.0}, env: {}}\n"
    assert inserted(text, "overlays", "new", 0) == "{version: 1, upstream: {ref: 1.0.0}, overlays: [new], env: {}}\n"


def test_a_name_that_yaml_takes_for_something_else_is_quoted() -> None:
    assert inserted(HEAD, "overlays", "1e3", 0).endswith('overlays: ["1e3"]\n')
    assert inserted(HEAD + "overlays: [a]\n", "overlays", "null", 1).endswith('overlays: [a, "null"]\n')


@pytest.mark.parametrize(
    "text",
    [
        "x-mine: &mine [a]\noverlays: *mine\n",
        "overlays:\n  -\n    a\n",
        "overlays: &mine\n  - gone\n",
        "overlays: [gone,  # about gone\n  b, c]\n",
    ],
)
def test_what_cannot_be_changed_safely_is_refused_with_the_line_to_write(text: str) -> None:
    names = yaml.load("", HEAD + text).value["overlays"]
    with pytest.raises(DifyKitError) as caught:
        removed(HEAD + text, "overlays", "gone") if "gone" in names else inserted(HEAD + text, "overlays", "new", 1)
    wanted = [name for name in names if name != "gone"] if "gone" in names else [*names, "new"]
    assert caught.value.hint == f"write it by hand: overlays: [{', '.join(wanted)}]"


def _written(names: list[str], style: str, comments: list[bool]) -> str:
    marks = [f"  # about {name}" if mark else "" for name, mark in zip(names, comments, strict=False)]
    if style == "block":
        return "overlays:\n" + "".join(f"  - {name}{mark}\n" for name, mark in zip(names, marks, strict=True))
    if style == "lines":
        return "overlays: [\n" + "".join(f"  {name},{mark}\n" for name, mark in zip(names, marks, strict=True)) + "]\n"
    return f"overlays: [{', '.join(names)}]  # all\n"


@given(
    names=st.lists(st.sampled_from("abcdefgh"), unique=True, min_size=1, max_size=6),
    style=st.sampled_from(["block", "lines", "flow"]),
    comments=st.lists(st.booleans(), min_size=6, max_size=6),
    data=st.data(),
)
def test_what_was_added_anywhere_and_removed_again_leaves_the_file_as_it_was(
    names: list[str], style: str, comments: list[bool], data: st.DataObject
) -> None:
    text = HEAD + _written(names, style, comments) + "env: {}  # end\n"
    index = data.draw(st.integers(0, len(names)))
    changed = inserted(text, "overlays", "new", index)
    assert yaml.load("", changed).value["overlays"] == [*names[:index], "new", *names[index:]]
    assert removed(changed, "overlays", "new") == text


def space(root: Path, overlays: str, tree: dict[str, Content] | None = None) -> Workspace:
    manifests: dict[str, Content] = {
        f"overlays/{name}/overlay.yaml": f"version: 1\ndescription: {name}\n{more}"
        for name, more in {
            "one": "",
            "two": "requires: {overlays: [one]}\n",
            "other": "requires: {dify: '>=2'}\n",
            "rival": "conflicts: [one]\n",
        }.items()
    }
    write_tree(root, {"difykit.yaml": HEAD + f"overlays: [{overlays}]\n", **manifests, **(tree or {})})
    return Workspace.open(root)


def names(root: Path) -> tuple[str, ...]:
    return Workspace.open(root).settings.overlays


def test_an_overlay_is_enabled_as_the_last_one_or_before_another(tmp_path: Path) -> None:
    assert enable(space(tmp_path, "rival"), "hello-page")
    assert enable(Workspace.open(tmp_path), "hello-endpoint", before="hello-page")
    assert names(tmp_path) == ("rival", "hello-endpoint", "hello-page")


def test_what_is_enabled_or_disabled_already_is_left_alone(tmp_path: Path) -> None:
    here = space(tmp_path, "one")
    assert not enable(here, "one")
    assert not disable(here, "two")
    assert (tmp_path / "difykit.yaml").read_text() == HEAD + "overlays: [one]\n"


def test_an_unknown_name_is_refused_with_the_nearest_one(tmp_path: Path) -> None:
    here = space(tmp_path, "")
    with pytest.raises(DifyKitError, match="there is no overlay hello-pge") as caught:
        enable(here, "hello-pge")
    assert caught.value.hint == "did you mean hello-page?"
    with pytest.raises(DifyKitError, match="there is no overlay tow"):
        disable(here, "tow")
    with pytest.raises(DifyKitError, match="the overlay two is not enabled"):
        enable(here, "one", before="two")


@pytest.mark.parametrize(
    ("enabled", "name", "before", "why"),
    [
        ("", "two", "", "requires the overlay one, which is not enabled"),
        ("one", "rival", "", "conflicts with the overlay one"),
        ("one", "other", "", "is for Dify >=2, but the pin is 1.0.0"),
        ("one", "two", "one", "requires the overlay one, which comes after it"),
    ],
)
def test_an_overlay_that_would_not_fit_is_not_enabled(
    tmp_path: Path, enabled: str, name: str, before: str, why: str
) -> None:
    here = space(tmp_path, enabled)
    with pytest.raises(DifyKitError, match=why):
        enable(here, name, before=before, version=Version("1.0.0"))
    assert (tmp_path / "difykit.yaml").read_text() == HEAD + f"overlays: [{enabled}]\n"


def test_a_fault_of_another_overlay_does_not_keep_one_from_being_enabled(tmp_path: Path) -> None:
    assert enable(space(tmp_path, "two"), "rival", version=Version("1.0.0"))


def test_an_overlay_that_another_requires_is_not_disabled(tmp_path: Path) -> None:
    with pytest.raises(DifyKitError, match="one is required by two") as caught:
        disable(space(tmp_path, "one, two"), "one")
    assert caught.value.hint == "first: difykit overlay.disable two"


def test_an_overlay_whose_folder_is_gone_can_be_disabled(tmp_path: Path) -> None:
    assert disable(space(tmp_path, "one, lost"), "lost")
    assert names(tmp_path) == ("one",)


def test_the_files_mode_its_byte_order_mark_and_a_symlink_to_it_stay(tmp_path: Path) -> None:
    here = space(tmp_path / "space", "one")
    real = tmp_path / "real.yaml"
    (tmp_path / "space" / "difykit.yaml").rename(real)
    real.write_bytes(b"\xef\xbb\xbf" + real.read_bytes())
    real.chmod(0o640)
    (tmp_path / "space" / "difykit.yaml").symlink_to(real)
    assert disable(here, "one")
    assert real.read_bytes() == b"\xef\xbb\xbf" + (HEAD + "overlays: []\n").encode()
    assert real.stat().st_mode & 0o777 == 0o640


def test_the_list_begins_with_the_enabled_ones_in_their_order_and_says_what_is_wrong(tmp_path: Path) -> None:
    broken: dict[str, Content] = {"overlays/bad/overlay.yaml": "version: 1\n", "overlays/.two.x.new/overlay.yaml": ""}
    found = listed(space(tmp_path, "two, lost, hello-page, one", broken))
    assert [(each.name, each.position, each.origin) for each in found][:6] == [
        ("two", 1, "workspace"),
        ("lost", 2, "nowhere"),
        ("hello-page", 3, "preset"),
        ("one", 4, "workspace"),
        ("bad", 0, "workspace"),
        ("other", 0, "workspace"),
    ]
    problems = {each.name: each.problem for each in found if each.problem}
    assert problems == {
        "lost": "there is no overlays/lost/overlay.yaml",
        "bad": "overlays/bad/overlay.yaml:1: description: is missing",
    }
    shipped = [each.name for each in found if each.origin == "preset" and not each.position]
    assert shipped == sorted(shipped)
    assert {"hello-console", "hello-endpoint", "hello-table", "redis-sentinel"} <= set(shipped)
    assert "hello-page" not in shipped
