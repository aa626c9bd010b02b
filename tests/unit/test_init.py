"""A new workspace holds only what is yours, and is one at once."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from difykit.core.errors import DifyKitError
from difykit.workspace.init import CI, RELEASE, init
from difykit.workspace.workspace import Workspace
from tests.support.trees import read_tree, write_tree


def test_a_new_workspace_has_these_files(tmp_path: Path) -> None:
    written = init(tmp_path / "new")
    assert written == sorted(read_tree(tmp_path / "new", skip=(".difykit",)))
    assert {path.name for path in (tmp_path / "new/.difykit").iterdir()} == {"new", "schema"}
    assert set(written) == {
        ".gitattributes",
        ".gitignore",
        "difykit.yaml",
        "images/.gitkeep",
        "overlays/.gitkeep",
        "patches/series",
        "tasks.py",
    }


def test_a_new_workspace_opens(tmp_path: Path) -> None:
    init(tmp_path / "new")
    workspace = Workspace.open(tmp_path / "new")
    assert (workspace.settings.upstream.ref, workspace.overlays) == (RELEASE, ())


def test_tasks_py_is_three_lines(tmp_path: Path) -> None:
    init(tmp_path)
    text = (tmp_path / "tasks.py").read_text()
    assert len(text.splitlines()) == 3
    assert [type(node) for node in ast.parse(text).body] == [ast.Expr, ast.ImportFrom]


@pytest.mark.parametrize(("ci", "path"), CI.items())
def test_a_pipeline_comes_with_it_or_into_a_workspace_that_is_there(tmp_path: Path, ci: str, path: str) -> None:
    assert path in init(tmp_path / "new", ci)
    init(tmp_path / "there")
    assert init(tmp_path / "there", ci) == [path]
    assert (tmp_path / "there" / path).read_bytes() == (tmp_path / "new" / path).read_bytes()
    (tmp_path / "there" / path).write_text("mine")
    with pytest.raises(DifyKitError, match="already; nothing was written"):
        init(tmp_path / "there", ci)
    assert (tmp_path / "there" / path).read_text() == "mine"


def test_an_unknown_ci_system_is_told_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(DifyKitError, match="there is no pipeline for 'jenkins'") as told:
        init(tmp_path / "new", "jenkins")
    assert told.value.hint.endswith("--ci github or gitlab")
    assert not (tmp_path / "new").exists()


def test_an_existing_folder_keeps_what_it_has(tmp_path: Path) -> None:
    write_tree(tmp_path, {"README.md": "mine", "overlays/mine/overlay.yaml": "x"})
    init(tmp_path)
    assert read_tree(tmp_path)["README.md"] == "mine"


def test_a_file_in_the_way_is_named_and_nothing_is_written(tmp_path: Path) -> None:
    write_tree(tmp_path, {"tasks.py": "mine", ".gitignore": "mine"})
    with pytest.raises(DifyKitError, match=r"has tasks.py, .gitignore already; nothing was written"):
        init(tmp_path)
    assert read_tree(tmp_path) == {"tasks.py": "mine", ".gitignore": "mine"}


def test_a_link_to_nowhere_is_in_the_way_too(tmp_path: Path) -> None:
    (tmp_path / "difykit.yaml").symlink_to("nowhere")
    with pytest.raises(DifyKitError, match=r"difykit.yaml"):
        init(tmp_path)
    assert not (tmp_path / "tasks.py").exists()


def test_nothing_of_the_making_is_left(tmp_path: Path) -> None:
    init(tmp_path)
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".difykit-")]


def test_what_a_killed_init_left_is_no_obstacle(tmp_path: Path) -> None:
    init(tmp_path)
    (tmp_path / "difykit.yaml").unlink()
    (tmp_path / "patches/series").unlink()
    init(tmp_path)
    assert Workspace.open(tmp_path).settings.upstream.ref == RELEASE
