"""`finish` where files are odd: several trees, overrides, an overlay's edit of its own file, names, ends of lines."""

from __future__ import annotations

from pathlib import Path

import pytest

from difykit.authoring import FinishChoice, finish, plan_finish
from difykit.core.errors import DifyKitError
from difykit.workspace.workspace import Workspace
from tests.support.authoring import add_patch, edit, spaced
from tests.support.trees import Link, read_tree, write_tree
from tests.support.workspaces import RecordingProgress, WorkspaceFixture


@pytest.fixture
def space(tmp_path: Path) -> WorkspaceFixture:
    return spaced(tmp_path)


def fold(space: WorkspaceFixture, **choice: str) -> None:
    wanted = read_tree(space.source)
    finish(Workspace.open(space.root), RecordingProgress(), FinishChoice(**choice))  # type: ignore[arg-type]
    assert read_tree(space.source) == wanted
    assert space.git("status", "--porcelain") == ""
    assert finish(Workspace.open(space.root), RecordingProgress(), FinishChoice()).rebuilt is None


def patches(space: WorkspaceFixture) -> dict[str, str]:
    return read_tree(space.root / "patches")


def test_of_several_trees_the_one_that_the_file_is_laid_from_is_changed(space: WorkspaceFixture) -> None:
    trees = "trees: [{from: tree}, {from: new, when: {dify: '>=1.0'}}, {from: old, when: {dify: '<1.0'}}]\n"
    space.overlay("many", {"api/a.py": "A = 1\n", "api/b.py": "B = 1\n"}, trees)
    write_tree(space.root / "overlays/many", {"new/api/b.py": "B = 2\n", "old/api/a.py": "A = 0\n"})
    space.sync()
    edit(space.source, "api/a.py", "A = 1", "A = 5")
    edit(space.source, "api/b.py", "B = 2", "B = 5")
    write_tree(space.source, {"api/c.py": "C = 5\n"})
    fold(space, into="many")
    found = read_tree(space.root / "overlays/many", skip=("overlay.yaml",))
    assert found == {
        "new/api/b.py": "B = 5\n",
        "old/api/a.py": "A = 0\n",
        "tree/api/a.py": "A = 5\n",
        "tree/api/b.py": "B = 1\n",
        "tree/api/c.py": "C = 5\n",
    }
    (space.source / "api/a.py").unlink()
    fold(space)
    assert sorted(read_tree(space.root / "overlays/many/tree")) == ["api/b.py", "api/c.py"]
    (space.source / "api/b.py").unlink()
    with pytest.raises(DifyKitError, match=r"overlay\.yaml:3: trees\.1\.from: there is no folder overlays/many/new"):
        finish(Workspace.open(space.root), RecordingProgress(), FinishChoice())
    assert read_tree(space.root / "overlays/many/new") == {"api/b.py": "B = 5\n"}


def test_a_file_that_an_overlay_has_over_a_patch_is_the_overlays(space: WorkspaceFixture) -> None:
    before = patches(space)
    space.overlay("over", {"api/long.py": "all mine\n"}, "overrides: [api/long.py]\n")
    space.sync()
    write_tree(space.source, {"api/long.py": "all ours\nand more\n"})
    fold(space)
    assert (space.root / "overlays/over/tree/api/long.py").read_text() == "all ours\nand more\n"
    assert patches(space) == before


def test_an_overlays_file_with_an_edit_of_its_own_is_changed_around_the_edit(space: WorkspaceFixture) -> None:
    change = "edits: [{file: api/mix.py, replace: {find: ONE, with: one, count: 1}}]\n"
    space.overlay("mix", {"api/mix.py": "a\nb ONE\nc\nd\n"}, change)
    space.sync()
    assert (space.source / "api/mix.py").read_text() == "a\nb one\nc\nd\n"
    write_tree(space.source, {"api/mix.py": "a\nb one\nnew\nc\nD\n"})
    fold(space)
    assert (space.root / "overlays/mix/tree/api/mix.py").read_text() == "a\nb ONE\nnew\nc\nD\n"
    edit(space.source, "api/mix.py", "b one", "b two")
    with pytest.raises(DifyKitError, match=r"overlays/mix/overlay\.yaml:3"):
        finish(Workspace.open(space.root), RecordingProgress(), FinishChoice())


def test_an_edit_beside_upstreams_lines_that_an_overlays_edit_needs_is_found_by_the_proof(
    space: WorkspaceFixture,
) -> None:
    change = 'edits: [{file: api/app.py, insert: {after: "print(\'one\')", text: "extra()", count: 1}}]\n'
    space.overlay("extra", {}, change)
    space.sync()
    before = read_tree(space.root, skip=(".difykit",))
    edit(space.source, "api/app.py", "print('one')\n", "print('eins')\n")
    with pytest.raises(DifyKitError):
        finish(Workspace.open(space.root), RecordingProgress(), FinishChoice(subject="x"))
    assert read_tree(space.root, skip=(".difykit",)) == before
    assert "eins" in (space.source / "api/app.py").read_text()


