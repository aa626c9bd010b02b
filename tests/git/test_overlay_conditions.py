"""What an overlay does depends on the release: conditions, trees, requirements, overrides, edits."""

from __future__ import annotations

from pathlib import Path

import pytest

from difykit.core.errors import ConfigError, DifyKitError
from tests.support.repos import Upstream
from tests.support.trees import Link, read_tree
from tests.support.workspaces import APP_PATCH, WorkspaceFixture

LOGIN_TS = "const translation = {\n  signBtn: 'Sign in',\n}\n\nexport default translation\n"
I18N = "edits:\n- i18n: {locale: en-US, key: login.signBtn, value: Enter}\n"


@pytest.fixture
def upstream(tmp_path: Path) -> Upstream:
    """1.0.0 keeps its texts in .json, 1.1.0 in .ts."""
    made = Upstream(tmp_path)
    made.release("1.0.0")
    made.release("1.1.0", {"web/i18n/en-US/login.json": None, "web/i18n/en-US/login.ts": LOGIN_TS})
    return made


@pytest.fixture
def space(tmp_path: Path, upstream: Upstream) -> WorkspaceFixture:
    return WorkspaceFixture(tmp_path / "space", upstream)


def problems(space: WorkspaceFixture) -> list[str]:
    """What a sync is told; it leaves no source behind."""
    with pytest.raises(ConfigError) as caught:
        space.sync()
    assert not space.source.exists()
    return [str(problem) for problem in caught.value.problems]


def test_a_text_is_changed_in_either_layout(space: WorkspaceFixture) -> None:
    space.overlay("title", manifest=I18N)
    space.sync()
    assert '"signBtn": "Enter"' in read_tree(space.source)["web/i18n/en-US/login.json"]
    space.pin("1.1.0")
    space.sync()
    assert read_tree(space.source)["web/i18n/en-US/login.ts"] == LOGIN_TS.replace("Sign in", "Enter")


@pytest.mark.parametrize(
    ("i18n", "why"),
    [
        ("{locale: en-GB, key: login.signBtn, value: x}", "the release has no web/i18n/en-GB; it has en-US"),
        ("{locale: en-US, key: logn.signBtn, value: x}", "has no texts logn in web/i18n/en-US; it has login"),
        (
            "{locale: en-US, key: login.signBt, value: x}",
            "login.json has no text signBt; the nearest that it has:\n  signBtn",
        ),
    ],
)
def test_a_text_that_is_not_there_says_what_is(space: WorkspaceFixture, i18n: str, why: str) -> None:
    space.overlay("title", manifest=f"edits:\n- i18n: {i18n}\n")
    assert why in problems(space)[0]


def test_a_namespace_is_called_as_in_the_code_or_as_its_file(space: WorkspaceFixture, upstream: Upstream) -> None:
    upstream.release("1.2.0", {"web/i18n/en-US/app-debug.json": '{"a": "x", "b": "y"}\n'})
    keys = "".join(f"- i18n: {{locale: en-US, key: {key}, value: z}}\n" for key in ("appDebug.a", "app-debug.b"))
    space.overlay("title", manifest=f"edits:\n{keys}")
    space.pin("1.2.0")
    space.sync()
    assert read_tree(space.source)["web/i18n/en-US/app-debug.json"] == '{"a": "z", "b": "z"}\n'


def test_a_namespace_in_both_layouts_is_refused(space: WorkspaceFixture, upstream: Upstream) -> None:
    upstream.release("1.2.0", {"web/i18n/en-US/login.json": "{}\n"})
    space.overlay("title", manifest=I18N)
    space.pin("1.2.0")
    assert "the release has web/i18n/en-US/login.json and web/i18n/en-US/login.ts" in problems(space)[0]


def test_all_edits_that_do_not_fit_are_told_at_once_with_their_lines(space: WorkspaceFixture) -> None:
    edits = """\
edits:
- {file: README.md, replace: {find: Difi, with: x}}
- {file: README.md, replace: {find: Dify, with: Ours}}
- {file: gone.md, insert: {after: x, text: y}}
- one_of:
  - {when: {exists: README.md}, file: README.md, json: {merge: {a: 1}}}
- {file: web/package.json, json: {merge: {version: {a: 1}}}}
"""
    space.overlay("x", manifest=edits)
    start = "overlays/x/overlay.yaml"
    assert [line.split("\n")[0] for line in problems(space)] == [
        f"{start}:4: edits.0: README.md has the text to find 0 times, not 1:",
        f"{start}:6: edits.2: the release has no gone.md",
        f"{start}:7: edits.3.one_of.0: README.md is not JSON (line 1: Expecting value)",
        f"{start}:9: edits.4: web/package.json: version is not an object, so keys cannot be merged into it",
    ]


def test_edits_of_several_overlays_that_do_not_fit_are_told_at_once(space: WorkspaceFixture) -> None:
    for name in ("a", "b"):
        space.overlay(name, manifest="edits: [{file: gone.md, insert: {after: x, text: y}}]\n")
    assert [line.split(":")[0] for line in problems(space)] == ["overlays/a/overlay.yaml", "overlays/b/overlay.yaml"]


def test_an_edit_sees_what_the_edits_before_it_made(space: WorkspaceFixture) -> None:
    first = "- {file: README.md, insert: {after: Dify, text: second}}\n"
    space.overlay("x", manifest=f"edits:\n{first}- {{file: README.md, insert: {{after: second, text: third}}}}\n")
    space.sync()
    assert read_tree(space.source)["README.md"] == "Dify\nsecond\nthird\n"


