"""The workspace of a bundle in a folder that may have been changed since an earlier one."""

from __future__ import annotations

from pathlib import Path

import pytest

from difykit.bundle.archive import Bundle, examine
from difykit.bundle.load import end_pending
from difykit.bundle.workspace_files import Placing, plan_place, refuse_changed, write_files
from difykit.core import files
from difykit.core.errors import DifyKitError
from difykit.core.progress import Silent
from tests.support.bundles import WORKSPACE, bundle
from tests.support.killed import killed_at
from tests.support.trees import Link, write_tree


def made(tmp_path: Path, name: str = "a", workspace: dict[str, str] | None = None) -> Bundle:
    bundle(tmp_path / f"{name}.tar", workspace)
    return examine(tmp_path / f"{name}.tar", lambda _, __: None)


def placed(one: Bundle, folder: Path) -> Placing:
    plan = plan_place(one, folder)
    folder.mkdir(exist_ok=True)
    write_files(one, folder, plan, Silent())
    return plan


def held(folder: Path) -> dict[str, str]:
    return {path: place.read_text() for path, place in files.tree_files(folder) if not path.startswith(".difykit/")}


def test_a_new_folder_gets_all_of_it(tmp_path: Path) -> None:
    one = made(tmp_path, workspace={**WORKSPACE, "overlays/one/node.sh": "#!/bin/sh\n"})
    plan = placed(one, tmp_path / "ws")
    assert plan.new
    assert held(tmp_path / "ws") == {**WORKSPACE, "overlays/one/node.sh": "#!/bin/sh\n"}
    assert (tmp_path / "ws/overlays/one/node.sh").stat().st_mode & 0o777 == 0o755
    again = plan_place(one, tmp_path / "ws")
    assert (again.write, again.remove, again.changed, again.new) == ((), (), (), False)


def test_the_next_bundle_replaces_what_the_first_wrote_and_nothing_else(tmp_path: Path) -> None:
    placed(made(tmp_path), tmp_path / "ws")
    mine = {".env": "DB_PASSWORD=secret\n", "data/volumes/x": "rows\n", "notes.txt": "mine\n"}
    write_tree(tmp_path / "ws", mine)
    after = {**WORKSPACE, "overlays/two/overlay.yaml": "version: 1\ndescription: two\n", "difykit.yaml": "version: 1\n"}
    del after["overlays/one/tree/api/one.py"]
    plan = placed(made(tmp_path, "b", after), tmp_path / "ws")
    assert plan.remove == ("overlays/one/tree/api/one.py",)
    assert plan.write == ("difykit.yaml", "overlays/two/overlay.yaml")
    assert held(tmp_path / "ws") == {**after, **mine}
    assert not (tmp_path / "ws/overlays/one/tree").exists()


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("overlays/one/tree/api/one.py", "ONE = 2\n"),
        ("overlays/one/tree/api/more.py", "added\n"),
        ("patches/0001-mine.patch", "added\n"),
    ],
)
def test_what_was_changed_there_is_refused_or_kept_aside(tmp_path: Path, path: str, content: str) -> None:
    one = made(tmp_path)
    placed(one, tmp_path / "ws")
    write_tree(tmp_path / "ws", {path: content})
    before = held(tmp_path / "ws")
    plan = plan_place(one, tmp_path / "ws")
    assert plan.changed == (path,)
    with pytest.raises(DifyKitError, match=path):
        refuse_changed(plan)
    assert held(tmp_path / "ws") == before
    placed(one, tmp_path / "ws")
    aside = f".before-{one.summary.seal[7:15]}/{path}"
    assert held(tmp_path / "ws") == {**WORKSPACE, aside: content}


def test_what_was_changed_and_is_no_more_in_the_bundle_is_kept_aside_too(tmp_path: Path) -> None:
    placed(made(tmp_path), tmp_path / "ws")
    path = "overlays/one/tree/api/one.py"
    write_tree(tmp_path / "ws", {path: "ONE = 2\n"})
    after = {each: text for each, text in WORKSPACE.items() if each != path}
    two = made(tmp_path, "b", after)
    assert plan_place(two, tmp_path / "ws").changed == (path,)
    placed(two, tmp_path / "ws")
    assert held(tmp_path / "ws") == {**after, f".before-{two.summary.seal[7:15]}/{path}": "ONE = 2\n"}