def test_names_that_are_odd(space: WorkspaceFixture) -> None:
    names = {
        f"api/{name}": f"{name!r}\n"
        for name in ("with space.py", 'qu"ote.py', "ünï.py", "tab\t.py", "-dash.py", "#h.py")
    }
    write_tree(space.source, names)
    fold(space, into="patches", subject="Odd names: ünï")
    assert "Odd-names" not in str(sorted(patches(space)))
    assert "0003-odd-names-n.patch" in patches(space)
    write_tree(space.source, {path: text + "more\n" for path, text in names.items()})
    fold(space)
    assert "+more" in patches(space)["0003-odd-names-n.patch"]
    write_tree(space.source, {f"docs/{path}": text for path, text in names.items()})
    fold(space, into="own")


def test_ends_of_lines_and_files_without_an_end_stay_as_they_are(space: WorkspaceFixture) -> None:
    write_tree(
        space.source, {"api/crlf.py": "a\r\nb\r\n", "api/none.py": "no end", "api/cr.py": "a\rb\n", "api/empty.py": ""}
    )
    fold(space, into="patches", subject="Ends")
    write_tree(
        space.source, {"api/crlf.py": "a\r\nB\r\n", "api/none.py": "no end\n", "api/cr.py": "a\rc", "api/empty.py": "x"}
    )
    fold(space)
    assert sorted(patches(space)) == ["0001-one.patch", "0002-two.patch", "0003-ends.patch", "series"]


def test_a_file_becomes_a_folder_and_a_folder_a_file(space: WorkspaceFixture) -> None:
    write_tree(space.source, {"api/own.py": None})
    write_tree(space.source, {"api/own.py/inner.py": "I = 1\n"})
    fold(space, into="own")
    assert (space.root / "overlays/own/tree/api/own.py/inner.py").read_text() == "I = 1\n"
    write_tree(space.source, {"api/own.py/inner.py": None})
    (space.source / "api/own.py").rmdir()
    write_tree(space.source, {"api/own.py": Link("app.py")})
    fold(space, into="own")
    assert (space.root / "overlays/own/tree/api/own.py").readlink() == Path("app.py")


def test_a_renamed_file_goes_where_it_came_from(space: WorkspaceFixture) -> None:
    text = "".join(f"x{number} = 1\n" for number in range(30))
    write_tree(space.source, {"api/mine.py": text})
    fold(space, into="own")
    (space.source / "api/mine.py").rename(space.source / "api/ours.py")
    edit(space.source, "api/ours.py", "x3 = 1", "x3 = 3")
    fold(space)
    tree = space.root / "overlays/own/tree/api"
    assert not (tree / "mine.py").exists()
    assert (tree / "ours.py").read_text() == text.replace("x3 = 1", "x3 = 3")


def test_into_a_patch_takes_what_has_no_place(space: WorkspaceFixture) -> None:
    edit(space.source, "api/long.py", "line 15\n", "line fifteen\n")
    write_tree(space.source, {"api/new.py": "N = 1\n"})
    fold(space, into="0001")
    assert "+line fifteen" in patches(space)["0001-one.patch"]
    assert "+++ b/api/new.py" in patches(space)["0001-one.patch"]


def test_lines_of_two_patches_deleted_at_once_are_each_taken_back_by_their_own(space: WorkspaceFixture) -> None:
    add_patch(space, "0003-three.patch", {"line of two\n": "line of two\nline of three\n"})
    edit(space.source, "api/long.py", "line of two\nline of three\n", "")
    plan = plan_finish(Workspace.open(space.root), FinishChoice())
    assert [each.target for each in plan.placements] == ["0002-two.patch", "0003-three.patch"]
    fold(space)
    assert sorted(patches(space)) == ["0001-one.patch", "0002-two.patch", "series"]


def test_an_overlay_that_difykit_ships_is_to_be_ejected_first(space: WorkspaceFixture) -> None:
    space.overlays = (*space.overlays, "hello-endpoint")
    space.write({})
    space.sync()
    path = next(path for path in read_tree(space.source) if "hello" in path and path.endswith(".py"))
    with (space.source / path).open("a") as file:
        file.write("# mine\n")
    with pytest.raises(DifyKitError, match=r"difykit overlay\.eject hello-endpoint"):
        finish(Workspace.open(space.root), RecordingProgress(), FinishChoice())


def test_a_repository_inside_the_tree_is_said(space: WorkspaceFixture) -> None:
    space.git("init", "-q", "api/inner")
    write_tree(space.source, {"api/inner/a.py": "A\n"})
    space.git("-C", "api/inner", "add", ".")
    space.git("-C", "api/inner", "commit", "-qm", "inner")
    with pytest.raises(DifyKitError, match="api/inner is a repository of its own"):
        finish(Workspace.open(space.root), RecordingProgress(), FinishChoice(into="own"))