def test_two_alternatives_that_both_hold_are_refused(space: WorkspaceFixture) -> None:
    one = "{when: {exists: README.md}, file: README.md, replace: {find: a, with: b}}"
    space.overlay("x", manifest=f"edits:\n- one_of: [{one}, {one}]\n")
    assert "edits.0: 2 of the 2 alternatives hold for release 1.0.0 (0 and 1, counted from 0)" in problems(space)[0]


def test_both_conditions_of_a_when_must_hold(space: WorkspaceFixture) -> None:
    when = "{dify: '>=1.1', exists: README.md}"
    space.overlay("x", {"x": ""}, f"edits: [{{when: {when}, file: gone, insert: {{after: a, text: b}}}}]\n")
    space.sync()
    assert read_tree(space.source)["x"] == ""


def test_a_condition_sees_what_the_overlays_before_made(space: WorkspaceFixture) -> None:
    space.overlay("a", {"web/new.txt": ""})
    space.overlay("b", manifest="trees: [{from: more, when: {exists: web/new.txt}}]\n")
    space.write({"overlays/b/more/more.txt": ""})
    space.sync()
    assert (space.source / "more.txt").exists()


def test_the_later_of_two_trees_wins(space: WorkspaceFixture) -> None:
    space.overlay("x", {"a": "tree", "b": "tree"}, "trees: [{from: tree}, {from: new, when: {dify: '>=1.1'}}]\n")
    space.write({"overlays/x/new/a": "new"})
    space.sync()
    assert read_tree(space.source)["a"] == "tree"
    space.pin("1.1.0")
    space.sync()
    assert [read_tree(space.source)[path] for path in "ab"] == ["new", "tree"]


def test_a_tree_without_a_folder_is_told_unless_it_is_the_default(space: WorkspaceFixture) -> None:
    space.overlay("x", manifest="trees:\n- {from: tree}\n- {from: old, when: {dify: '<1'}}\nenv: {A: b}\n")
    assert problems(space) == ["overlays/x/overlay.yaml:5: trees.1.from: there is no folder overlays/x/old"]


def test_a_tree_that_is_a_link_out_of_the_overlay_is_refused(space: WorkspaceFixture, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    space.overlay("x", manifest="trees: [{from: tree}]\nenv: {A: b}\n")
    space.write({"overlays/x/tree": Link("../../../outside")})
    assert "trees.0.from: tree leaves the overlay through a symlink" in problems(space)[0]


def test_an_overlay_cannot_require_or_exclude_itself(space: WorkspaceFixture) -> None:
    space.overlay("x", manifest="requires: {overlays: [x]}\nconflicts: [x]\n")
    assert [line.partition(": ")[2] for line in problems(space)] == [
        "requires the overlay x, which is itself in difykit.yaml",
        "conflicts with the overlay x, which is itself",
    ]


@pytest.mark.parametrize(("wanted", "fits"), [(">=1.1", True), (">=1.1rc1", True), ("<1.1", False), ("==1.1.0", False)])
def test_a_release_candidate_is_measured_as_pep_440_does(
    space: WorkspaceFixture, upstream: Upstream, wanted: str, *, fits: bool
) -> None:
    upstream.release("1.1.1-rc1")
    space.overlay("x", {"x": ""}, f"requires: {{dify: '{wanted}'}}\n")
    space.pin("1.1.1-rc1")
    if fits:
        space.sync()
    else:
        assert problems(space) == [f"overlays/x/overlay.yaml:3: is for Dify {wanted}, but the pin is 1.1.1rc1"]


def test_a_file_over_what_a_patch_changes_needs_to_say_so(space: WorkspaceFixture) -> None:
    space.patch("0001-app.patch", APP_PATCH)
    space.overlay("x", {"api/app.py": "mine\n"})
    assert "api/app.py is a whole file here, but patch 0001-app.patch changes it too" in problems(space)[0]
    space.overlay("x", {"api/app.py": "mine\n"}, "overrides: [api/app.py]\n")
    space.sync()
    assert read_tree(space.source)["api/app.py"] == "mine\n"


def test_taking_overrides_away_is_seen_by_the_next_sync(space: WorkspaceFixture) -> None:
    space.patch("0001-app.patch", APP_PATCH)
    space.overlay("x", {"api/app.py": "mine\n"}, "overrides: [api/app.py]\n")
    space.sync()
    space.overlay("x", {"api/app.py": "mine\n"})
    with pytest.raises(DifyKitError, match=r"api/app\.py is a whole file here"):
        space.sync()


def test_overrides_are_for_patches_not_for_other_overlays(space: WorkspaceFixture) -> None:
    space.patch("0001-app.patch", APP_PATCH)
    for name in ("a", "b"):
        space.overlay(name, {"api/app.py": f"{name}\n"}, "overrides: [api/app.py]\n")
    assert problems(space) == ["overlays/b/overlay.yaml: api/app.py is a whole file here, but overlay a changes it too"]


def test_overrides_name_files_of_the_overlay(space: WorkspaceFixture) -> None:
    space.overlay("x", {"a": ""}, "overrides: [a, b]\n")
    assert problems(space) == ["overlays/x/overlay.yaml:3: overrides.1: b is no file of the overlay's trees"]