def test_aside_twice_loses_nothing(tmp_path: Path) -> None:
    one = made(tmp_path)
    path = "overlays/one/tree/api/one.py"
    for text in ("first\n", "second\n"):
        placed(one, tmp_path / "ws")
        write_tree(tmp_path / "ws", {path: text})
    placed(one, tmp_path / "ws")
    mark = one.summary.seal[7:15]
    kept = {f".before-{mark}/{path}": "first\n", f".before-{mark}-1/{path}": "second\n"}
    assert held(tmp_path / "ws") == {**WORKSPACE, **kept}


@pytest.mark.parametrize("step", range(1, 40, 4))
def test_a_run_that_was_killed_is_finished_by_the_next_or_was_nothing(tmp_path: Path, step: int) -> None:
    placed(made(tmp_path), tmp_path / "ws")
    before = held(tmp_path / "ws")
    changed = {path: f"{text}# more\n" for path, text in WORKSPACE.items()}
    two = made(tmp_path, "b", {**changed, "tasks.py": "x\n"})
    plan = plan_place(two, tmp_path / "ws")
    assert killed_at(step * 3, lambda: write_files(two, tmp_path / "ws", plan, Silent()))
    end_pending(tmp_path / "ws")
    assert held(tmp_path / "ws") in (before, changed | {"tasks.py": "x\n"})
    # Another bundle finds nothing foreign there.
    assert plan_place(made(tmp_path, "c"), tmp_path / "ws").changed == ()
    placed(two, tmp_path / "ws")
    assert held(tmp_path / "ws") == {**changed, "tasks.py": "x\n"}


@pytest.mark.parametrize("kind", ["folder", "link"])
def test_what_stands_in_the_place_of_a_file_goes_aside_whole(tmp_path: Path, kind: str) -> None:
    one = made(tmp_path)
    placed(one, tmp_path / "ws")
    path = "overlays/one/tree/api/one.py"
    (tmp_path / "ws" / path).unlink()
    mine = {f"{path}/mine": "m\n", f"{path}/more/mine": "n\n"} if kind == "folder" else {path: Link("nowhere")}
    write_tree(tmp_path / "ws", mine)
    placed(one, tmp_path / "ws")
    assert (tmp_path / "ws" / path).read_text() == WORKSPACE[path]
    aside = tmp_path / "ws" / f".before-{one.summary.seal[7:15]}" / path
    assert aside.readlink() == Path("nowhere") if kind == "link" else (aside / "more/mine").read_text() == "n\n"


def test_a_folder_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    one = made(tmp_path)
    write_tree(tmp_path / "home", {"letter.txt": "dear\n"})
    with pytest.raises(DifyKitError, match="not empty and no workspace"):
        plan_place(one, tmp_path / "home")
    (tmp_path / "file").write_text("x")
    with pytest.raises(DifyKitError, match="is not a folder"):
        plan_place(one, tmp_path / "file")
    with pytest.raises(DifyKitError, match="is not a folder of your user"):
        plan_place(one, tmp_path / "file" / "ws")
    (tmp_path / "link").symlink_to(tmp_path / "home")
    with pytest.raises(DifyKitError, match="is not a folder"):
        plan_place(one, tmp_path / "link")


def test_a_link_in_the_workspace_leads_nowhere(tmp_path: Path) -> None:
    one = made(tmp_path)
    outside = tmp_path / "outside"
    outside.mkdir()
    (tmp_path / "ws").mkdir()
    (tmp_path / "ws/difykit.yaml").write_text(WORKSPACE["difykit.yaml"])
    (tmp_path / "ws/overlays").symlink_to(outside)
    with pytest.raises(DifyKitError, match="is not a folder"):
        placed(one, tmp_path / "ws")
    assert list(outside.iterdir()) == []


def test_a_folder_with_the_bundle_alone_counts_as_empty(tmp_path: Path) -> None:
    (tmp_path / "ws").mkdir()
    bundle(tmp_path / "ws" / "a.tar")
    (tmp_path / "ws" / ".difykit").mkdir()
    one = examine(tmp_path / "ws" / "a.tar", lambda _, __: None)
    assert len(plan_place(one, tmp_path / "ws").write) == len(WORKSPACE)
