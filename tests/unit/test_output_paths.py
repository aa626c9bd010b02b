"""Where commands may write what their options name."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from difykit.core import files
from difykit.core.errors import DifyKitError
from difykit.workspace.init import init
from difykit.workspace.workspace import Workspace, check_new_folder
from tests.support.trees import write_tree

SETTINGS = "version: 1\nupstream: {ref: 1.0.0}\n"


@pytest.fixture
def space(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    write_tree(
        tmp_path / "space",
        {"difykit.yaml": SETTINGS, ".env": "A=1\n", "overlays/a/tree/x": "", "docs/old.html": "", "data/volumes/x": ""},
    )
    (tmp_path / "space/link.html").symlink_to(".env")
    (tmp_path / "space/docs/out").symlink_to("../overlays")
    (tmp_path / "space/docs/new.html").symlink_to("real.html")
    os.mkfifo(tmp_path / "space/docs/pipe")
    monkeypatch.chdir(tmp_path / "space")
    return Workspace.open(tmp_path / "space")


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("difykit.yaml", "is difykit.yaml"),
        ("./docs/../difykit.lock", "is difykit.lock"),
        (".env", "is .env"),
        ("link.html", "is .env"),
        ("tasks.py", "is tasks.py"),
        ("overlays/a/tree/x", "lies in overlays"),
        ("docs/out/a/x.html", "lies in overlays"),
        ("patches/x.html", "lies in patches"),
        ("images/api/x.html", "lies in images"),
        (".git/config", "lies in .git"),
        (".difykit/x.html", "lies in .difykit, which difykit makes anew"),
        (".difykit/source/x.html", "lies in .difykit, which difykit makes anew"),
        ("data/volumes/x.html", "lies in volumes of the data folder"),
        ("data/releases/x.html", "lies in releases of the data folder"),
        ("docs/pipe", "is not a file"),
        ("docs", "is not a file"),
        ("/dev/null", "is not a file"),
        ("../space", "holds .difykit, which difykit makes anew"),
    ],
)
def test_a_page_never_takes_the_place_of_the_users_files(space: Workspace, name: str, fault: str) -> None:
    with pytest.raises(DifyKitError) as caught:
        space.output("--html", name)
    assert caught.value.message == f"--html {name!r} {fault}; nothing was written"


@pytest.mark.parametrize(
    ("name", "end"),
    [
        ("page.html", "page.html"),
        ("docs/old.html", "docs/old.html"),
        ("docs/new.html", "docs/real.html"),
        ("../page.html", "../page.html"),
        ("data/page.html", "data/page.html"),
        ("data/backups/dify.tar", "data/backups/dify.tar"),
        ("new/folder/page.html", "new/folder/page.html"),
    ],
)
def test_a_page_goes_where_it_is_sent(space: Workspace, name: str, end: str) -> None:
    assert space.output("--html", name) == Path(os.path.normpath(space.root / end))


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("overlays/a", "lies in overlays"),
        (".", "holds patches"),
        (".difykit", "holds .difykit/adopt"),
        (".difykit/release", "is .difykit/release"),
        (".difykit/upstream.git/x", "lies in .difykit/upstream.git"),
        ("data/volumes", "is volumes of the data folder"),
        ("data/releases/x", "lies in releases of the data folder"),
        (".git/x", "lies in .git"),
    ],
)
def test_a_folder_for_work_is_not_one_that_is_needed(space: Workspace, name: str, fault: str) -> None:
    with pytest.raises(DifyKitError) as caught:
        space.work_folder(name)
    assert caught.value.message == f"--directory {name!r} {fault}; nothing was written"


@pytest.mark.parametrize("name", ["work", "../work", ".difykit/source", ".difykit/mine", "data/middleware/postgres"])
def test_a_folder_for_work_may_be_anywhere_else(space: Workspace, name: str) -> None:
    assert space.work_folder(name) == Path(os.path.normpath(space.root / name))


def test_a_folder_of_which_only_parts_are_written_may_hold_the_workspace(space: Workspace) -> None:
    assert [space.work_folder(name, entire=False) for name in (".", "..")] == [space.root, space.root.parent]


@pytest.mark.parametrize("name", [".difykit/x", "overlays/x", "overlays/a/tree/x", "patches/x", ".git/x", "docs/out/x"])
def test_a_workspace_is_not_made_in_what_another_consists_of(space: Workspace, name: str) -> None:
    before = sorted(space.root.rglob("*"))
    with pytest.raises(DifyKitError, match="nothing was written"):
        init(space.root / name)
    assert sorted(space.root.rglob("*")) == before


def test_a_workspace_may_be_made_beside_and_in_another(space: Workspace) -> None:
    for name in ("examples/one", "../two", "data/three"):
        check_new_folder(space.root / name)
        init(space.root / name)
        assert Workspace.open(space.root / name).data == (space.root / name).resolve() / "data"


@pytest.mark.parametrize("kind", ["file", "link to a folder", "link to nothing"])
def test_a_fresh_folder_takes_no_place_of_a_file_or_a_link(tmp_path: Path, kind: str) -> None:
    write_tree(tmp_path, {"mine/x": "kept"})
    if kind == "file":
        (tmp_path / "it").write_text("kept")
    else:
        (tmp_path / "it").symlink_to("mine" if kind == "link to a folder" else "nowhere")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(DifyKitError, match="and difykit makes a folder there"), files.fresh_folder(tmp_path / "it"):
        pytest.fail("nothing is to be done where it cannot be kept")
    assert (sorted(tmp_path.rglob("*")), (tmp_path / "mine/x").read_text()) == (before, "kept")
